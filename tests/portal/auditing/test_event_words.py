"""Every event that is written into the log has its words in both languages: nobody reads a bare name there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

import idp
from idp.agencies.onboarding.model import EventKind
from idp.authentication.changes import AuthenticatorChange

PACKAGE = Path(idp.__file__).parent
EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
NO_EVENTS = {"audit.sequencer", "audit.testimony", "conformance.story", "dopa.address", "dopa.person", "keys.signing"}
"""What else a unit of work is given by such a name: leases, data sets, wakings."""


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that an argument can be: it itself, or either branch of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))


def is_written(call: ast.Call) -> bool:
    """An entry itself, or one of the helpers that write one in the unit of work they are given."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    is_helper = bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == "uow"
    return called == "AuditEvent" or is_helper


def written_events() -> set[str]:
    named = {
        text
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and is_written(node)
        for argument in (*node.args, *(one.value for one in node.keywords))
        for text in literals(argument)
        if EVENT.fullmatch(text)
    }
    return named | {f"onboarding.{one.value}" for one in EventKind} | {one.value for one in AuthenticatorChange}


def test_every_event_has_words_in_both_languages() -> None:
    pages = Environment(loader=FileSystemLoader(PACKAGE / "portal/auditing/templates/auditing"), autoescape=True)
    words = pages.get_template("events.html").make_module({}).events
    written = written_events()
    assert len(written) > 200  # else they are written another way by now, and nothing is found
    assert written - words.keys() == NO_EVENTS
    assert all(one["th"].strip() and one["en"].strip() for one in words.values())
