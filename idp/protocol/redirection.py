"""Redirection endpoints: RFC 6749 §3.1.2 and RFC 9700 §2.1 (exact match)."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from authlib.common.urls import is_valid_url

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_REDIRECT_URI = 512
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
AUTHORITY = re.compile(rf"(?:{LABEL}(?:\.{LABEL})*|\[::1\])(?::[0-9]{{1,5}})?")
"""A host name as DNS has it, or the own machine, and a port: no user information, nothing that parsers differ about."""


class RedirectUriRefused(ValueError):
    """A redirect URI that may not be registered; the message is ASCII."""


def validate_registered_redirect_uri(redirect_uri: str, *, loopback_allowed: bool) -> None:
    """What may be registered: https with a host name, or http on the own machine when `loopback_allowed`.

    Raises RedirectUriRefused. (RFC 9700 §2.1; OpenID Connect Registration §2; attacks 2 and 3 of the security sheet.)
    """
    if len(redirect_uri) > LONGEST_REDIRECT_URI or not redirect_uri.isascii() or not redirect_uri.isprintable():
        raise RedirectUriRefused("the redirect URI holds characters that none may hold, or is too long")
    if any(character in redirect_uri for character in "\\ *<>\"'`{}|^"):
        raise RedirectUriRefused("the redirect URI is malformed")
    parts = _parts_of(redirect_uri)
    host = parts.hostname or ""
    # RFC 6749 §3.1.2: "The endpoint URI MUST NOT include a fragment component."
    if parts.fragment:
        raise RedirectUriRefused("the redirect URI has a fragment")
    if any(segment.split(";")[0] in (".", "..") for segment in parts.path.split("/")) or "%" in parts.path:
        raise RedirectUriRefused("the path of the redirect URI is not in plain form")
    if parts.scheme == "https":
        # browsers read every host whose last label begins like a number as an address: 2130706433, 127.1, 0x7f.1
        if host.rpartition(".")[2][0].isdigit() or ":" in host:
            raise RedirectUriRefused("the host must be a name, not an address")
    elif not (parts.scheme == "http" and loopback_allowed and is_loopback(host)):
        raise RedirectUriRefused("the scheme must be https")


def _parts_of(redirect_uri: str) -> SplitResult:
    try:
        parts = urlsplit(redirect_uri)
        # the port is judged when it is read, and not before
        is_well_formed = parts.port != 0 and AUTHORITY.fullmatch(parts.netloc) and is_valid_url(redirect_uri, False)
    except ValueError as error:
        raise RedirectUriRefused("the redirect URI is malformed") from error
    if not is_well_formed:
        raise RedirectUriRefused("the redirect URI is malformed")
    return parts


def is_loopback(host: str) -> bool:
    """True for the own machine: loopback addresses, `localhost`, and names below it (RFC 6761 §6.3)."""
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


def is_registered(redirect_uri: str, *, registered: Collection[str]) -> bool:
    """RFC 9700 §2.1: "authorization servers MUST utilize exact string matching"."""
    return redirect_uri in registered


def with_answer(redirect_uri: str, members: Mapping[str, str]) -> str:
    """The address that brings an answer to the client in its query (RFC 6749 §4.1.2 and §4.1.2.1)."""
    parts = urlsplit(redirect_uri)
    # RFC 6749 §3.1.2: a query component "MUST be retained when adding additional query parameters."
    query = "&".join(part for part in (parts.query, urlencode(members)) if part)
    return urlunsplit(parts._replace(query=query))
