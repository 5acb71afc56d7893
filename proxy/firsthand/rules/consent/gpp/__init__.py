"""The IAB's Global Privacy Platform: one string for the signals of many laws, a section each."""
