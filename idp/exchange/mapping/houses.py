"""The house registration: `dopa.house`. Full rows of others are a field of their own, which few bases open."""

from collections.abc import Mapping

from connectors.contracts.civil_records import HouseMember, HouseRecord
from connectors.contracts.errors import WrongPerson
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry_desk import RegistryDesk
from connectors.contracts.thai_dates import PartialDate
from idp.exchange.mapping.model import Fetched, Fields, Question, thai_day
from idp.exchange.mapping.people import SEXES


async def read_house(desk: RegistryDesk, citizen_id: CitizenId, question: Question) -> Fetched:
    """The house in which the person is registered. Raises WrongPerson when they are not among its members."""
    answer = await desk.houses.house_of(citizen_id, **question.terms)
    house = answer.record
    own = house.member(citizen_id)
    if own is None or own.citizen_id is None:
        raise WrongPerson("the registry answered about a house in which the person does not live")
    others = tuple(member for member in house.members if member is not own)
    people = answer.source_of("members")
    named = tuple(other.citizen_id for other in others if other.citizen_id is not None)
    return Fetched(
        about=own.citizen_id,
        fields=_fields(house, own, others),
        dates={
            "numbered_on": house.permitted_on,
            "own_row": ({"birth_date": own.birth_date},),
            "member_rows": _births(house),
        },
        provenance=answer.provenance,
        field_sources=dict.fromkeys(("own_row", "member_count", "others", "member_rows"), people),
        others_named=dict.fromkeys(("others", "member_rows"), named),
    )


def _fields(house: HouseRecord, own: HouseMember, others: tuple[HouseMember, ...]) -> Fields:
    return {
        "house_id": house.house_id.digits,
        "address_text": house.address.text(),
        "registry_office": house.registry_office,
        "village_name": house.particulars.get("VillageName", ""),
        "building_name": house.particulars.get("BuildingName", ""),
        "house_type": house.particulars.get("houseTypeDesc", house.house_type),
        "house_attribute": house.particulars.get("HouseAttribute", ""),
        "numbered_on": thai_day(house.permitted_on),
        "own_row": _full_row(own),
        "member_count": str(len(house.members)),
        "others": [{"name": other.name.full(), "role": other.role} for other in others],
        "member_rows": [_full_row(member) for member in house.members],
    }


def _full_row(member: HouseMember) -> Fields:
    return {
        "citizen_id": "" if member.citizen_id is None else member.citizen_id.digits,
        "name": member.name.full(),
        "sex": SEXES.get(member.sex, SEXES["0"]),
        "birth_date": thai_day(member.birth_date),
        "role": member.role,
    }


def _births(house: HouseRecord) -> tuple[Mapping[str, PartialDate | None], ...]:
    return tuple({"birth_date": member.birth_date} for member in house.members)
