"""Sealed documents: made from a released payload, kept encrypted for 30 days, recognised for ever by their hash."""
