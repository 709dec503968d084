"""Client secrets: RFC 6749 §2.3.1. We keep the SHA-256 of a random value that only the client has."""

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from hmac import compare_digest
from typing import Final
from urllib.parse import unquote_plus

from idp.protocol.errors import InvalidClientError

SECRET_BITS: Final = 256
SHORTEST_SECRET: Final = 32
LONGEST_SECRET: Final = 256

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")


def secret_digest(secret: str) -> bytes:
    """What is kept of a secret. It is random and long, so that no slow hash is needed (RFC 6749 §10.10)."""
    return hashlib.sha256(secret.encode()).digest()


def validate_secret(*, secret: str, expected_digest: bytes | None) -> None:
    """Check a secret in constant time; raises InvalidClientError (HTTP 401)."""
    if expected_digest is None or not compare_digest(secret_digest(secret), expected_digest):
        raise InvalidClientError("the client secret is wrong", status_code=401)


def parse_basic(authorization: str) -> tuple[str, str]:
    """Client id and secret of an `Authorization: Basic` header; raises InvalidClientError (HTTP 401)."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError("another scheme")
        client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        # RFC 6749 §2.3.1: "The client identifier is encoded using the "application/x-www-form-urlencoded" encoding
        # algorithm … and the encoded value is used as the username; the client password is encoded using the same
        # algorithm and used as the password."
        client_id, secret = (unquote_plus(part, errors="strict") for part in (client_id, secret))
        # appendix A.1 and A.2: no control characters; a NUL is more than the store takes in a text
        if _CONTROL_CHARACTER.search(client_id + secret):
            raise ValueError("a control character")
    except (Base64Error, ValueError) as error:  # also UnicodeError
        raise InvalidClientError("the Authorization header cannot be read", status_code=401) from error
    if not colon or not client_id or not 0 < len(secret) <= LONGEST_SECRET:
        raise InvalidClientError("the Authorization header names no client and secret", status_code=401)
    return client_id, secret
