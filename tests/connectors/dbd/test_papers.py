"""Lists, statements, documents, registers and searches of DBD, against the simulated wire (facts, section 4.1)."""

import pickle
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import md5
from io import BytesIO
from typing import Any

import httpx2
import pikepdf
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.contracts.company_records import Paper, Scan
from connectors.contracts.errors import (
    RecordNotFound,
    RegistryOutcome,
    RegistryRefused,
    RegistryUnavailable,
    WrongPerson,
)
from connectors.dbd.account import AccountPlacement, AccountWire, DbdAccount
from connectors.dbd.documents import read_pdf, read_scan
from connectors.dbd.holdings import AMOUNTS, read_shareholders, read_statement
from connectors.dbd.papers import DbdPapersClient
from connectors.dbd.registers import Register, read_entry, read_found
from connectors.dbd.services import DBD_SERVICES, DbdService
from connectors.fictitious.companies import LIMITED_COMPANY, juristic_number
from connectors.fictitious.hard_cases import COMPANIES
from connectors.fictitious.holdings import statement_of
from connectors.fictitious.population import create_population
from connectors.gdx.session import GdxSession
from connectors.simulators.app import create_simulators
from connectors.simulators.gdx import DEMO_CREDENTIALS
from tests.clock import FrozenClock
from tests.connectors.registries import World, open_world

pytestmark = pytest.mark.anyio

LATE: dict[str, float] = {"deadline_seconds": 5.0}
COMPANY = COMPANIES["signing_3"]
NUMBER = COMPANY.juristic_id
ABSENT = juristic_number(99_999, juristic_type=LIMITED_COMPANY, year_be=2560)


@pytest.fixture
async def world(clock: FrozenClock) -> AsyncIterator[World]:
    async with open_world(clock) as opened:
        yield opened


async def test_a_list_of_five_thousand_holders(world: World) -> None:
    company = COMPANIES["many_holders"]
    answer = await world.papers.shareholders(company.juristic_id, expected_name=company.name_th, **LATE)
    held = answer.record
    assert len(held.holders) == 5_000
    assert held.par_value == 100
    assert held.shares == company.registered_capital / 100
    assert held.meeting_on is not None
    assert held.meeting_on.year_be == 2568
    first = company.directors[0]
    assert held.holders[0].name == f"{first.title}{first.first} {first.last}"
    assert {holder.nationality for holder in held.holders} == {"ไทย", "ยูโทเปีย"}


async def test_statements_by_year_losses_included(world: World) -> None:
    for year_be in (2566, 2567, 2568):
        record = (await world.papers.financial_statement(NUMBER, year_be=year_be, **LATE)).record
        known = statement_of(COMPANY, year_be)
        assert known is not None
        assert record.year_be == year_be
        assert {AMOUNTS[name]: value for name, value in record.amounts.items()} == {
            name: value.quantize(Decimal("0.01")) for name, value in known.items()
        }
    with pytest.raises(RecordNotFound):
        await world.papers.financial_statement(NUMBER, year_be=2501, **LATE)


async def test_every_paper_is_the_owners_own_pdf(world: World) -> None:
    for paper in Paper:
        record = (await world.papers.pdf(paper, NUMBER, **LATE)).record
        assert record.names_subject
        assert record.file_name.startswith(NUMBER.digits)
        with pikepdf.open(BytesIO(record.pdf)) as document:
            assert len(document.pages) == record.pages


async def test_every_scan_has_all_its_pages(world: World) -> None:
    for scan in Scan:
        record = (await world.papers.scan(scan, NUMBER, **LATE)).record
        assert [page.page for page in record.pages] == list(range(1, len(record.pages) + 1))
        for page in record.pages:
            assert page.media_type == "image/jpeg"
            with Image.open(BytesIO(page.data)) as image:
                image.verify()


async def test_no_such_company(world: World) -> None:
    with pytest.raises(RecordNotFound):
        await world.papers.pdf(Paper.MEMORANDUM, ABSENT, **LATE)
    with pytest.raises(RecordNotFound):
        await world.papers.shareholders(ABSENT, expected_name="ไม่มี", **LATE)


async def test_registers_and_searches(world: World) -> None:
    entry = (await world.registers.entry(Register.COMMERCIAL, "77", **LATE)).record
    assert entry.texts["CMNO"] == "77"
    with pytest.raises(RecordNotFound):
        await world.registers.entry(Register.BUSINESS_SECURITY, "0", **LATE)
    assert (await world.registers.entry_pdf(Register.FOREIGN_BUSINESS, "77", **LATE)).record.pdf.startswith(b"%PDF-")
    called = (await world.registers.companies_called("อำนาจแบบที่", **LATE)).record
    assert len(called) == sum(1 for key in COMPANIES if key.startswith("signing_"))
    led = (await world.registers.companies_led_by(COMPANY.directors[0].last, **LATE)).record
    assert NUMBER in {company.juristic_id for company in led}
    assert (await world.registers.companies_called("ไม่มีชื่อนี้", **LATE)).record == ()


async def test_rd_001_goes_where_the_contract_says(world: World, clock: FrozenClock) -> None:
    assert (await world.papers.vat_registration(NUMBER, **LATE)).provenance.source == "RD"
    elsewhere = DbdService("RD-001", DBD_SERVICES["DBD-002"].path)
    papers = DbdPapersClient(session=world.session, clock=clock.now, vat_service=elsewhere)
    assert (await papers.vat_registration(NUMBER, **LATE)).record.file_name.startswith(NUMBER.digits)


RIGHT = DbdAccount("agency", "right")


@pytest.mark.parametrize(
    ("account", "is_let_in"),
    [(RIGHT, True), (DbdAccount("agency", "wrong"), False), (None, False)],
    ids=["right", "wrong", "none"],
)
async def test_dbd_asks_for_the_agencys_account(
    clock: FrozenClock, account: DbdAccount | None, is_let_in: bool
) -> None:
    application = create_simulators(
        population=create_population(houses=1, companies=0), clock=clock.now, dbd_account=RIGHT
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application)) as http:
        session = GdxSession(base_url="http://r", credentials=DEMO_CREDENTIALS, http=http, clock=clock.now)
        papers = DbdPapersClient(session=session, clock=clock.now, account=account)
        if is_let_in:
            await papers.pdf(Paper.MEMORANDUM, NUMBER, **LATE)
            return
        with pytest.raises(RegistryRefused) as refusal:
            await papers.pdf(Paper.MEMORANDUM, NUMBER, **LATE)
    assert refusal.value.outcome is RegistryOutcome.ACCOUNT_REFUSED


async def test_an_account_refused_by_status_is_no_officers_session(clock: FrozenClock) -> None:
    async def registry(request: Request) -> Response:
        if request.url.path == "/ws/auth/validate":
            return JSONResponse({"Result": "token"})
        return Response(status_code=401, headers={"WWW-Authenticate": "Basic"})

    application = Starlette(routes=[Route("/{path:path}", registry)])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application)) as http:
        session = GdxSession(base_url="http://r", credentials=DEMO_CREDENTIALS, http=http, clock=clock.now)
        papers = DbdPapersClient(session=session, clock=clock.now, account=RIGHT)
        with pytest.raises(RegistryRefused) as refusal:
            await papers.pdf(Paper.MEMORANDUM, NUMBER, **LATE)
    assert refusal.value.outcome is RegistryOutcome.ACCOUNT_REFUSED


def test_an_account_goes_in_and_does_not_come_out() -> None:
    in_headers = DbdAccount(
        "agency", "hidden", wire=AccountWire(AccountPlacement.HEADERS, user_header="U", password_header="P")
    )
    assert in_headers.headers() == {"U": "agency", "P": "hidden"}
    for account in (RIGHT, in_headers):
        assert repr(account) == str(account) == "DbdAccount(…)"
        assert not hasattr(account, "__dict__")
        with pytest.raises(TypeError):
            pickle.dumps(account)


PDF = b"%PDF-1.7 sample"
PAPER: dict[str, Any] = {
    "FileName": f"{NUMBER.digits}-x.pdf",
    "Hashes": md5(PDF, usedforsecurity=False).hexdigest().upper(),
    "Result": urlsafe_b64encode(PDF).decode(),
    "Info": {"NumberOfPage": 1},
}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"Result": ""}, RecordNotFound),
        ({"Result": None}, RecordNotFound),
        ({"Result": "%%%"}, RegistryUnavailable),
        ({"Result": b64encode(PDF + b"!").decode()}, RegistryUnavailable),
        ({"Result": b64encode(b"<html>").decode(), "Hashes": ""}, RegistryUnavailable),
        ({"Info": "one"}, RegistryUnavailable),
        ({"FileName": f"{ABSENT.digits}-x.pdf"}, WrongPerson),
    ],
)
def test_what_is_no_document(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_pdf(PAPER | changes, expected_number=NUMBER.digits)


def test_a_document_whose_name_says_nothing_is_marked_so() -> None:
    for name in ("x.pdf", "", f"{NUMBER.digits}5.pdf"):
        assert not read_pdf(PAPER | {"FileName": name}, expected_number=NUMBER.digits).names_subject
    assert read_pdf(PAPER | {"Result": b64encode(PDF).decode().rstrip("=")}, expected_number=NUMBER.digits).pdf == PDF


def page(number: int, total: int, data: bytes = b"\xff\xd8\xff") -> dict[str, Any]:
    return {"Page": number, "Total": total, "Data": b64encode(data).decode()}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, RecordNotFound),
        ({"Contents": []}, RecordNotFound),
        ({"Contents": [page(1, 2)]}, RegistryUnavailable),
        ({"Contents": [page(1, 2), page(1, 2)]}, RegistryUnavailable),
        ({"Contents": [page(2, 2), page(3, 2)]}, RegistryUnavailable),
        ({"Contents": [page(1, 1, b"<svg>")]}, RegistryUnavailable),
        ({"Contents": [{"Page": 1, "Data": "!"}]}, RegistryUnavailable),
        ({"Contents": [page(1, 3_000)] * 3_000}, RegistryUnavailable),
        # as large as the wire can say: counting up to it would need more memory than a node has
        ({"Contents": [page(1, 999_999_999)]}, RegistryUnavailable),
    ],
)
def test_what_is_no_scan(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_scan(answer)


def test_pages_are_put_in_order_and_judged_by_their_bytes() -> None:
    kinds = (b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
    scan = read_scan({"Contents": [page(3 - place, 3, data) for place, data in enumerate(kinds)]})
    assert [one.media_type for one in scan.pages] == ["image/tiff", "image/tiff", "image/png"]


HELD: dict[str, Any] = {"ShareholderInfo": [{"JuristicName": COMPANY.name_th}], "ShareholderDetail": []}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, RecordNotFound),
        (HELD | {"ShareholderInfo": [{"JuristicName": ""}]}, RegistryUnavailable),
        (HELD | {"ShareholderInfo": [{"JuristicName": "บริษัท อื่น จำกัด"}]}, WrongPerson),
        (HELD | {"ShareholderDetail": [1]}, RegistryUnavailable),
        (HELD | {"ShareholderInfo": [{"JuristicName": COMPANY.name_th, "SumOfHold": "1.5"}]}, RegistryUnavailable),
        (HELD | {"ShareholderInfo": [{"JuristicName": COMPANY.name_th, "SumOfHold": "-1"}]}, RegistryUnavailable),
        (HELD | {"ShareholderInfo": [{"JuristicName": COMPANY.name_th, "MeetingDate": "soon"}]}, RegistryUnavailable),
    ],
)
def test_lists_of_holders_that_cannot_be_used(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_shareholders(answer, NUMBER, expected_name=COMPANY.name_th)


def test_the_companys_name_is_compared_whatever_its_spaces() -> None:
    spaced = {"ShareholderInfo": [{"JuristicName": "  " + COMPANY.name_th.replace(" ", "  ")}]}
    assert read_shareholders(spaced, NUMBER, expected_name=COMPANY.name_th).shares is None


STATEMENT = {"JuristicID": NUMBER.digits, "StatementYear": 2567}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, RegistryUnavailable),
        ({"ResultList": []}, RecordNotFound),
        ({"ResultList": [STATEMENT, STATEMENT]}, RegistryUnavailable),
        (STATEMENT | {"StatementYear": 2566}, RegistryUnavailable),
        (STATEMENT | {"NetProfit": "--1"}, RegistryUnavailable),
        (STATEMENT | {"JuristicID": ABSENT.digits}, WrongPerson),
    ],
)
def test_statements_that_cannot_be_used(answer: Mapping[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read_statement(answer, NUMBER, expected_year_be=2567)


def test_what_a_statement_leaves_out_stays_unknown_and_losses_are_below_zero() -> None:
    record = read_statement({"ResultList": [STATEMENT | {"NetProfit": "-1,234.50"}]}, NUMBER, expected_year_be=2567)
    assert record.amounts["net_profit"] == Decimal("-1234.50")
    assert record.amounts["inventory"] is None


def test_entries_and_rows_that_cannot_be_used() -> None:
    with pytest.raises(RecordNotFound):
        read_entry({"ResultList": []})
    for read in (
        lambda: read_entry({"ResultList": [{}, {}]}),
        lambda: read_found({"ResultList": [{"JuristicID": ""}]}),
        lambda: read_found({"ResultList": [{"JuristicID": "x"}]}),
    ):
        with pytest.raises(RegistryUnavailable):
            read()
    assert read_entry({"a": "b", "c": True}).texts == {"a": "b"}
    assert read_found({"ResultList": [{"JuristicID": NUMBER.digits.lstrip("0")}]})[0].juristic_id == NUMBER


def test_records_print_nothing() -> None:
    shown = repr(read_shareholders(HELD, NUMBER, expected_name=COMPANY.name_th)) + repr(
        replace(read_pdf(PAPER, expected_number=NUMBER.digits), pages=2)
    )
    assert COMPANY.name_th not in shown
    assert "PDF" not in shown
