"""One error tree for the rooms; doors map it to answers in `idp.web.errors` only.

TuatonError             `code` is a member of the room's own StrEnum, for example `ENR-03`
├── Refused             a rule says no
├── NotFound            no such thing, or none that this caller may know of (same answer)
├── Conflict            the thing is in another state than the act needs
└── Unavailable         something outside could not answer: try later, nothing is lost

`detail` is ASCII, for operators, and holds no personal data. People read the catalogue entry of the code
(`idp/web/problems`). Errors of OAuth and OpenID are Authlib's tree and `idp.protocol.errors`.
"""

from enum import StrEnum


class TuatonError(Exception):
    """Base of every refusal a room makes on purpose."""

    def __init__(self, code: StrEnum, detail: str = "") -> None:
        super().__init__(f"{code.value} {code.name.lower()}{': ' + detail if detail else ''}")
        self.code = code
        self.detail = detail


class Refused(TuatonError):
    """A rule says no."""


class NotFound(TuatonError):
    """No such thing, or none that this caller may know of."""


class Conflict(TuatonError):
    """The thing is in another state than the act needs."""


class Unavailable(TuatonError):
    """Something outside could not answer; nothing was done."""
