"""The portrait within data group 2 (ICAO Doc 9303-10, 4.7.2; ISO/IEC 19794-5:2005, 5).

JPEG is what pages show; JPEG 2000 is handed on as it is, for whoever can show it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from connectors.card.epassport import tlv
from connectors.card.epassport.files import FileTag
from connectors.contracts.errors import CardError, CardFault

PortraitType = Literal["image/jpeg", "image/jp2"]

_GROUP_TEMPLATE: Final = 0x7F61
_TEMPLATE: Final = 0x7F60
_BIOMETRIC_DATA: Final = (0x5F2E, 0x7F2E)
_RECORD_MARK: Final = b"FAC\x00010\x00"
_RECORD_HEADER: Final = 14
_FACE_INFORMATION: Final = 20
_FEATURE_POINT: Final = 8
_IMAGE_INFORMATION: Final = 12
_JPEG: Final = (b"\xff\xd8\xff", b"\xff\xd9")
_JPEG_2000_STARTS: Final = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")


@dataclass(frozen=True, slots=True, repr=False)
class Portrait:
    """The picture's bytes, without anything around them."""

    image: bytes
    media_type: PortraitType


def portrait_of(file: bytes) -> Portrait:
    """The first face in data group 2. Raises CardError MALFORMED_DATA."""
    group = tlv.only(tlv.only(file, FileTag.PORTRAIT), _GROUP_TEMPLATE)
    template = tlv.decode(tlv.first(tlv.decode(group), _TEMPLATE))
    for tag, value in template:
        if tag in _BIOMETRIC_DATA:
            return _picture(_image(value))
    raise _malformed("no biometric data")


def _image(record: bytes) -> bytes:
    """The image bytes of the first face in a facial record (19794-5, 5.3 to 5.8)."""
    if not record.startswith(_RECORD_MARK) or len(record) < _RECORD_HEADER + _FACE_INFORMATION:
        raise _malformed("no facial record")
    length = int.from_bytes(record[8:12], "big")
    faces = int.from_bytes(record[12:14], "big")
    face_length = int.from_bytes(record[14:18], "big")
    feature_points = int.from_bytes(record[18:20], "big")
    before_image = _FACE_INFORMATION + feature_points * _FEATURE_POINT + _IMAGE_INFORMATION
    if length != len(record) or faces < 1 or not before_image < face_length <= length - _RECORD_HEADER:
        raise _malformed("lengths in the facial record")
    return record[_RECORD_HEADER + before_image : _RECORD_HEADER + face_length]


def _picture(image: bytes) -> Portrait:
    start, end = _JPEG
    if image.startswith(start):
        last = image.rfind(end)
        if last < 0:
            raise _malformed("the picture is cut off")
        return Portrait(image[: last + len(end)], "image/jpeg")
    if image.startswith(_JPEG_2000_STARTS):
        return Portrait(image, "image/jp2")
    raise _malformed("neither JPEG nor JPEG 2000")


def _malformed(what: str) -> CardError:
    return CardError(CardFault.MALFORMED_DATA, what)
