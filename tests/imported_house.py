"""What `tests.commands` copies: the house, imported, and the components of its pages, compiled."""

import idp.cli.serve
from idp.web.pages import govuk_components

__all__ = ["idp"]

govuk_components()
