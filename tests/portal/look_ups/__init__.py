"""The look-up pages of the portal."""
