"""Where asn1crypto, which ships no annotations, meets typed code: DER in, DER out."""

from typing import Any, Final

from asn1crypto import core

MALFORMED: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
"""What asn1crypto raises for bytes that are not what it expects; it parses late, so at any access."""


def load(kind: Any, der: bytes) -> Any:
    """The value of that kind that `der` is, with nothing behind it. Raises one of MALFORMED."""
    return kind.load(der, strict=True)


def load_whole(kind: Any, der: bytes) -> Any:
    """As `load`, with every part read at once: nothing of it raises later."""
    return whole(load(kind, der))


def whole(value: Any) -> Any:
    """The value, every part of which can be read. Raises one of MALFORMED."""
    _ = value.native
    return value


def dump(kind: Any, value: Any) -> bytes:
    """The value, as that kind, in DER."""
    encoded: bytes = kind(value).dump()
    return encoded


def identifier(dotted: str) -> bytes:
    """The bytes of an object identifier, without tag and length."""
    encoded: bytes | None = core.ObjectIdentifier(dotted).contents
    assert encoded is not None
    return encoded
