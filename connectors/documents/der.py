"""The few DER encodings that a seal is put together from (X.690).

Written directly, because building them as objects costs ten times as much (facts/secured-pdf, section 3).
"""

import hashlib

from asn1crypto import core

SHA256 = "2.16.840.1.101.3.4.2.1"


def value(tag: int, content: bytes) -> bytes:
    """Tag, length and content; `tag` is one byte (X.690 section 8.1)."""
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE of parts that are encoded already."""
    return value(0x30, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """SET OF, in the order that DER demands (X.690 section 11.6)."""
    return value(0x31, b"".join(sorted(parts)))


def octet_string(content: bytes) -> bytes:
    """OCTET STRING."""
    return value(0x04, content)


def integer(number: int) -> bytes:
    """INTEGER."""
    return bytes(core.Integer(number).dump())


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def attribute(dotted: str, content: bytes) -> bytes:
    """A CMS attribute with one value (RFC 5652 section 5.3)."""
    return sequence(oid(dotted), set_of(content))


def sha256(content: bytes) -> bytes:
    """Digest used throughout the seal."""
    return hashlib.sha256(content).digest()
