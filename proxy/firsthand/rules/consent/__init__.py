"""Consent: what a visitor said, source by source, and what follows from it for each vendor."""
