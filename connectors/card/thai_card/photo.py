"""The photo on the card: a JPEG in a field that is padded behind it (facts/thai-registries, section 1.3)."""

from collections.abc import Callable
from typing import Final

from connectors.card.thai_card.layout import PHOTO, Field
from connectors.contracts.errors import CardError, CardFault

_START_OF_IMAGE: Final = b"\xff\xd8"
_END_OF_IMAGE: Final = b"\xff\xd9"


def read_photo(read_field: Callable[[Field], bytes], *, stated_length: int) -> bytes:
    """The photo's JPEG bytes without padding.

    `stated_length` is what the card says; a length that cannot be, or under which the picture is not complete, is
    overruled by reading the whole field: readers that stop at 20 blocks of 255 bytes cut long photos. Raises
    CardError MALFORMED_DATA when the field holds no JPEG.
    """
    length = stated_length if 0 < stated_length <= PHOTO.length else PHOTO.length
    raw = read_field(Field(PHOTO.offset, length))
    if _END_OF_IMAGE not in raw and length < PHOTO.length:
        raw += read_field(Field(PHOTO.offset + length, PHOTO.length - length))
    return trim_jpeg(raw)


def trim_jpeg(raw: bytes) -> bytes:
    """From start-of-image to the last end-of-image marker. Raises CardError MALFORMED_DATA when there is none."""
    end = raw.rfind(_END_OF_IMAGE)
    if not raw.startswith(_START_OF_IMAGE) or end < 0:
        raise CardError(CardFault.MALFORMED_DATA, "the photo is no JPEG")
    return raw[: end + len(_END_OF_IMAGE)]
