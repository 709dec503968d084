"""Putting a signed JWT together (RFC 7515 §3.1) around a signature that is made elsewhere.

joserfc signs with keys it holds in memory; ours may lie in a hardware module, and most tokens differ in their claims
alone. What this makes, joserfc verifies: in the tests, and in every client.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec


def signing_input(claims: Mapping[str, Any], *, kid: str, alg: str, typ: str) -> bytes:
    """What is signed: header and claims, each base64url, with a dot between them."""
    return _header(kid, alg, typ) + _base64url(msgspec.json.encode(claims))


def compact(signed: bytes, signature: bytes) -> str:
    """The token: what was signed, a dot, the signature."""
    return (signed + b"." + _base64url(signature)).decode("ascii")


@lru_cache(maxsize=256)
def _header(kid: str, alg: str, typ: str) -> bytes:
    return _base64url(msgspec.json.encode({"alg": alg, "typ": typ, "kid": kid})) + b"."


def _base64url(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
