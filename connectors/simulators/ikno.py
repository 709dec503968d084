"""IKNO, the population registry's Person API: the profiles, and what all its services share (facts, section 3.3)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from connectors.contracts.registry import Parent
from connectors.contracts.thai_dates import BANGKOK
from connectors.dopa.ikno_services import IKNO_SERVICES
from connectors.fictitious.cards import FictitiousCard
from connectors.fictitious.people import FictitiousPerson
from connectors.fictitious.population import Population
from connectors.simulators.gdx import Gateway, ami_error, message, not_found
from connectors.simulators.switchboard import Mode, Service

_LIFELONG: Final = "99999999"
SEXES: Final = {"1": "ชาย", "2": "หญิง"}
_CHANGED: Final = {"2": "เปลี่ยนชื่อตัว", "3": "เปลี่ยนชื่อสกุล"}
_FORMS: Final = {"0": "ท.ร.44", "1": "ท.ร.97", "2": "ท.ร.14"}


class _Level(IntEnum):
    """How much a profile service gives; fields above its level are null."""

    SIMPLE = 1
    NORMAL = 2
    FULL = 3
    EXTRA = 4


def ikno_routes(population: Population, gateway: Gateway, *, clock: Callable[[], datetime]) -> list[Route]:
    """The four profile services."""

    def profile_route(level: _Level) -> Route:
        async def profile(request: Request, mode: Mode) -> Response:
            found = person_asked_for(population, request, mode)
            if isinstance(found, Response):
                return found
            return JSONResponse(_profile(found, population.cards.get(found.citizen_id), level, clock()))

        service = IKNO_SERVICES[f"IKNO-001-{level:02d}"]
        guarded = gateway.guard(Service.IKNO, profile, hits=service.hits)
        return Route(f"/ws/dopa/{service.path}", guarded, methods=["GET"])

    return [profile_route(level) for level in _Level]


def person_asked_for(
    population: Population, request: Request, mode: Mode, digits: str | None = None
) -> FictitiousPerson | Response:
    """Whom the call is about, by `CitizenID` or `digits`; somebody else when so switched, else why there is nobody."""
    digits = request.query_params.get("CitizenID", "") if digits is None else digits
    if not digits:
        return message(400, "[00410] no input")
    try:
        citizen_id = CitizenId.parse(digits)
    except InvalidIdentifier:
        return message(400, "[90011] incorrect input")
    if mode is Mode.WRONG_PERSON:
        return next(person for person in population.people.values() if person.citizen_id != citizen_id)
    return population.people.get(citizen_id) or not_found()


def _profile(
    person: FictitiousPerson, card: FictitiousCard | None, level: _Level, moment: datetime
) -> Mapping[str, Any]:
    parts = {
        _Level.SIMPLE: _simple(person, moment),
        _Level.NORMAL: _residence(person),
        _Level.FULL: _card(card) | _parent("Father", person.father) | _parent("Mother", person.mother),
        _Level.EXTRA: name_fields("NameEN", person.name_en),
    }
    return {
        field: value if granted_at <= level else None
        for granted_at, part in parts.items()
        for field, value in part.items()
    }


def _simple(person: FictitiousPerson, moment: datetime) -> dict[str, Any]:
    return {
        "CitizenID": person.citizen_id.digits,
        **name_fields("NameTH", person.name_th),
        "SexID": person.sex,
        "Sex": SEXES[person.sex],
        "BirthDate": person.birth_date.to_be_text(),
        "Age": person.birth_date.age_on(moment.astimezone(BANGKOK).date()),
        "PersonStatusID": "1" if person.is_alive else "2",
        "PersonStatus": "มีชีวิตอยู่" if person.is_alive else "เสียชีวิต",
    }


def address_fields(address: CardAddress) -> dict[str, Any]:
    """`Address_*` of a profile or a house."""
    return {
        "Address_No": address.house_no,
        "Address_Moo": address.village_no,
        "Address_Alley": address.lane,
        "Address_Soi": address.alley,
        "Address_Road": address.road,
        "Address_Tumbol": address.subdistrict,
        "Address_Amphur": address.district,
        "Address_Province": address.province,
    }


def _residence(person: FictitiousPerson) -> dict[str, Any]:
    return {
        "AddressID": person.house_id.digits,
        **address_fields(person.address),
        "Nationality": person.nationality,
        "Nationality_Old": "",
        "Nationality_ChangeDate": "",
        "DomicileType": person.domicile_type,
        "DomicileStatus": "มีภูมิลำเนาอยู่ในบ้านนี้",
        "DomicileDate": person.domicile_date.to_be_text(),
    }


def _card(card: FictitiousCard | None) -> dict[str, Any]:
    if card is None:
        return dict.fromkeys(("IssueDate", "ExpireDate", "IssuerID", "IssuerPlace", "IssuerAgency"))
    place, _, agency = card.data.issuer.partition("/")
    return {
        "IssueDate": card.data.issue_date.to_be_text(),
        "ExpireDate": card.data.expiry_date.to_be_text() if card.data.expiry_date else _LIFELONG,
        "IssuerID": card.data.issuer_code,
        "IssuerPlace": place,
        "IssuerAgency": agency,
    }


def name_fields(prefix: str, name: PersonName) -> dict[str, Any]:
    """A name in its four parts, behind NameTH or NameEN."""
    return {
        f"{prefix}_Prefix": name.prefix,
        f"{prefix}_FirstName": name.first,
        f"{prefix}_MiddleName": name.middle,
        f"{prefix}_SurName": name.last,
    }


def _parent(prefix: str, parent: Parent) -> dict[str, Any]:
    return {
        f"{prefix}_CitizenID": parent.citizen_id,
        f"{prefix}_Nationality": parent.nationality,
        f"{prefix}_NameTH_FirstName": parent.first_name,
    }


def name_changes(person: FictitiousPerson) -> Response:
    """IKNO-001-10, or its code for a name that was never changed."""
    if not person.name_changes:
        return ami_error("99702", "no name change")
    return JSONResponse(
        {
            "Count": len(person.name_changes),
            "Change": [
                {
                    "ChangeDate": change.changed_on.to_be_text(),
                    "Place": change.place,
                    "TypeID": change.type_id,
                    "TypeName": _CHANGED[change.type_id[-1]],
                    "TypeGroup": _FORMS[change.type_id[0]],
                    "DataOld": change.old,
                    "DataNew": change.new,
                }
                for change in person.name_changes
            ],
        }
    )
