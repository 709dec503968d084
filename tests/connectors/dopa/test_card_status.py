"""Card status through the client: four answers, and nothing else passes (facts/thai-registries, section 3.1)."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.identifiers import LaserCode
from connectors.contracts.registry import CardStatus, CardStatusAnswer, CardStatusPort
from connectors.contracts.thai_dates import PartialDate
from connectors.dopa.card_status import CardStatusClient
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from tests.clock import FrozenClock
from tests.connectors.gdx.lines import answering, dripping, saying
from tests.connectors.simulators.serving import served

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient() as client:
        yield client


@pytest.fixture
async def registries(clock: FrozenClock) -> AsyncIterator[httpx2.AsyncClient]:
    application = create_simulators(population=create_population(houses=1, companies=0), clock=clock.now)
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registries") as client:
        yield client


@pytest.fixture
def client(registries: httpx2.AsyncClient, clock: FrozenClock) -> CardStatusClient:
    return CardStatusClient(base_url="http://registries/", http=registries, clock=clock.now)


async def by_chip(client: CardStatusPort, key: str, *, suffix: str = "") -> CardStatusAnswer:
    data = PERSONAS[key].card.data
    return await client.check_by_chip(
        citizen_id=data.citizen_id, chip_no=data.chip_no, request_no=data.request_no + suffix
    )


async def by_laser(client: CardStatusPort, key: str) -> CardStatusAnswer:
    data = PERSONAS[key].card.data
    assert data.laser_code is not None
    return await client.check_by_laser(
        citizen_id=data.citizen_id, name=data.name_th, birth_date=data.birth_date, laser_code=data.laser_code
    )


@pytest.mark.parametrize(
    ("key", "status_by_chip", "status_by_laser"),
    [
        ("somchai", CardStatus.NORMAL, CardStatus.NORMAL),
        ("one_name", CardStatus.NORMAL, CardStatus.NORMAL),
        ("lost_card", CardStatus.CANCELLED, CardStatus.CANCELLED),
        # an older card: its chip is not that of the card in force, and its code is known to nobody any more
        ("mismatch", CardStatus.MISMATCH, CardStatus.NOT_FOUND),
    ],
)
async def test_both_ways_say_how_the_card_is(
    client: CardStatusClient, clock: FrozenClock, key: str, status_by_chip: CardStatus, status_by_laser: CardStatus
) -> None:
    asked = ((await by_chip(client, key), status_by_chip), (await by_laser(client, key), status_by_laser))
    for answer, status in asked:
        assert answer.status is status
        assert answer.checked_at == clock.now()
        assert answer.wire_code
        assert answer.wire_text
        assert answer.source.startswith("DOPA CheckCardBy")


async def test_the_request_number_may_come_as_the_card_has_it(client: CardStatusClient) -> None:
    assert (await by_chip(client, "somchai", suffix="/1234567")).status is CardStatus.NORMAL


async def test_incomplete_data(client: CardStatusClient) -> None:
    data = PERSONAS["somchai"].card.data
    answer = await client.check_by_chip(citizen_id=data.citizen_id, chip_no="", request_no=data.request_no)
    assert answer.status is CardStatus.INCOMPLETE


async def test_another_laser_code_is_not_found_and_another_birth_day_a_mismatch(client: CardStatusClient) -> None:
    data = PERSONAS["somchai"].card.data
    other = replace(data, laser_code=LaserCode("JT0000000000"), birth_date=PartialDate(2533, 1, None))
    assert data.laser_code is not None
    assert other.laser_code is not None
    for laser_code, birth_date, status in (
        (other.laser_code, data.birth_date, CardStatus.NOT_FOUND),
        (data.laser_code, other.birth_date, CardStatus.MISMATCH),
    ):
        answer = await client.check_by_laser(
            citizen_id=data.citizen_id, name=data.name_th, birth_date=birth_date, laser_code=laser_code
        )
        assert answer.status is status


@pytest.mark.parametrize("mode", ["down", "garbage"])
async def test_a_service_that_gives_no_answer_is_unavailable(
    client: CardStatusClient, registries: httpx2.AsyncClient, mode: str
) -> None:
    await registries.post("/_control", json={"service": "card_status", "mode": mode})
    with pytest.raises(RegistryUnavailable):
        await by_chip(client, "somchai")
    await registries.delete("/_control")
    assert (await by_chip(client, "somchai")).status is CardStatus.NORMAL


async def test_over_a_real_socket_slow_is_unavailable_and_works_again(
    http: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    application = create_simulators(population=create_population(houses=1, companies=0), clock=clock.now)
    with served(application) as base_url:
        client = CardStatusClient(base_url=base_url, http=http, clock=clock.now, deadline_seconds=0.3)
        await http.post(f"{base_url}/_control", json={"service": "card_status", "mode": "slow", "delay_ms": 2_000})
        with pytest.raises(RegistryUnavailable, match="deadline"):
            await by_chip(client, "somchai")
        await http.delete(f"{base_url}/_control")
        assert (await by_chip(client, "somchai")).status is CardStatus.NORMAL


def soap(result: str) -> bytes:
    body = (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        '<soap:Body><CheckCardByCIDResponse xmlns="http://tempuri.org/">'
        f"<CheckCardByCIDResult>{result}</CheckCardByCIDResult></CheckCardByCIDResponse></soap:Body></soap:Envelope>"
    ).encode()
    return with_status(200, body)


def with_status(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


NORMAL = "<IsError>false</IsError><ErrorMessage/><Code>0</Code><Desc>x</Desc>"


@pytest.mark.parametrize(
    "raw",
    [
        soap(NORMAL.replace("<Code>0", "<Code>1")),
        soap(NORMAL.replace("<Code>0", "<Code>3")),
        soap(NORMAL.replace("<Code>0", "<Code>00")),
        soap(NORMAL.replace("<Code>0</Code>", "")),
        soap(NORMAL.replace("false", "true")),
        soap(NORMAL.replace("<IsError>false</IsError>", "")),
        soap(""),
        with_status(500, soap(NORMAL).partition(b"\r\n\r\n")[2]),
        with_status(200, b"<html><body>Service Unavailable</body></html>"),
        with_status(200, soap(NORMAL).partition(b"\r\n\r\n")[2][:-20]),
        with_status(200, b'<!DOCTYPE x [<!ENTITY a "0">]>' + soap(NORMAL).partition(b"\r\n\r\n")[2][38:]),
        with_status(200, soap(NORMAL).partition(b"\r\n\r\n")[2].replace(b"CheckCardByCIDR", b"CheckCardByLaserR")),
        with_status(200, b""),
    ],
    ids=[
        "code 1", "code 3", "code 00", "no code", "error", "no flag", "no fields", "500", "page", "cut", "doctype",
        "other operation", "empty",
    ],
)  # fmt: skip
async def test_whatever_is_not_a_documented_answer_never_passes(
    http: httpx2.AsyncClient, clock: FrozenClock, raw: bytes
) -> None:
    async with answering(saying(raw)) as server:
        client = CardStatusClient(base_url=server.base_url, http=http, clock=clock.now, deadline_seconds=2)
        with pytest.raises(RegistryUnavailable):
            await by_chip(client, "somchai")


async def test_the_same_answer_undamaged_passes(http: httpx2.AsyncClient, clock: FrozenClock) -> None:
    async with answering(saying(soap(NORMAL))) as server:
        client = CardStatusClient(base_url=server.base_url, http=http, clock=clock.now, deadline_seconds=2)
        assert (await by_chip(client, "somchai")).status is CardStatus.NORMAL


async def test_a_dripping_answer_meets_the_deadline(http: httpx2.AsyncClient, clock: FrozenClock) -> None:
    async with answering(dripping) as server:
        client = CardStatusClient(base_url=server.base_url, http=http, clock=clock.now, deadline_seconds=0.2)
        with pytest.raises(RegistryUnavailable, match="deadline"):
            await by_chip(client, "somchai")
