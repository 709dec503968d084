"""The company registry through the client, against the simulated wire (facts/thai-registries, section 4.1)."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.errors import (
    RecordNotFound,
    RegistryBusy,
    RegistryClosed,
    RegistryError,
    RegistryUnavailable,
    WrongPerson,
)
from connectors.contracts.registry import CompanyRecord, CompanyRegistry
from connectors.dbd.juristic import DbdClient
from connectors.fictitious.companies import LIMITED_COMPANY, juristic_number
from connectors.fictitious.personas import COMPANY_PERSONAS
from connectors.fictitious.population import create_population
from connectors.gdx.session import GdxSession
from connectors.simulators.app import create_simulators
from connectors.simulators.gdx import DEMO_CREDENTIALS
from tests.clock import FrozenClock
from tests.connectors.simulators.serving import served

pytestmark = pytest.mark.anyio

THONGDEE = COMPANY_PERSONAS["thongdee"]


@pytest.fixture
async def registries(clock: FrozenClock) -> AsyncIterator[httpx2.AsyncClient]:
    application = create_simulators(population=create_population(houses=60, companies=20), clock=clock.now)
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registries") as client:
        yield client


def client_of(http: httpx2.AsyncClient, clock: FrozenClock, *, base_url: str = "http://registries") -> DbdClient:
    session = GdxSession(base_url=base_url, credentials=DEMO_CREDENTIALS, http=http, clock=clock.now)
    return DbdClient(session=session, clock=clock.now)


async def thongdee(client: CompanyRegistry, *, deadline_seconds: float = 5.0) -> CompanyRecord:
    return (await client.company(THONGDEE.juristic_id, deadline_seconds=deadline_seconds)).record


async def test_every_company_comes_back_as_the_registry_knows_it(
    registries: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    client = client_of(registries, clock)
    for company in create_population().companies.values():
        record = (await client.company(company.juristic_id, deadline_seconds=5)).record
        assert record.juristic_id == company.juristic_id
        assert (record.name_th, record.name_en, record.status) == (company.name_th, company.name_en, company.status)
        assert record.registered_on == company.registered_on
        assert (record.registered_capital, record.paid_up_capital) == (
            company.registered_capital,
            company.paid_up_capital,
        )
        assert [officer.sequence for officer in record.directors] == list(range(1, len(company.directors) + 1))
        assert record.signing_rule == "\n".join((company.signing_rule, *company.limits))
        assert record.remarks == company.remarks
        assert record.objectives == company.objectives
        assert (record.objective_count, record.objective_pages) == (22, 3)
        assert record.address == company.address.text()


async def test_the_source_is_named(registries: httpx2.AsyncClient, clock: FrozenClock) -> None:
    answer = await client_of(registries, clock).company(THONGDEE.juristic_id, deadline_seconds=5)
    assert (answer.provenance.source, answer.provenance.service) == ("DBD", "DBD-001")
    assert answer.provenance.retrieved_at == clock.now()
    assert answer.record.directors[0].name == "นายสมชาย ทดสอบดี"
    assert answer.record.directors[0].role == "กรรมการ"


async def test_no_such_company(registries: httpx2.AsyncClient, clock: FrozenClock) -> None:
    unknown = juristic_number(99_999, juristic_type=LIMITED_COMPANY, year_be=2560)
    with pytest.raises(RecordNotFound):
        await client_of(registries, clock).company(unknown, deadline_seconds=5)


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", RegistryUnavailable),
        ("garbage", RegistryUnavailable),
        ("wrong_person", WrongPerson),
        ("closed", RegistryClosed),
        ("quota", RegistryBusy),
    ],
)
async def test_every_mode_is_one_error_and_passes(
    registries: httpx2.AsyncClient, clock: FrozenClock, mode: str, error: type[RegistryError]
) -> None:
    client = client_of(registries, clock)
    await registries.post("/_control", json={"service": "dbd", "mode": mode})
    with pytest.raises(RegistryError) as refusal:
        await thongdee(client)
    assert type(refusal.value) is error
    await registries.delete("/_control")
    assert (await thongdee(client)).name_th == THONGDEE.name_th


async def test_one_registry_down_leaves_the_other_alone(registries: httpx2.AsyncClient, clock: FrozenClock) -> None:
    await registries.post("/_control", json={"service": "ikno", "mode": "down"})
    assert (await thongdee(client_of(registries, clock))).name_th == THONGDEE.name_th


async def test_over_a_real_socket_the_deadline_holds(clock: FrozenClock) -> None:
    application = create_simulators(population=create_population(houses=1, companies=1), clock=clock.now)
    with served(application) as base_url:
        async with httpx2.AsyncClient() as http:
            client = client_of(http, clock, base_url=base_url)
            assert (await thongdee(client)).name_th == THONGDEE.name_th
            await http.post(f"{base_url}/_control", json={"service": "dbd", "mode": "slow", "delay_ms": 2_000})
            with pytest.raises(RegistryUnavailable, match="deadline"):
                await thongdee(client, deadline_seconds=0.2)


INFORMATION: dict[str, Any] = {
    "JuristicID": THONGDEE.juristic_id.digits,
    "JuristicType": LIMITED_COMPANY,
    "RegisterDate": "25/10/2562",
}


async def record_from(clock: FrozenClock, answer: Any) -> CompanyRecord:
    """What the client makes of this answer."""

    async def log_in(request: Request) -> Response:
        return JSONResponse({"Result": "token"})

    async def information(request: Request) -> Response:
        return JSONResponse(answer)

    application = Starlette(
        routes=[
            Route("/ws/auth/validate", log_in),
            Route("/ws/dbd/juristic/v4/profile/information", information),
        ]
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application)) as http:
        return await thongdee(client_of(http, clock))


def listing(**changes: Any) -> dict[str, Any]:
    return {"ResultList": [INFORMATION | changes]}


COMMITTEE = [
    {"Sequence": 2, "Title": "นาย", "FirstName": "ข", "LastName": "สอง", "Type": "K"},
    {"Sequence": "1", "Title": "นาง", "FirstName": "ก", "LastName": "หนึ่ง", "Type": "L"},
    {"Sequence": 3, "Title": "นาย", "FirstName": "ค", "LastName": "สาม", "Type": "?"},
]


@pytest.mark.parametrize(
    ("juristic_type", "expected"),
    [
        (LIMITED_COMPANY, [(2, "กรรมการ", "นายข สอง")]),
        ("บริษัทมหาชนจำกัด", [(2, "กรรมการ", "นายข สอง")]),
        ("ห้างหุ้นส่วนจำกัด", [(1, "หุ้นส่วนผู้จัดการ", "นางก หนึ่ง"), (2, "หุ้นส่วน", "นายข สอง")]),
    ],
)
async def test_who_leads_depends_on_the_form_of_company(
    clock: FrozenClock, juristic_type: str, expected: list[tuple[int, str, str]]
) -> None:
    record = await record_from(clock, listing(JuristicType=juristic_type, CommitteeInformations=COMMITTEE))
    assert [(officer.sequence, officer.role, officer.name) for officer in record.directors] == expected


async def test_signing_rule_and_remarks_are_kept_apart_and_none_is_lost(clock: FrozenClock) -> None:
    descriptions = [
        {"Sequence": place, "AuthorizeDescription": kind, "Type": kind} for place, kind in enumerate("RLNMSX")
    ]
    record = await record_from(clock, listing(AuthorizeDescriptions=descriptions))
    assert record.signing_rule == "L\nM"
    assert (record.powers, record.limits) == (("L",), ("M",))
    assert record.remarks == ("R", "N", "S", "X")


async def test_numbers_with_separators_and_dropped_zeros(clock: FrozenClock) -> None:
    record = await record_from(
        clock,
        listing(
            JuristicID=THONGDEE.juristic_id.digits.lstrip("0"), RegisterCapital="1,000,000.50", NumberOfObjective=22
        ),
    )
    assert record.registered_capital == Decimal("1000000.50")
    assert record.objective_count == 22
    assert record.registered_on.iso() == "2019-10-25"


async def test_the_address_gets_the_places_its_line_leaves_out(clock: FrozenClock) -> None:
    address = {
        "FullAddress": "1 ถนนตัวอย่าง เขตสาธิต",
        "Tumbol": "แขวงจำลอง",
        "Ampur": "เขตสาธิต",
        "Province": "กรุงเทพมหานคร",
    }
    record = await record_from(clock, listing(AddressInformations=[address]))
    assert record.address == "1 ถนนตัวอย่าง เขตสาธิต แขวงจำลอง กรุงเทพมหานคร"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"ResultList": []}, RecordNotFound),
        ({"ResultList": None}, RecordNotFound),
        ({"ResultList": "none"}, RegistryUnavailable),
        ({"ResultList": [1]}, RegistryUnavailable),
        ({"ResultList": [INFORMATION, INFORMATION]}, RegistryUnavailable),
        (listing(JuristicID=None), RegistryUnavailable),
        (listing(JuristicID="0005561000021"), WrongPerson),
        (listing(RegisterDate=None), RegistryUnavailable),
        (listing(RegisterCapital="much"), RegistryUnavailable),
        (listing(CommitteeInformations=[{"Sequence": "first"}]), RegistryUnavailable),
    ],
)
async def test_answers_that_cannot_be_used(clock: FrozenClock, answer: Any, error: type[RegistryError]) -> None:
    with pytest.raises(RegistryError) as refusal:
        await record_from(clock, answer)
    assert type(refusal.value) is error
