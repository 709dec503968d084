"""The population registry through the client, against the simulated wire (facts/thai-registries, section 3.3)."""

from collections.abc import AsyncIterator
from dataclasses import replace
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
    RegistryRefused,
    RegistryUnavailable,
    WrongPerson,
)
from connectors.contracts.registry import PersonRecord, PopulationRegistry
from connectors.dopa.ikno import IknoClient, Profile
from connectors.fictitious.people import citizen_number
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.gdx.session import GdxCredentials, GdxSession
from connectors.simulators.app import create_simulators
from connectors.simulators.gdx import DEMO_CREDENTIALS
from tests.clock import FrozenClock
from tests.connectors.simulators.serving import served

pytestmark = pytest.mark.anyio

SOMCHAI = PERSONAS["somchai"].person


@pytest.fixture
async def registries(clock: FrozenClock) -> AsyncIterator[httpx2.AsyncClient]:
    application = create_simulators(population=create_population(houses=20, companies=0), clock=clock.now)
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registries") as client:
        yield client


def client_of(
    http: httpx2.AsyncClient,
    clock: FrozenClock,
    *,
    base_url: str = "http://registries",
    credentials: GdxCredentials = DEMO_CREDENTIALS,
    profile: Profile = Profile.FULL,
) -> IknoClient:
    session = GdxSession(base_url=base_url, credentials=credentials, http=http, clock=clock.now)
    return IknoClient(session=session, clock=clock.now, profile=profile)


async def somchai(client: PopulationRegistry, *, deadline_seconds: float = 5.0) -> PersonRecord:
    return (await client.person(SOMCHAI.citizen_id, deadline_seconds=deadline_seconds)).record


async def test_every_person_comes_back_as_the_registry_knows_them(
    registries: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    client = client_of(registries, clock, profile=Profile.EXTRA)
    for person in create_population(houses=20, companies=0).people.values():
        record = (await client.person(person.citizen_id, deadline_seconds=5)).record
        assert record.citizen_id == person.citizen_id
        assert (record.name_th, record.name_en) == (person.name_th, person.name_en)
        assert (record.sex, record.birth_date) == (person.sex, person.birth_date)
        assert (record.father, record.mother) == (person.father, person.mother)
        assert record.house_id == person.house_id.digits
        assert (record.domicile_type, record.domicile_date) == (person.domicile_type, person.domicile_date)
        assert record.address == person.address
        assert record.is_alive == person.is_alive
        assert record.age == person.birth_date.age_on(clock.now().date())


@pytest.mark.parametrize(
    ("profile", "service"),
    [(Profile.NORMAL, "IKNO-001-02"), (Profile.FULL, "IKNO-001-03"), (Profile.EXTRA, "IKNO-001-04")],
)
async def test_fields_not_granted_are_empty_and_the_source_is_named(
    registries: httpx2.AsyncClient, clock: FrozenClock, profile: Profile, service: str
) -> None:
    client = client_of(registries, clock, profile=profile)
    answer = await client.person(SOMCHAI.citizen_id, deadline_seconds=5)
    assert (answer.provenance.source, answer.provenance.service) == ("DOPA", service)
    assert answer.provenance.retrieved_at == clock.now()
    assert bool(answer.record.father.citizen_id) == (profile is not Profile.NORMAL)
    assert bool(answer.record.name_en.first) == (profile is Profile.EXTRA)


async def test_nobody_has_that_number(registries: httpx2.AsyncClient, clock: FrozenClock) -> None:
    with pytest.raises(RecordNotFound):
        await client_of(registries, clock).person(citizen_number(9_999_999, 2533), deadline_seconds=5)


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
    await registries.post("/_control", json={"service": "ikno", "mode": mode})
    with pytest.raises(RegistryError) as refusal:
        await somchai(client)
    assert type(refusal.value) is error
    assert not any(digit in str(refusal.value) for digit in "0123456789")
    await registries.delete("/_control")
    assert (await somchai(client)).name_th == SOMCHAI.name_th


async def test_wrong_credentials_are_refused(registries: httpx2.AsyncClient, clock: FrozenClock) -> None:
    for credentials in (
        replace(DEMO_CREDENTIALS, consumer_key="stranger"),
        replace(DEMO_CREDENTIALS, consumer_secret="guess"),
    ):
        with pytest.raises(RegistryRefused):
            await somchai(client_of(registries, clock, credentials=credentials))


async def test_idle_sessions_are_renewed_without_anybody_noticing(
    registries: httpx2.AsyncClient, clock: FrozenClock
) -> None:
    client = client_of(registries, clock)
    await somchai(client)
    clock.advance(3 * 3600)
    await somchai(client)


async def test_over_a_real_socket_the_deadline_holds_and_the_registry_comes_back(clock: FrozenClock) -> None:
    application = create_simulators(population=create_population(houses=1, companies=0), clock=clock.now)
    with served(application) as base_url:
        async with httpx2.AsyncClient() as http:
            client = client_of(http, clock, base_url=base_url)
            await http.post(f"{base_url}/_control", json={"service": "ikno", "mode": "slow", "delay_ms": 2_000})
            with pytest.raises(RegistryUnavailable, match="deadline"):
                await somchai(client, deadline_seconds=0.3)
            await http.delete(f"{base_url}/_control")
            assert (await somchai(client)).name_th == SOMCHAI.name_th


PROFILE: dict[str, Any] = {"CitizenID": SOMCHAI.citizen_id.digits, "BirthDate": "25330115", "PersonStatusID": "1"}


async def record_from(clock: FrozenClock, profile: dict[str, Any]) -> PersonRecord:
    """What the client makes of this profile."""

    async def log_in(request: Request) -> Response:
        return JSONResponse({"Result": "token"})

    async def answer(request: Request) -> Response:
        return JSONResponse(profile)

    application = Starlette(
        routes=[Route("/ws/auth/validate", log_in), Route("/ws/dopa/personal/profile/full", answer)]
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application)) as http:
        return await somchai(client_of(http, clock))


async def test_nulls_missing_fields_and_numbers_are_taken_as_they_come(clock: FrozenClock) -> None:
    record = await record_from(clock, PROFILE | {"SexID": 1, "Age": None, "Address_Moo": 7, "NameTH_Prefix": None})
    assert (record.sex, record.age, record.address.village_no) == ("1", 36, "หมู่ที่ 7")
    assert record.name_th.full() == ""
    assert record.domicile_date is None


@pytest.mark.parametrize(("moo", "expected"), [("0", ""), ("", ""), ("10", "หมู่ที่ 10"), ("หมู่ที่ 10", "หมู่ที่ 10")])
async def test_village_numbers(clock: FrozenClock, moo: str, expected: str) -> None:
    assert (await record_from(clock, PROFILE | {"Address_Moo": moo})).address.village_no == expected


@pytest.mark.parametrize("status_id", ["0", "2", "3", "", None])
async def test_only_the_living_are_alive(clock: FrozenClock, status_id: str | None) -> None:
    assert not (await record_from(clock, PROFILE | {"PersonStatusID": status_id})).is_alive


async def test_unknown_birth_days_stay_unknown(clock: FrozenClock) -> None:
    assert (await record_from(clock, PROFILE | {"BirthDate": "25330000"})).birth_date.iso() is None


@pytest.mark.parametrize(
    "changes",
    [
        {"CitizenID": None},
        {"CitizenID": ""},
        {"CitizenID": True},
        {"BirthDate": None},
        {"BirthDate": "19900115x"},
        {"DomicileDate": "31/02/2560"},
        {"Age": "old"},
        {"NameTH_FirstName": ["ก"]},
    ],
)
async def test_answers_that_cannot_be_used(clock: FrozenClock, changes: dict[str, Any]) -> None:
    with pytest.raises(RegistryUnavailable):
        await record_from(clock, PROFILE | changes)


@pytest.mark.parametrize("answered", ["1009900000020", 1009900000038, "๑๐๐๙๙๐๐๐๐๐๐๑๑", "nobody"])
async def test_an_answer_about_another_number_is_discarded(clock: FrozenClock, answered: Any) -> None:
    with pytest.raises(WrongPerson):
        await record_from(clock, PROFILE | {"CitizenID": answered, "BirthDate": "not even read"})
