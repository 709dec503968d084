"""Houses and their members: IKNO-001-07, -08 and -09 (facts/thai-registries, section 3.3)."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.contracts.card import PersonName
from connectors.contracts.civil_records import HouseMember, HouseRecord
from connectors.contracts.errors import WrongPerson
from connectors.contracts.identifiers import CitizenId, HouseId, InvalidIdentifier
from connectors.contracts.registry import RegistryAnswer
from connectors.dopa.asking import Ikno
from connectors.dopa.ikno import read_address
from connectors.gdx.fields import Fields, be_date, garbage, rows, text, whole_number
from connectors.gdx.session import GdxSession

_PARTICULARS: Final = (
    "VillageName", "BuildingName", "Location", "PostCode", "HouseAttribute", "HouseSize", "HouseVolumn", "OwnerFile",
    "OwnerFileID", "LandSize", "Tel", "ApproveID", "CommunityName",
)  # fmt: skip
"""In the registry's spelling."""
_SEX_WORDS: Final = {"ชาย": "1", "หญิง": "2"}


class IknoHouseClient:
    """Asks DOPA who lives where; implements HouseRegistry."""

    def __init__(self, *, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._ikno = Ikno(session=session, clock=clock)

    async def house_of(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[HouseRecord]:
        """The person's house with its members.

        The house answer names no person and the members' answer no house of its own: each proves the other. Raises
        WrongPerson when the person is not among the members, or the two are about different houses.
        """
        asked = {"CitizenID": citizen_id.digits}
        (house, house_source), (people, people_source) = await asyncio.gather(
            self._ikno.ask("IKNO-001-07", asked, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key),
            self._ikno.ask("IKNO-001-09", asked, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key),
        )
        house_id = _house_id(house)
        members = read_members(people, house_id=house_id)
        _require_member(members, expected_citizen_id=citizen_id)
        return RegistryAnswer(read_house(house, house_id, members), house_source, {"members": people_source})

    async def house(
        self, house_id: HouseId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[HouseRecord]:
        """The house with this number, without its members; an answer about another house raises WrongPerson."""
        answer, source = await self._ikno.ask(
            "IKNO-001-08",
            {"AddressID": house_id.digits},
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        if _house_id(answer) != house_id:
            raise WrongPerson("the registry answered about another house")
        return RegistryAnswer(read_house(answer, house_id, ()), source)

    async def members_of(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[tuple[HouseMember, ...]]:
        """Who lives in the person's house, without the house itself: one question instead of two."""
        people, source = await self._ikno.ask(
            "IKNO-001-09",
            {"CitizenID": citizen_id.digits},
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        members = read_members(people, house_id=None)
        _require_member(members, expected_citizen_id=citizen_id)
        return RegistryAnswer(members, source)


def _require_member(members: tuple[HouseMember, ...], *, expected_citizen_id: CitizenId) -> None:
    if all(member.citizen_id != expected_citizen_id for member in members):
        raise WrongPerson("the registry answered about a house in which the person does not live")


def read_house(house: Fields, house_id: HouseId, members: tuple[HouseMember, ...]) -> HouseRecord:
    """A house answer as a house. Raises RegistryUnavailable."""
    return HouseRecord(
        house_id=house_id,
        address=read_address(house),
        registry_office=text(house, "RegistryOffice"),
        house_type=text(house, "HouseType"),
        permitted_on=be_date(house, "PermitDate"),
        disposed_on=be_date(house, "DisposeDate"),
        particulars={name: value for name in _PARTICULARS if (value := text(house, name))},
        members=members,
    )


def read_members(answer: Fields, *, house_id: HouseId | None) -> tuple[HouseMember, ...]:
    """The members' answer; all of one house, which is `house_id` when that is given.

    Raises RegistryUnavailable, also when the registry counted more members than it listed, and WrongPerson when a row
    is of another house.
    """
    people = rows(answer, "Person")
    if whole_number(answer, "Count", default=len(people)) != len(people):
        raise garbage("the members are not all there")
    houses = {told for row in people if (told := text(row, "AddressID"))}
    if len(houses) > 1 or (house_id is not None and houses - {house_id.digits}):
        raise WrongPerson("the registry answered about members of another house")
    return tuple(_member(row) for row in people)


def _member(row: Fields) -> HouseMember:
    digits = text(row, "CitizenID")
    sex = text(row, "Sex")
    try:
        citizen_id = CitizenId.parse(digits) if digits else None
    except InvalidIdentifier:
        raise garbage("a member's number is none") from None
    return HouseMember(
        citizen_id=citizen_id,
        name=PersonName("", text(row, "NameTH_FirstName"), "", text(row, "NameTH_SurName")),
        sex=_SEX_WORDS.get(sex, sex),
        birth_date=be_date(row, "BirthDate"),
        role="",
    )


def _house_id(house: Fields) -> HouseId:
    try:
        return HouseId.parse(text(house, "AddressID"))
    except InvalidIdentifier:
        raise garbage("the answer does not say which house it is about") from None
