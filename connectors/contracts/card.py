"""Records and ports of card reading (facts/thai-registries, section 1; facts/smart-card, section 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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
class HealthCoverage:
    """What the applet of the National Health Security Office says; dates that it leaves empty are None.

    Read for its own purpose only, never with the identity; often older than the office's own register.
    """

    main_coverage: str
    sub_coverage: str
    main_hospital: str
    sub_hospital: str
    paid_type: str
    issue_date: PartialDate | None
    expiry_date: PartialDate | None
    update_date: PartialDate | None
    hospital_changes: str


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


@dataclass(frozen=True, slots=True, repr=False)
class PassportKey:
    """What is printed in a passport and opens its chip: number, and birth and expiry as `YYMMDD`.

    Or `access_number` alone: six digits (CAN), printed where a chip speaks PACE.
    """

    document_no: str = ""
    birth_date: str = ""
    expiry_date: str = ""
    access_number: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class PassportData:
    """The machine readable zone of a passport; names are in its capital letters, `X` is an unstated sex."""

    document_type: str
    issuing_state: str
    surname: str
    given_names: str
    document_no: str
    nationality: str
    birth_date: PartialDate
    sex: Literal["M", "F", "X"]
    expiry_date: PartialDate
    optional_data: str


class ChipCheck(StrEnum):
    """Whether the chip proved that it is the one the state made, and no copy of its data."""

    PROVEN = "proven"
    NOT_OFFERED = "not_offered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, repr=False)
class PassportFiles:
    """The signed files of a passport as its chip gave them, to be judged by whoever decides.

    `chip_keys` (data group 14) is None where the chip has none.
    """

    security_object: bytes
    mrz: bytes
    portrait: bytes
    chip_keys: bytes | None
    chip: ChipCheck
    access: Literal["pace", "bac"]


@dataclass(frozen=True, slots=True, repr=False)
class PassportRead:
    """One whole read of a passport in one transaction. The files are a claim until a `PassportProof` says otherwise."""

    files: PassportFiles
    data: PassportData
    portrait: bytes
    portrait_type: Literal["image/jpeg", "image/jp2"]
    atr: str
    reader: str
    is_virtual: bool
    card_stack: Literal["pcsc", "memory"]


class ProofReason(StrEnum):
    """Why a passport, or its chip, is not proven; the value is the code that people see."""

    SIGNATURE_WRONG = "CARD-20"
    ISSUER_UNKNOWN = "CARD-21"
    SIGNER_OUT_OF_DATE = "CARD-22"
    SIGNER_REVOKED = "CARD-23"
    REVOCATION_UNKNOWN = "CARD-24"
    FILE_CHANGED = "CARD-25"
    FILE_UNSIGNED = "CARD-26"
    STATE_DIFFERS = "CARD-27"
    CHIP_UNPROVEN = "CARD-28"
    CHIP_IS_A_COPY = "CARD-29"
    OUT_OF_DATE = "CARD-30"


@dataclass(frozen=True, slots=True)
class PassportProof:
    """What a passport's files prove. `data_genuine`: signed by the state, unchanged, signer and passport in force.

    `chip_proven`: read from the very chip the state made. `reasons` say what is missing, in the order of the checks;
    `issuer_state` is the state that signed, None where nobody known did.
    """

    data_genuine: bool
    chip_proven: bool
    issuer_state: str | None
    reasons: tuple[ProofReason, ...]


class PassportReader(Protocol):
    """A slot that can also read a passport."""

    def read_passport(
        self, *, key: PassportKey, today: date, deadline_seconds: float, progress: Progress = no_progress
    ) -> PassportRead:
        """Read the whole passport in one transaction; all or nothing. `today` decides the centuries of its dates.

        Raises CardError with the fault.
        """


class SlotReader(CardReader, PassportReader, Protocol):
    """A slot that reads whatever lies in it."""


class PassportAuthority(Protocol):
    """Judges passports by the states that this deployment trusts. Nothing here asks anybody; nothing is kept."""

    def key_of(self, printed: str) -> PassportKey:
        """What opens the chip: both printed lines, or the second alone. Raises CardError WRONG_MRZ."""

    def prove(self, files: PassportFiles, *, now: datetime) -> PassportProof:
        """What the files prove; never raises for what a chip may say."""

    def data_of(self, files: PassportFiles, *, today: date) -> PassportData:
        """The printed lines as the chip has them. Raises CardError MALFORMED_DATA, WRONG_MRZ."""

    def portrait_of(self, files: PassportFiles) -> bytes:
        """The picture of the holder as JPEG. Raises CardError MALFORMED_DATA."""
