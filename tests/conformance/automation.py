"""The `browser` members of plan files: what the suite's headless browser does at our pages, by their stable ids."""

from collections.abc import Sequence
from typing import Any

from tests.conformance.browser import CITIZEN, PIN, REFUSER, REFUSERS_PIN

SECONDS = 10
PICTURE = "update-image-placeholder-optional"
"""Where a module asks a tester for a picture of the page, the browser takes it from what it sees."""

Members = list[dict[str, Any]]


def usual_browser(issuer: str, suites: Sequence[str], *, decision: str = "allow") -> Members:
    """Sign in, allow (or, as somebody else, `deny`), stop at an error page; confirm a sign-out."""
    citizen, pin = (CITIZEN, PIN) if decision == "allow" else (REFUSER, REFUSERS_PIN)
    return [
        {
            "match": f"{issuer}/authorize*",
            "tasks": [
                _task(
                    "Sign in",
                    f"{issuer}/sign-in/pin*",
                    _see("pin"),
                    ["text", "id", "identifier", citizen],
                    ["text", "id", "pin", pin],
                    ["click", "id", "sign_in"],
                ),
                _task("Consent", f"{issuer}/consent*", _see("consent"), ["click", "id", decision]),
                _task("Error page", f"{issuer}/authorize*", _see("error_code")),
                *(_back_at(f"{suite}/test/*", "submission_complete") for suite in suites),
            ],
        },
        {
            "match": f"{issuer}/end-session*",
            "tasks": [
                _task("Error page", f"{issuer}/end-session*", _see("error_code")),
                _task("Sign out", f"{issuer}/logout*", ["click", "id", "confirm_logout", "optional"]),
                _task("Signed out", f"{issuer}/logout*", _see("signed_out"), ["click", "id", "continue", "optional"]),
            ],
        },
    ]


def first_visit_unfinished(issuer: str, suites: Sequence[str]) -> Members:
    """The first visit stops at the sign-in page; the second goes through."""
    stop = _task("Look at the sign-in page", f"{issuer}/sign-in/pin*", _see("pin"))
    return [
        {"match": f"{issuer}/authorize*", "match-limit": 1, "tasks": [stop]},
        *usual_browser(issuer, suites),
    ]


def _task(name: str, match: str, *commands: list[Any]) -> dict[str, Any]:
    """Every task is optional: the page is there or it is not, and the module says what it expected."""
    return {"task": name, "match": match, "optional": True, "commands": list(commands)}


def _see(element_id: str) -> list[Any]:
    return ["wait", "id", element_id, SECONDS, ".*", PICTURE]


def _back_at(match: str, element_id: str) -> dict[str, Any]:
    # anchored at the suite: its address is also in the query of ours
    return _task("Back at the suite", match, ["wait", "id", element_id, SECONDS])
