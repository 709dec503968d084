"""Where each field of the card lies and the commands that reach it (facts/thai-registries, 1.2, 1.3, 1.5, 1.6)."""

from dataclasses import dataclass
from typing import Final

MOI_APPLET: Final = bytes.fromhex("A000000054480001")
HEALTH_APPLET: Final = bytes.fromhex("A000000054480083")
"""Of the National Health Security Office."""
EXTENSION_APPLET: Final = bytes.fromhex("A000000084060002")

SELECT_CARD_MANAGER: Final = bytes.fromhex("00A4040000")
GET_CPLC: Final = bytes.fromhex("80CA9F7F00")
CPLC_HEADER: Final = bytes.fromhex("9F7F2A")
CPLC_LENGTH: Final = 45
CHIP_NO: Final = slice(13, 21)
"""Fabrication date, serial and batch of the integrated circuit within the CPLC answer."""

GET_LASER_CODE: Final = tuple(bytes.fromhex(command) for command in ("8000000007", "8000000017", "80000000FF"))
"""Three forms known from three public readers; which one a chip takes depends on its generation."""

READ: Final = 0xB0
READ_BEFORE_VERSION_3: Final = 0xB1
VERSION_3: Final = "0003"
LARGEST_READ: Final = 0xFF


@dataclass(frozen=True, slots=True)
class Field:
    """A place in the card's data file: offset and length in bytes."""

    offset: int
    length: int


VERSION: Final = Field(0x0000, 4)
CITIZEN_ID: Final = Field(0x0004, 13)
NAME_TH: Final = Field(0x0011, 100)
NAME_EN: Final = Field(0x0075, 100)
BIRTH_DATE: Final = Field(0x00D9, 8)
SEX: Final = Field(0x00E1, 1)
REQUEST_NO: Final = Field(0x00E2, 20)
ISSUER: Final = Field(0x00F6, 100)
ISSUER_CODE: Final = Field(0x015A, 13)
ISSUE_DATE: Final = Field(0x0167, 8)
EXPIRY_DATE: Final = Field(0x016F, 8)
CARD_TYPE: Final = Field(0x0177, 2)
PHOTO_LENGTH: Final = Field(0x0179, 2)
PHOTO: Final = Field(0x017B, 5118)
ADDRESS: Final = Field(0x1579, 160)
ADDRESS_SHORT: Final = Field(0x1579, 100)
ADDRESS_BEFORE_VERSION_3: Final = Field(0x0004, 150)
"""One public reader only: on cards before version 3 the address is a file of its own."""
PHOTO_REF: Final = Field(0x1619, 14)

END_OF_FILE: Final = 0x1627

MAIN_COVERAGE: Final = Field(0x0004, 60)
SUB_COVERAGE: Final = Field(0x0040, 100)
MAIN_HOSPITAL: Final = Field(0x00A4, 80)
SUB_HOSPITAL: Final = Field(0x00F4, 80)
PAID_TYPE: Final = Field(0x0144, 1)
COVERAGE_ISSUED: Final = Field(0x0145, 8)
COVERAGE_EXPIRES: Final = Field(0x014D, 8)
COVERAGE_UPDATED: Final = Field(0x0155, 8)
HOSPITAL_CHANGES: Final = Field(0x015D, 1)
END_OF_HEALTH_FILE: Final = 0x015E


def select(applet: bytes) -> bytes:
    """SELECT by application identifier (ISO/IEC 7816-4, 11.2.2)."""
    return bytes.fromhex("00A40400") + bytes((len(applet),)) + applet


def read(instruction: int, field: Field) -> bytes:
    """The read command: `80 B0 P1 P2 02 00 LEN`, offset in P1 P2."""
    return bytes((0x80, instruction)) + field.offset.to_bytes(2, "big") + bytes((0x02, 0x00, field.length))


def blocks(field: Field) -> list[Field]:
    """The field cut into reads of at most 255 bytes."""
    end = field.offset + field.length
    return [Field(offset, min(LARGEST_READ, end - offset)) for offset in range(field.offset, end, LARGEST_READ)]
