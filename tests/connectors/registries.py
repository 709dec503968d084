"""Every registry client against the simulated registries, and every call they can make, by name."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from connectors.contracts.company_records import Paper, Scan
from connectors.contracts.registry import RegistryAnswer
from connectors.dbd.account import DbdAccount
from connectors.dbd.juristic import DbdClient
from connectors.dbd.papers import PAPERS, SCANS, DbdPapersClient
from connectors.dbd.profile_v7 import DbdV7Client
from connectors.dbd.registers import DbdRegistersClient, Register
from connectors.dopa.ikno import IknoClient, Profile
from connectors.dopa.ikno_checks import IknoCheckClient
from connectors.dopa.ikno_house import IknoHouseClient
from connectors.dopa.ikno_names import IknoNameClient
from connectors.dopa.ikno_photo import IknoPhotoClient
from connectors.dopa.linkage import LinkageClient
from connectors.dopa.linkage_services import DRIVING_LICENCE, FIRST_NAME_CHANGES, MARRIAGE, SURNAME_CHANGES
from connectors.fictitious.hard_cases import COMPANIES, PEOPLE
from connectors.fictitious.people import FictitiousPerson
from connectors.fictitious.population import Population, create_population
from connectors.gdx.session import GdxSession
from connectors.simulators.app import create_simulators
from connectors.simulators.gdx import DEMO_CREDENTIALS
from connectors.simulators.switchboard import Switchboard
from tests.clock import FrozenClock

Call = Callable[[], Awaitable[RegistryAnswer[Any]]]

FIVE = PEOPLE["five_names"]
"""Has a card, names that changed, a marriage, a licence."""
COMPANY = COMPANIES["signing_3"]
ACCOUNT = DbdAccount("agency-user", "agency-password")


@dataclass(frozen=True, slots=True)
class World:
    """The simulated registries and one client of each kind, all on one session."""

    population: Population
    board: Switchboard
    http: httpx2.AsyncClient
    session: GdxSession
    person: IknoClient
    house: IknoHouseClient
    names: IknoNameClient
    photo: IknoPhotoClient
    checks: IknoCheckClient
    linkage: LinkageClient
    company: DbdClient
    papers: DbdPapersClient
    registers: DbdRegistersClient
    v7: DbdV7Client


def world_on(http: httpx2.AsyncClient, base_url: str, clock: FrozenClock, board: Switchboard) -> World:
    session = GdxSession(
        base_url=base_url,
        credentials=DEMO_CREDENTIALS,
        http=http,
        clock=clock.now,
        idempotency_header="Idempotency-Key",
    )
    return World(
        population=create_population(houses=30, companies=10),
        board=board,
        http=http,
        session=session,
        person=IknoClient(clock=clock.now, session=session, profile=Profile.EXTRA),
        house=IknoHouseClient(session=session, clock=clock.now),
        names=IknoNameClient(session=session, clock=clock.now),
        photo=IknoPhotoClient(session=session, clock=clock.now),
        checks=IknoCheckClient(session=session, clock=clock.now),
        linkage=LinkageClient(session=session, clock=clock.now),
        company=DbdClient(clock=clock.now, session=session, account=ACCOUNT),
        papers=DbdPapersClient(session=session, clock=clock.now, account=ACCOUNT),
        registers=DbdRegistersClient(session=session, clock=clock.now, account=ACCOUNT),
        v7=DbdV7Client(session=session, clock=clock.now),
    )


@asynccontextmanager
async def open_world(clock: FrozenClock) -> AsyncIterator[World]:
    board = Switchboard()
    application = create_simulators(
        population=create_population(houses=30, companies=10), clock=clock.now, switchboard=board
    )
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport) as http:
        yield world_on(http, "http://registries", clock, board)


def person_calls(world: World, person: FictitiousPerson = FIVE) -> Mapping[str, Call]:
    """Every call about a person, by the service that answers it."""
    number, late = person.citizen_id, {"deadline_seconds": 5.0}
    laser = world.population.cards[number].data.laser_code
    assert laser is not None
    return {
        "IKNO-001-04": lambda: world.person.person(number, **late),
        "IKNO-001-05": lambda: world.photo.photo(number, **late),
        "IKNO-001-06": lambda: world.names.romanised_name(number, **late),
        "IKNO-001-07": lambda: world.house.house_of(number, **late),
        "IKNO-001-08": lambda: world.house.house(person.house_id, **late),
        "IKNO-001-09": lambda: world.house.members_of(number, **late),
        "IKNO-001-10": lambda: world.names.name_changes(number, **late),
        "IKNO-001-11": lambda: world.checks.search(person.name_th.first, person.name_th.last, **late),
        "IKNO-001-12": lambda: world.checks.check_by_parents(
            number,
            person.name_th,
            father_first_name=person.father.first_name,
            mother_first_name=person.mother.first_name,
            **late,
        ),
        "IKNO-001-13": lambda: world.checks.check_by_laser(number, person.name_th, person.birth_date, laser, **late),
        "00023/001": lambda: world.linkage.person(number, **late),
        "00023/005": lambda: world.linkage.extract(MARRIAGE.code, number, **late),
        "00023/008": lambda: world.linkage.house_of(number, **late),
        "00023/013": lambda: world.linkage.name_changes(number, **late, service=FIRST_NAME_CHANGES),
        "00023/017": lambda: world.linkage.name_changes(number, **late, service=SURNAME_CHANGES),
        "00023/027": lambda: world.linkage.addresses(number, **late),
        "00023/039": lambda: world.linkage.name_changes(number, **late),
        "00212/002": lambda: world.linkage.extract(DRIVING_LICENCE.code, number, **late),
    }


def company_calls(world: World) -> Mapping[str, Call]:
    """Every call about a company, by the service that answers it."""
    number, late = COMPANY.juristic_id, {"deadline_seconds": 5.0}

    def pdf(paper: Paper) -> Call:
        return lambda: world.papers.pdf(paper, number, **late)

    def scan(kind: Scan) -> Call:
        return lambda: world.papers.scan(kind, number, **late)

    def entry(register: Register) -> Call:
        return lambda: world.registers.entry(register, "55", **late)

    def entry_pdf(register: Register) -> Call:
        return lambda: world.registers.entry_pdf(register, "55", **late)

    return {
        "DBD-001": lambda: world.company.company(number, **late),
        "DBD-003": lambda: world.papers.shareholders(number, expected_name=COMPANY.name_th, **late),
        "DBD-007": lambda: world.papers.financial_statement(number, year_be=2567, **late),
        **{PAPERS[paper].code: pdf(paper) for paper in Paper},
        **{SCANS[kind].code: scan(kind) for kind in Scan},
        **{register.value[0].code: entry(register) for register in Register},
        **{register.value[1].code: entry_pdf(register) for register in Register},
        "DBD-021": lambda: world.registers.companies_called(COMPANY.name_th, **late),
        "DBD-022": lambda: world.registers.companies_led_by(COMPANY.directors[0].first, **late),
        "RD-001": lambda: world.papers.vat_registration(number, **late),
        "DBD-v7": lambda: world.v7.company(number, **late),
    }
