"""One whole read of a Thai ID card, all or nothing."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from connectors.card.channel import OK, Channel
from connectors.card.thai_card import layout
from connectors.card.thai_card.layout import Field
from connectors.card.thai_card.photo import read_photo
from connectors.card.thai_card.text import decode, parse_address, parse_date, parse_expiry, parse_name
from connectors.contracts.card import CardAddress, Progress, ThaiCardData, no_progress
from connectors.contracts.errors import CardError, CardFault
from connectors.contracts.identifiers import CitizenId, IdentifierFault, InvalidIdentifier, LaserCode

_LASER_CODE: Final = re.compile(rb"[A-Z]{2}[0-9]{10}")
_BYTES_BESIDE_PHOTO: Final = 700


@dataclass(frozen=True, slots=True, repr=False)
class ThaiCardContent:
    """What the card says, and its photo (JPEG bytes; empty when not asked for)."""

    data: ThaiCardData
    photo: bytes


def read_thai_card(channel: Channel, *, with_photo: bool, progress: Progress = no_progress) -> ThaiCardContent:
    """Read every field, and the photo when asked, from a Thai ID card of any version.

    Raises CardError: NOT_THAI_CARD, TRUNCATED_ANSWER, MALFORMED_DATA, WRONG_CHECK_DIGIT, CARD_CHANGED (the number at
    the end is not the number at the start), and what the channel raises. Source: facts/thai-registries, section 1.
    """
    # 1. what the chip says before any applet is selected
    chip_no = _read_chip_no(channel)
    # 2. the applet decides whether this is a Thai card; the ATR proves nothing
    if not _select(channel, layout.MOI_APPLET):
        raise CardError(CardFault.NOT_THAI_CARD)
    # 3. the version says which instruction reads, the number comes first and fails first
    data_file = _DataFile.open(channel, with_photo=with_photo, progress=progress)
    number = data_file.read(layout.CITIZEN_ID)
    citizen_id = _parse_citizen_id(decode(number))
    # 4. the photo, then the fields
    photo = b""
    if with_photo:
        stated_length = int.from_bytes(data_file.read(layout.PHOTO_LENGTH), "big")
        photo = read_photo(data_file.read_long, stated_length=stated_length)
    fields = {name: data_file.text(field) for name, field in _TEXT_FIELDS.items()}
    address = data_file.address()
    # 5. the same card is still in the reader
    if data_file.read(layout.CITIZEN_ID) != number:
        raise CardError(CardFault.CARD_CHANGED)
    # 6. the code on the back lies in another applet and is absent on older chips
    laser_code = _read_laser_code(channel)
    progress(1.0)
    data = ThaiCardData(
        version=data_file.version,
        citizen_id=citizen_id,
        name_th=parse_name(fields["name_th"]),
        name_en=parse_name(fields["name_en"]),
        birth_date=parse_date(fields["birth_date"]),
        sex=_parse_sex(fields["sex"]),
        # the number of the request ends at the stroke; the card-status service knows it without the rest
        request_no=fields["request_no"].partition("/")[0],
        issuer=fields["issuer"],
        issuer_code=fields["issuer_code"],
        issue_date=parse_date(fields["issue_date"]),
        expiry_date=parse_expiry(fields["expiry_date"]),
        card_type=fields["card_type"],
        address=address,
        photo_ref=fields["photo_ref"],
        chip_no=chip_no,
        laser_code=laser_code,
    )
    return ThaiCardContent(data, photo)


_TEXT_FIELDS: Final = {
    "name_th": layout.NAME_TH,
    "name_en": layout.NAME_EN,
    "birth_date": layout.BIRTH_DATE,
    "sex": layout.SEX,
    "request_no": layout.REQUEST_NO,
    "issuer": layout.ISSUER,
    "issuer_code": layout.ISSUER_CODE,
    "issue_date": layout.ISSUE_DATE,
    "expiry_date": layout.EXPIRY_DATE,
    "card_type": layout.CARD_TYPE,
    "photo_ref": layout.PHOTO_REF,
}


class _DataFile:
    """The selected applet's data, read field by field, with progress in bytes."""

    def __init__(self, channel: Channel, *, instruction: int, version: str, total: int, progress: Progress) -> None:
        self._channel = channel
        self._instruction = instruction
        self.version = version
        self._total = total
        self._done = 0
        self._progress = progress

    @classmethod
    def open(cls, channel: Channel, *, with_photo: bool, progress: Progress) -> "_DataFile":
        instruction, version = _read_version(channel)
        total = _BYTES_BESIDE_PHOTO + (layout.PHOTO.length if with_photo else 0)
        return cls(channel, instruction=instruction, version=version, total=total, progress=progress)

    def read(self, field: Field) -> bytes:
        data = self._channel.read_exactly(layout.read(self._instruction, field), field.length)
        self._done += field.length
        self._progress(min(self._done / self._total, 0.99))
        return data

    def read_long(self, field: Field) -> bytes:
        return b"".join(self.read(block) for block in layout.blocks(field))

    def text(self, field: Field) -> str:
        return decode(self.read(field))

    def address(self) -> CardAddress:
        """The whole address field; cards that know only its first 100 bytes refuse the longer read."""
        if self._instruction == layout.READ_BEFORE_VERSION_3:
            return parse_address(self.text(layout.ADDRESS_BEFORE_VERSION_3))
        whole = self._channel.exchange(layout.read(self._instruction, layout.ADDRESS))
        if whole.status == OK and len(whole.data) == layout.ADDRESS.length:
            return parse_address(decode(whole.data))
        return parse_address(self.text(layout.ADDRESS_SHORT))


def _select(channel: Channel, applet: bytes) -> bool:
    return channel.exchange(layout.select(applet)).status == OK


def _read_version(channel: Channel) -> tuple[int, str]:
    """The read instruction of this card and its version text; cards before version 3 know only B1."""
    answer = channel.exchange(layout.read(layout.READ, layout.VERSION))
    version = decode(answer.data)
    if answer.status == OK and version.startswith(layout.VERSION_3):
        return layout.READ, version
    older = channel.read_exactly(layout.read(layout.READ_BEFORE_VERSION_3, layout.VERSION), layout.VERSION.length)
    return layout.READ_BEFORE_VERSION_3, decode(older)


def _read_chip_no(channel: Channel) -> str:
    """Sixteen hex characters from the card production life cycle data, empty when the chip does not give them."""
    channel.exchange(layout.SELECT_CARD_MANAGER)
    answer = channel.exchange(layout.GET_CPLC)
    is_cplc = len(answer.data) == layout.CPLC_LENGTH and answer.data.startswith(layout.CPLC_HEADER)
    return answer.data[layout.CHIP_NO].hex() if answer.status == OK and is_cplc else ""


def _read_laser_code(channel: Channel) -> LaserCode | None:
    if not _select(channel, layout.EXTENSION_APPLET):
        return None
    for command in layout.GET_LASER_CODE:
        answer = channel.exchange(command)
        found = _LASER_CODE.search(answer.data)
        if answer.status == OK and found:
            return LaserCode.parse(found[0].decode("ascii"))
    return None


def _parse_citizen_id(text: str) -> CitizenId:
    try:
        return CitizenId.parse(text)
    except InvalidIdentifier as error:
        is_check_digit = error.fault is IdentifierFault.CHECK_DIGIT
        raise CardError(CardFault.WRONG_CHECK_DIGIT if is_check_digit else CardFault.MALFORMED_DATA) from None


def _parse_sex(text: str) -> Literal["1", "2"]:
    if text == "1":
        return "1"
    if text == "2":
        return "2"
    raise CardError(CardFault.MALFORMED_DATA, "the sex is neither 1 nor 2")
