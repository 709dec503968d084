"""Data objects: tag, length, value (ISO/IEC 7816-4, 5.2.2), definite lengths only.

Total over bytes: anything that is no whole data object is a CardError MALFORMED_DATA.
"""

from typing import Final

from connectors.contracts.errors import CardError, CardFault

_MORE_TAG_BYTES: Final = 0x1F
_CONTINUES: Final = 0x80
_LONGEST_LENGTH: Final = 3


def encode(tag: int, value: bytes) -> bytes:
    """One data object; `tag` as the number its bytes make (0x7F49)."""
    length = len(value)
    if length < _CONTINUES:
        length_bytes = bytes((length,))
    else:
        digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
        length_bytes = bytes((_CONTINUES | len(digits),)) + digits
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + length_bytes + value


def decode(data: bytes) -> list[tuple[int, bytes]]:
    """All data objects that lie one behind the other in `data`, which they fill exactly."""
    objects = []
    while data:
        tag, header, length = read_header(data)
        if header + length > len(data):
            raise CardError(CardFault.MALFORMED_DATA, "a data object is cut off")
        objects.append((tag, data[header : header + length]))
        data = data[header + length :]
    return objects


def only(data: bytes, tag: int) -> bytes:
    """The value of the one data object, tagged so, that `data` is."""
    match decode(data):
        case [(found, value)] if found == tag:
            return value
        case _:
            raise CardError(CardFault.MALFORMED_DATA, f"not one data object {tag:X}")


def first(objects: list[tuple[int, bytes]], tag: int) -> bytes:
    """The value of the first object with that tag."""
    for found, value in objects:
        if found == tag:
            return value
    raise CardError(CardFault.MALFORMED_DATA, f"no data object {tag:X}")


def read_header(data: bytes) -> tuple[int, int, int]:
    """Tag, bytes of tag and length, length of the value that follows."""
    tag_bytes = _tag_bytes(data)
    if len(data) <= tag_bytes:
        raise _malformed()
    tag, first_byte = int.from_bytes(data[:tag_bytes], "big"), data[tag_bytes]
    if first_byte < _CONTINUES:
        return tag, tag_bytes + 1, first_byte
    digits = first_byte & ~_CONTINUES
    header = tag_bytes + 1 + digits
    if not 1 <= digits <= _LONGEST_LENGTH or len(data) < header:
        raise _malformed()
    return tag, header, int.from_bytes(data[tag_bytes + 1 : header], "big")


def _tag_bytes(data: bytes) -> int:
    if not data:
        raise _malformed()
    if data[0] & _MORE_TAG_BYTES != _MORE_TAG_BYTES:
        return 1
    if len(data) < 2 or data[1] & _CONTINUES:
        raise _malformed()
    return 2


def _malformed() -> CardError:
    return CardError(CardFault.MALFORMED_DATA, "no data object")
