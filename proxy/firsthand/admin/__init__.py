"""The private listener: report, events, delivery and health. Never on the tracking host."""
