"""The Linkage Center as the wire has it, as far as it is published (facts/thai-registries, section 3.4).

The published person has no number of its own; here it has `personalID`, as the card's record does. The lists of 007 and
027 and the records of marriage and driving licence are not published: what stands here is made up.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.identifiers import HouseId
from connectors.contracts.registry import Parent
from connectors.contracts.thai_dates import BANGKOK, PartialDate
from connectors.dopa.linkage import LINK_PATH
from connectors.fictitious.people import THAI, FictitiousPerson, NameChange
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import Population
from connectors.simulators.gdx import Gateway, linkage_error
from connectors.simulators.ikno import SEXES, person_asked_for
from connectors.simulators.switchboard import Mode, Service

_THAI_CODE: Final = "99"
_OTHER_CODE: Final = "00"
_MARRIED: Final = {PERSONAS["somchai"].person.citizen_id: PartialDate(2562, 2, 14)}


def linkage_routes(population: Population, gateway: Gateway, *, clock: Callable[[], datetime]) -> list[Route]:
    """The one address of all services, by GET and by POST."""

    async def link(request: Request, mode: Mode) -> Response:
        asked = request.query_params
        make = _SERVICES.get((asked.get("OfficeID", ""), asked.get("ServiceID", "")))
        if make is None or not asked.get("Version"):
            return linkage_error("90011", "incorrect input")
        digits = asked.get("CitizenID", "")
        if request.method == "POST":
            async with request.form() as form:
                digits = str(form.get("CitizenID", ""))
        found = person_asked_for(population, request, mode, digits)
        if isinstance(found, Response):
            return linkage_error("00815", "record not found") if found.status_code == 204 else found
        return make(_Asked(found, population, clock()))

    guarded = gateway.guard(Service.LINKAGE, link, fault=linkage_error)
    return [Route(LINK_PATH, guarded, methods=["GET", "POST"])]


class _Asked:
    """Whom it is about, and among whom they live."""

    def __init__(self, person: FictitiousPerson, population: Population, moment: datetime) -> None:
        self.person = person
        self.population = population
        self.moment = moment

    @property
    def number(self) -> dict[str, Any]:
        """As the registry's records say whom they are about."""
        return {"personalID": self.person.citizen_id.digits}


def _person(asked: _Asked) -> Response:
    return JSONResponse(asked.number | _person_fields(asked.person, asked.moment))


def _person_fields(person: FictitiousPerson, moment: datetime) -> dict[str, Any]:
    return {
        "titleCode": "003",
        "titleDesc": person.name_th.prefix,
        "titleName": person.name_th.prefix,
        "titleSex": person.sex,
        "firstName": person.name_th.first,
        "middleName": person.name_th.middle,
        "lastName": person.name_th.last,
        "fullnameAndRank": person.name_th.full(),
        "englishTitleDesc": person.name_en.prefix,
        "englishFirstName": person.name_en.first,
        "englishMiddleName": person.name_en.middle,
        "englishLastName": person.name_en.last,
        "genderCode": person.sex,
        "genderDesc": SEXES[person.sex],
        "dateOfBirth": int(person.birth_date.to_be_text()),
        "age": person.birth_date.age_on(moment.astimezone(BANGKOK).date()),
        "nationalityCode": _THAI_CODE if person.nationality == THAI else _OTHER_CODE,
        "nationalityDesc": person.nationality,
        "ownerStatusDesc": person.domicile_type,
        "statusOfPersonCode": "0" if person.is_alive else "1",
        "statusOfPersonDesc": "บุคคลนี้มีภูมิลำเนาอยู่ในบ้านนี้" if person.is_alive else "ตาย",
        "dateOfMoveIn": int(person.domicile_date.to_be_text()),
        **_parent("father", person.father),
        **_parent("mother", person.mother),
    }


def _parent(which: str, parent: Parent) -> dict[str, Any]:
    return {
        f"{which}PersonalID": parent.citizen_id,
        f"{which}Name": parent.first_name,
        f"{which}NationalityCode": _THAI_CODE,
        f"{which}NationalityDesc": parent.nationality,
    }


def _house(asked: _Asked) -> Response:
    return JSONResponse(_house_fields(asked.person.house_id, asked.person.address))


def _house_fields(house_id: HouseId, address: CardAddress) -> dict[str, Any]:
    places = {
        "alley": address.alley,
        "alleyWay": address.lane,
        "road": address.road,
        "subdistrict": address.subdistrict,
        "district": address.district,
        "province": address.province,
    }
    return {
        "houseID": house_id.digits,
        "houseNo": address.house_no,
        "houseType": "1",
        "houseTypeDesc": "บ้าน",
        "villageNo": int(address.village_no.rpartition(" ")[2]) if address.village_no else 0,
        **{f"{place}Code": "0" for place in places},
        **{f"{place}Desc": name for place, name in places.items()},
        **{f"{place}EnglishDesc": "" for place in places},
        "rcodeCode": house_id.digits[:4],
        "rcodeDesc": "สำนักทะเบียนสาธิต",
        "dateOfTerminate": 0,
    }


def _members(asked: _Asked) -> Response:
    house = asked.population.house(asked.person.house_id)
    assert house is not None, "everybody lives in a house of the population"
    people = [
        {"personalID": member.citizen_id.digits, "houseID": house.house_id.digits}
        | _person_fields(member, asked.moment)
        for member in house.members
    ]
    return JSONResponse({"total": len(people), "allPerson": people})


def _addresses(asked: _Asked) -> Response:
    registered = _house_fields(asked.person.house_id, asked.person.address)
    contact = {**registered, "houseID": "", "addressTypeDesc": "ที่อยู่ตามบัตร"}
    listed = [registered | {"addressTypeDesc": "ที่อยู่ตามทะเบียนบ้าน"}, contact]
    return JSONResponse(asked.number | {"total": len(listed), "allAddress": listed})


def _changes(last_digits: str) -> Callable[[_Asked], Response]:
    """The entries whose type ends in one of these digits."""

    def answer(asked: _Asked) -> Response:
        entries = [change for change in asked.person.name_changes if change.type_id[-1] in last_digits]
        if not entries:
            return linkage_error("99702", "no name change")
        rows = [_change(asked, change, place) for place, change in enumerate(entries, start=1)]
        return JSONResponse({"total": len(rows), "allName": rows})

    return answer


def _change(asked: _Asked, change: NameChange, place: int) -> dict[str, Any]:
    person = asked.person
    is_surname = change.type_id[-1] == "3"
    before = PersonName(
        person.name_th.prefix,
        person.name_th.first if is_surname else change.old,
        "",
        change.old if is_surname else person.name_th.last,
    )
    return {
        "pid": person.citizen_id.digits,
        "docID": f"{place:09d}{change.changed_on.year_be}",
        "docDate": int(change.changed_on.to_be_text()),
        "docPlace": "0099",
        "docPlaceDesc": change.place,
        "docPlaceProvince": person.address.province,
        "requestID": f"{place:05d}",
        "requestYear": str(change.changed_on.year_be),
        "requestDate": int(change.changed_on.to_be_text()),
        "firstName": before.first,
        "middleName": "",
        "lastName": before.last,
        "newName": change.new,
        "titleCode": "003",
        "titleDesc": before.prefix,
        "fullNameAndRank": before.full(),
        "genderCode": person.sex,
        "genderDesc": SEXES[person.sex],
        "dateOfBirth": int(person.birth_date.to_be_text()),
        "age": person.birth_date.age_on(asked.moment.astimezone(BANGKOK).date()),
        "nationalityCode": _THAI_CODE,
        "nationalityDesc": person.nationality,
        "fatherFirstName": person.father.first_name,
        "motherFirstName": person.mother.first_name,
        "hno": person.address.house_no,
        "trokDesc": person.address.lane,
        "soiDesc": person.address.alley,
        "thanonDesc": person.address.road,
        "districtDesc": person.address.subdistrict,
        "amphorDesc": person.address.district,
        "provinceDesc": person.address.province,
        "hrcode": person.house_id.digits[:4],
        "hrcodeDesc": "สำนักทะเบียนสาธิต",
        "total": 1,
        **({"causeOfChange": "การสมรส"} if is_surname else {}),
    }


def _marriage(asked: _Asked) -> Response:
    """Of who took another surname that day, and of the one in the story, who kept his."""
    surnames = (change.changed_on for change in asked.person.name_changes if change.type_id[-1] == "3")
    on = next(surnames, _MARRIED.get(asked.person.citizen_id))
    if on is None:
        return linkage_error("00815", "record not found")
    return JSONResponse(
        asked.number
        | {"marriageID": "00991", "marriageDate": int(on.to_be_text()), "marriagePlaceDesc": "สำนักทะเบียนสาธิต"}
    )


def _driving_licence(asked: _Asked) -> Response:
    if asked.person.citizen_id.digits[-1] in "05":
        return linkage_error("00815", "record not found")
    licences = [{"pltDesc": "รถยนต์ส่วนบุคคล", "pltNo": f"00{asked.person.citizen_id.digits[5:11]}", "expDate": 25750101}]
    return JSONResponse(asked.number | {"licences": licences})


_SERVICES: Final[Mapping[tuple[str, str], Callable[[_Asked], Response]]] = {
    ("00023", "001"): _person,
    ("00023", "005"): _marriage,
    ("00023", "007"): _members,
    ("00023", "008"): _house,
    ("00023", "013"): _changes("2"),
    ("00023", "017"): _changes("3"),
    ("00023", "027"): _addresses,
    ("00023", "039"): _changes("23"),
    ("00212", "002"): _driving_licence,
}
