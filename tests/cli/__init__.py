"""Commands, as processes."""
