"""IKNO beside the profile: houses, names, photo, checks, search, as the wire has it (facts, section 3.3)."""

from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.identifiers import HouseId, InvalidIdentifier
from connectors.contracts.registry import CardStatus
from connectors.dopa.ikno_services import IKNO_SERVICES
from connectors.fictitious.cards import FictitiousCard
from connectors.fictitious.people import FictitiousPerson, House
from connectors.fictitious.photos import photo
from connectors.fictitious.population import Population
from connectors.simulators.gdx import Gateway, ami_error, message, not_found
from connectors.simulators.ikno import SEXES, address_fields, name_changes, name_fields, person_asked_for
from connectors.simulators.switchboard import Mode, Service

_PADDING: Final = 16
_MOST_FOUND: Final = 50

Answer = Callable[[Request, Mode], Awaitable[Response]]


def ikno_service_routes(population: Population, gateway: Gateway) -> list[Route]:
    """IKNO-001-05 to -13; 07 and 08 share an address."""
    services = _Services(population)
    answers: dict[str, Answer] = {
        "IKNO-001-05": services.about(services.photo),
        "IKNO-001-06": services.about(_romanised),
        "IKNO-001-07": services.house,
        "IKNO-001-09": services.about(services.members),
        "IKNO-001-10": services.about(name_changes),
        "IKNO-001-11": services.search,
        "IKNO-001-12": services.by_parents,
        "IKNO-001-13": services.by_laser,
    }
    return [
        Route(
            f"/ws/dopa/{IKNO_SERVICES[code].path}",
            gateway.guard(Service.IKNO, answer, hits=IKNO_SERVICES[code].hits),
            methods=["GET"],
        )
        for code, answer in answers.items()
    ]


class _Services:
    """What each service says of this population."""

    def __init__(self, population: Population) -> None:
        self._population = population

    def about(self, answer: Callable[[FictitiousPerson], Response]) -> Answer:
        """The answer about whom the call asks for."""

        async def asked(request: Request, mode: Mode) -> Response:
            found = person_asked_for(self._population, request, mode)
            return found if isinstance(found, Response) else answer(found)

        return asked

    async def house(self, request: Request, mode: Mode) -> Response:
        """By the house's number, or by that of somebody who lives there."""
        digits = request.query_params.get("AddressID")
        if digits is None:
            found = person_asked_for(self._population, request, mode)
            return found if isinstance(found, Response) else JSONResponse(_house(self._home_of(found)))
        try:
            house_id = HouseId.parse(digits)
        except InvalidIdentifier:
            return message(400, "[90011] incorrect input")
        if mode is Mode.WRONG_PERSON:
            return JSONResponse(_house(next(one for one in self._population.houses if one.house_id != house_id)))
        known = self._population.house(house_id)
        return JSONResponse(_house(known)) if known is not None else not_found()

    def members(self, person: FictitiousPerson) -> Response:
        """Everybody in the person's house."""
        members = self._home_of(person).members
        return JSONResponse({"Count": len(members), "Person": [_row(member) for member in members]})

    def photo(self, person: FictitiousPerson) -> Response:
        """The photo of the card that the registry knows."""
        card = self._population.cards.get(person.citizen_id)
        return ami_error("99992", "card not found") if card is None else JSONResponse(_photo(card))

    async def search(self, request: Request, _mode: Mode) -> Response:
        """Everybody of this name."""
        asked = _told(request, "NameTH_FirstName", "NameTH_SurName")
        if not all(asked):
            return message(400, "[00410] no input")
        # everybody is looked at, which takes a while: others are answered meanwhile
        found = await run_in_threadpool(self._called, asked)
        return JSONResponse([_row(person) for person in found]) if found else not_found()

    def _called(self, asked: list[str]) -> list[FictitiousPerson]:
        people = self._population.people.values()
        found = (person for person in people if [person.name_th.first, person.name_th.last] == asked)
        return list(islice(found, _MOST_FOUND))

    async def by_parents(self, request: Request, mode: Mode) -> Response:
        """Whether name and parents are the person's."""
        person = person_asked_for(self._population, request, mode)
        if isinstance(person, Response):
            return person
        told = _told(request, "NameTH_FirstName", "NameTH_SurName", "Father_FirstName", "Mother_FirstName")
        name = person.name_th
        known = [name.first, name.last, person.father.first_name, person.mother.first_name]
        return JSONResponse({"Result": told == known})

    async def by_laser(self, request: Request, mode: Mode) -> Response:
        """Whether the card's back, name and birth date are the person's."""
        person = person_asked_for(self._population, request, mode)
        if isinstance(person, Response):
            return person
        first, born, laser = _told(request, "FirstName", "BEBirthDate", "LaserCode")
        if not (first and born and laser):
            return _java("5", "ข้อมูลที่ใช้ในการตรวจสอบไม่ครบ")
        card = self._population.cards.get(person.citizen_id)
        if card is None or card.data.laser_code is None or card.data.laser_code.text != laser:
            return _java("4", "สถานะไม่ปกติ => ไม่พบเลข Laser จาก PID นี้")
        if card.status is CardStatus.CANCELLED:
            return _java("2", "บัตรสิ้นสภาพการใช้งาน เนื่องจากกรณี บัตรหาย / การเปลี่ยนที่อยู่")
        known = [card.data.name_th.first, card.data.birth_date.to_be_text(), card.data.name_th.last]
        return JSONResponse({"Result": [first, born, *_told(request, "LastName")] == known})

    def _home_of(self, person: FictitiousPerson) -> House:
        house = self._population.house(person.house_id)
        assert house is not None, "everybody lives in a house of the population"
        return house


def _told(request: Request, *names: str) -> list[str]:
    return [request.query_params.get(name, "") for name in names]


def _photo(card: FictitiousCard) -> dict[str, Any]:
    image = photo(card)
    return {
        "CardNumber": card.data.photo_ref[-11:],
        "CitizenID": card.data.citizen_id.digits,
        "Padding": _PADDING,
        "ImageSize": len(image),
        "ImageHex": (image + b"\x00" * _PADDING).hex().upper(),
    }


def _romanised(person: FictitiousPerson) -> Response:
    if not person.name_en.first:
        return ami_error("99707", "no EN name")
    return JSONResponse({"CitizenID": person.citizen_id.digits, **name_fields("NameEN", person.name_en)})


def _house(house: House) -> dict[str, Any]:
    return {
        "AddressID": house.house_id.digits,
        "RegistryOffice": "สำนักทะเบียนสาธิต",
        **address_fields(house.address),
        "HouseType": "บ้าน",
        "PermitDate": "25300101",
        "DisposeDate": "",
        "VillageName": "หมู่บ้านตัวอย่าง",
        "BuildingName": "บ้านตัวอย่าง",
        "Location": "",
        "PostCode": "00000",
        "HouseAttribute": "ตึกแถวไม้สองชั้น",
        "HouseSize": "120",
        "HouseVolumn": "",
        "OwnerFile": "",
        "OwnerFileID": "",
        "LandSize": "",
        "Tel": "",
        "ApproveID": "",
        "CommunityName": "ชุมชนตัวอย่าง",
    }


def _row(person: FictitiousPerson) -> dict[str, Any]:
    return {
        "CitizenID": person.citizen_id.digits,
        "NameTH_FirstName": person.name_th.first,
        "NameTH_SurName": person.name_th.last,
        "Sex": SEXES[person.sex],
        "BirthDate": person.birth_date.to_be_text(),
        "AddressID": person.house_id.digits,
    }


def _java(code: str, meaning: str) -> Response:
    """How the gateway passes the card-status service's refusals on."""
    return message(500, f"java.lang.RuntimeException: [{code}] {meaning}")
