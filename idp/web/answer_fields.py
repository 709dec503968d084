"""The header fields that every answer of a door carries, beside its own."""

import re
from collections.abc import Sequence
from typing import Final

RawHeaders = list[tuple[bytes, bytes]]

SETS_AT_HAND: Final = 64
"""For how many sets of an answer's own names our fields are kept put together; code of ours chooses them."""

_ENDS_LINE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_POLICY, _FRAMES, _NO_FRAMES = b"content-security-policy", b"x-frame-options", b"frame-ancestors 'none'"


def content_security_policy(
    *,
    form_action: Sequence[str] = (),
    image_sources: Sequence[str] = (),
    frame_sources: Sequence[str] = (),
    frame_ancestors: str = "'none'",
) -> str:
    """The policy of our pages: nothing but our own files.

    `form_action` adds origins that a form of this page may end at: browsers apply the directive to the redirect that
    answers a POST as well. `image_sources` are origins of pictures beside our own, `frame_sources` the origins whose
    pages it shows in frames, `frame_ancestors` those that may show it in one.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(("img-src 'self' data:", *image_sources)),
            "font-src 'self'",
            "connect-src 'self'",
            " ".join(("form-action 'self'", *form_action)),
            " ".join(("frame-src", *(frame_sources or ("'none'",)))),
            f"frame-ancestors {frame_ancestors}",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


class AnswerFields:
    """Completes an answer's own fields: with those of ours that it did not set itself, then the id of the request."""

    def __init__(self, *, https: bool) -> None:
        self._ours = _fields_of_every_answer(https=https)
        self._joined: dict[tuple[bytes, ...], bytes] = {}

    def complete(self, own: RawHeaders, request_id: str) -> RawHeaders:
        """All fields, its own first."""
        return [*own, *self._missing(own), (b"x-request-id", request_id.encode("ascii"))]

    def head(self, own: RawHeaders, request_id: str) -> bytes:
        """All fields as they stand on the wire, each with its end: nobody looks through them any more.

        Raises ValueError for a value that would end its line.
        """
        # one look at all values: a space between them changes nothing
        if _ENDS_LINE.search(b" ".join([value for _, value in own])):
            raise ValueError("a header field holds a control character")
        joined = b"".join([b"%b: %b\r\n" % field for field in own])
        return b"%b%bx-request-id: %b\r\n" % (joined, self._missing_joined(own), request_id.encode("ascii"))

    def _missing_joined(self, own: RawHeaders) -> bytes:
        names = tuple([name for name, _ in own])
        known = self._joined.get(names)
        if known is not None:
            return known
        joined = b"".join([b"%b: %b\r\n" % field for field in self._missing(own)])
        # a policy of its own may let itself be framed: then more than the names decides
        if _POLICY not in names and len(self._joined) < SETS_AT_HAND:
            self._joined[names] = joined
        return joined

    def _missing(self, own: RawHeaders) -> RawHeaders:
        names = dict(own)
        fields = [field for field in self._ours if field[0] not in names]
        # CSP3 §6.4.2: frame-ancestors overrides X-Frame-Options; what may be framed does not say DENY as well.
        if _NO_FRAMES not in names.get(_POLICY, _NO_FRAMES):
            fields = [field for field in fields if field[0] != _FRAMES]
        return fields


def _fields_of_every_answer(*, https: bool) -> RawHeaders:
    headers = {
        "content-security-policy": content_security_policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        # under "no-referrer" browsers send our own forms with `Origin: null` (Fetch 3.2)
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cache-control": "no-store",
    }
    if https:
        headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
