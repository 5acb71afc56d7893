"""Pure decisions: no await, no clock, no disk."""
