"""Records and ports of card reading (facts/thai-registries, section 1; facts/smart-card, section 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from connectors.contracts.identifiers import CitizenId, LaserCode
from connectors.contracts.thai_dates import PartialDate

Progress = Callable[[float], None]
"""Told how much of a read is done, 0.0 to 1.0; never goes back."""


def no_progress(_done: float) -> None:
    """For a read that nobody watches."""


@dataclass(frozen=True, slots=True, repr=False)
class PersonName:
    """A name in the four parts every Thai source uses; parts that a person does not have are empty strings."""

    prefix: str
    first: str
    middle: str
    last: str

    def full(self) -> str:
        """The name as it is written: a Thai prefix directly before the first name, an English one with a space."""
        glue = " " if self.prefix.isascii() else ""
        return " ".join(part for part in ((self.prefix + glue + self.first).strip(), self.middle, self.last) if part)


@dataclass(frozen=True, slots=True, repr=False)
class CardAddress:
    """The address on the card; each part keeps its own words (`หมู่ที่ 1`, `ตำบล…`). `text` is the whole line."""

    house_no: str
    village_no: str
    lane: str
    alley: str
    road: str
    subdistrict: str
    district: str
    province: str

    def text(self) -> str:
        """One line, parts separated by a space, empty parts left out."""
        parts = (
            self.house_no, self.village_no, self.lane, self.alley, self.road,
            self.subdistrict, self.district, self.province,
        )  # fmt: skip
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, repr=False)
class ThaiCardData:
    """The fourteen fields of the Thai ID card, plus what the chip says outside its data file.

    Static data that any copy repeats: a claim, never a proof. `expiry_date` is None for a card valid for life.
    `chip_no` is 16 lower-case hex characters, empty when the chip does not tell it; `laser_code` is absent on older
    chips; `request_no` is the part before the stroke.
    """

    version: str
    citizen_id: CitizenId
    name_th: PersonName
    name_en: PersonName
    birth_date: PartialDate
    sex: Literal["1", "2"]
    request_no: str
    issuer: str
    issuer_code: str
    issue_date: PartialDate
    expiry_date: PartialDate | None
    card_type: str
    address: CardAddress
    photo_ref: str
    chip_no: str
    laser_code: LaserCode | None


@dataclass(frozen=True, slots=True, repr=False)
class CardRead:
    """One whole read in one transaction: data, photo (JPEG bytes, never stored) and how it was read."""

    data: ThaiCardData
    photo: bytes
    atr: str
    reader: str
    is_virtual: bool
    card_stack: Literal["pcsc", "memory"]


class CardReader(Protocol):
    """A slot with a card in it, or without."""

    name: str
    is_virtual: bool
    card_stack: Literal["pcsc", "memory"]

    def is_card_present(self) -> bool:
        """True while a card is in the slot."""

    def insertion(self) -> int | None:
        """Which insertion the card in the slot is: a number that a card put in later does not have; None when empty."""

    def read(self, *, deadline_seconds: float, with_photo: bool, progress: Progress = no_progress) -> CardRead:
        """Read the whole card in one transaction; all or nothing.

        Raises CardError with the fault.
        """
