"""What an applicant presented, of whichever kind, as one record; and what is typed where a chip cannot be read."""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from connectors.contracts.card import PassportData, PersonName, ThaiCardData
from connectors.contracts.identifiers import CitizenId, LaserCode, PassportNumber
from connectors.contracts.thai_dates import PartialDate
from idp.subscribers.model import AttributeSource, Identity

SEX_OF_PASSPORT: Final[dict[str, Literal["1", "2", ""]]] = {"M": "1", "F": "2", "X": ""}
"""DOPA's code by the letter in a passport; an unstated sex stays unstated."""


@dataclass(frozen=True, slots=True, repr=False)
class TypedCard:
    """What an officer typed from the face and the back of a card whose chip cannot be read."""

    citizen_id: CitizenId
    name_th: PersonName
    name_en: PersonName
    birth_date: PartialDate
    sex: Literal["1", "2"]
    laser_code: LaserCode
    expiry_date: PartialDate | None

    def to_bytes(self) -> bytes:
        """As JSON, for sealing."""
        return json.dumps(msgspec.to_builtins(self), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, opened: bytes) -> "TypedCard":
        """The inverse of `to_bytes`."""
        wire: dict[str, Any] = msgspec.json.decode(opened)
        return msgspec.convert(wire, cls)


@dataclass(frozen=True, slots=True, repr=False)
class Presented:
    """Who this says it is, and what of it the registry is asked about.

    `number` is the person's own, as applications are known by it; `card_type` is empty where no chip said it;
    `address` is what the card says, empty elsewhere.
    """

    identity: Identity
    number: str
    expiry_date: PartialDate | None
    source: AttributeSource
    card: ThaiCardData | None = None
    typed: TypedCard | None = None
    card_type: str = ""
    chip_no: str = ""
    address: str = ""


def presented_card(card: ThaiCardData) -> Presented:
    """A card whose chip was read."""
    identity = Identity(card.citizen_id, card.name_th, card.name_en, card.birth_date, card.sex)
    return Presented(
        identity=identity,
        number=card.citizen_id.digits,
        expiry_date=card.expiry_date,
        source=AttributeSource.CARD,
        card=card,
        card_type=card.card_type,
        chip_no=card.chip_no,
        address=card.address.text(),
    )


def presented_typed(typed: TypedCard) -> Presented:
    """A card that was typed."""
    identity = Identity(typed.citizen_id, typed.name_th, typed.name_en, typed.birth_date, typed.sex)
    return Presented(
        identity=identity,
        number=typed.citizen_id.digits,
        expiry_date=typed.expiry_date,
        source=AttributeSource.CARD,
        typed=typed,
    )


def presented_passport(data: PassportData) -> Presented:
    """A passport's printed lines, as the chip has them."""
    number = PassportNumber(data.issuing_state, data.document_no)
    identity = Identity(
        citizen_id=None,
        name_th=PersonName("", "", "", ""),
        name_en=PersonName("", data.given_names.title(), "", data.surname.title()),
        birth_date=data.birth_date,
        sex=SEX_OF_PASSPORT[data.sex],
        passport=number,
    )
    return Presented(
        identity=identity, number=number.text, expiry_date=data.expiry_date, source=AttributeSource.PASSPORT
    )
