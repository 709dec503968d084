"""The simulators speak the registries' wire: field names, codes and statuses as in facts/thai-registries, 3 and 4."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from defusedxml.ElementTree import fromstring
from starlette.types import ASGIApp

from connectors.fictitious.companies import LIMITED_COMPANY, juristic_number
from connectors.fictitious.people import citizen_number
from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.authority.routes import Authority
from connectors.simulators.gdx import DEMO_CREDENTIALS
from tests.clock import FrozenClock
from tests.connectors.simulators.serving import served
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

SOAP_PATH = "/CheckCardStatus/CheckCardService.asmx"
CONSUMER = {"Consumer-Key": DEMO_CREDENTIALS.consumer_key}
SOMCHAI = PERSONAS["somchai"]
ABSENT_CITIZEN = citizen_number(9_999_999, 2533).digits
ABSENT_COMPANY = juristic_number(99_999, juristic_type=LIMITED_COMPANY, year_be=2560).digits


@pytest.fixture
def application(clock: FrozenClock) -> ASGIApp:
    return create_simulators(population=create_population(houses=2, companies=2), clock=clock.now)


@pytest.fixture
async def http(application: ASGIApp) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=application)
    async with httpx2.AsyncClient(transport=transport, base_url="http://registries") as client:
        yield client


async def log_in(http: httpx2.AsyncClient, **changes: str) -> httpx2.Response:
    parameters = {"ConsumerSecret": DEMO_CREDENTIALS.consumer_secret, "AgentID": "system"} | changes
    return await http.get("/ws/auth/validate", params=parameters, headers=CONSUMER)


async def session(http: httpx2.AsyncClient) -> dict[str, str]:
    return CONSUMER | {"Token": (await log_in(http)).json()["Result"]}


def soap(operation: str, **parameters: str) -> str:
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in parameters.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<soap:Body><{operation} xmlns="http://tempuri.org/">{fields}</{operation}></soap:Body></soap:Envelope>'
    )


async def call(http: httpx2.AsyncClient, operation: str, **parameters: str) -> dict[str, str | None]:
    answer = await http.post(
        SOAP_PATH,
        content=soap(operation, **parameters),
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"http://tempuri.org/{operation}"'},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    result = fromstring(answer.content).find(f".//{{http://tempuri.org/}}{operation}Result")
    return {field.tag.rpartition("}")[2]: field.text for field in result}


def by_laser(key: str, **changes: str) -> dict[str, str]:
    data = PERSONAS[key].card.data
    assert data.laser_code is not None
    return {
        "PID": data.citizen_id.digits,
        "FirstName": data.name_th.first,
        "LastName": data.name_th.last,
        "BirthDay": data.birth_date.to_be_text(),
        "Laser": data.laser_code.text,
    } | changes


def by_chip(key: str, **changes: str) -> dict[str, str]:
    data = PERSONAS[key].card.data
    return {"ChipNo": data.chip_no, "pid": data.citizen_id.digits, "bp1no": data.request_no} | changes


@pytest.mark.parametrize(
    ("key", "code"),
    [("somchai", "0"), ("one_name", "0"), ("expired", "0"), ("lost_card", "2"), ("mismatch", "4")],
)
async def test_card_status_by_chip_and_by_laser(http: httpx2.AsyncClient, key: str, code: str) -> None:
    for answer in (
        await call(http, "CheckCardByCID", **by_chip(key)),
        await call(http, "CheckCardByLaser", **by_laser(key)),
    ):
        assert answer.keys() == {"IsError", "ErrorMessage", "Code", "Desc"}
        assert answer["IsError"] == "false"
        assert answer["Code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Laser": "JT0000000000"}, "4"),
        ({"FirstName": "สมหญิง"}, "4"),
        ({"BirthDay": "25330116"}, "4"),
        ({"PID": ABSENT_CITIZEN}, "4"),
        ({"PID": "1"}, "4"),
        ({"Laser": ""}, "5"),
        ({"BirthDay": ""}, "5"),
    ],
)
async def test_card_status_by_laser_notices(http: httpx2.AsyncClient, changes: dict[str, str], code: str) -> None:
    assert (await call(http, "CheckCardByLaser", **by_laser("somchai", **changes)))["Code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"ChipNo": "0" * 16}, "4"), ({"bp1no": "0" * 12}, "4"), ({"ChipNo": ""}, "5"), ({"bp1no": "12/3"}, "5")],
)
async def test_card_status_by_chip_notices(http: httpx2.AsyncClient, changes: dict[str, str], code: str) -> None:
    assert (await call(http, "CheckCardByCID", **by_chip("somchai", **changes)))["Code"] == code


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ("not xml", "CheckCardByCID"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "CheckCardByCID"),
        ("<x/>", "CheckCardByCID"),
        (soap("CheckCardByCID"), "CheckCardByLaser"),
        (soap("DropCards"), "DropCards"),
        (soap("CheckCardByCID", ChipNo="0" * 70_000), "CheckCardByCID"),
    ],
    ids=["text", "entities", "no envelope", "other action", "no operation", "too large"],
)
async def test_what_is_no_soap_call_gets_a_fault(http: httpx2.AsyncClient, body: str, action: str) -> None:
    answer = await http.post(SOAP_PATH, content=body, headers={"SOAPAction": f'"http://tempuri.org/{action}"'})
    assert answer.status_code == 500
    assert b"faultstring" in answer.content


async def test_log_in_refusals(http: httpx2.AsyncClient) -> None:
    unknown = await http.get("/ws/auth/validate", params={"ConsumerSecret": "x", "AgentID": "y"})
    assert (unknown.status_code, unknown.json()["Message"]) == (403, "ForbiddenException: consumer not found")
    assert (await log_in(http, ConsumerSecret="wrong")).json()["Message"].startswith("[90007]")
    assert (await log_in(http, AgentID="")).status_code == 400


async def test_a_token_dies_of_idleness(http: httpx2.AsyncClient, clock: FrozenClock) -> None:
    headers = await session(http)
    path, parameters = "/ws/dopa/personal/profile/simple", {"CitizenID": SOMCHAI.person.citizen_id.digits}
    for _ in range(3):
        clock.advance(59 * 60)
        assert (await http.get(path, params=parameters, headers=headers)).status_code == 200
    clock.advance(60 * 60)
    answer = await http.get(path, params=parameters, headers=headers)
    assert (answer.status_code, answer.json()["Message"]) == (401, "UnauthorizedException: token not found")


@pytest.mark.parametrize(
    ("level", "granted", "withheld"),
    [
        ("simple", "NameTH_FirstName", "Address_Tumbol"),
        ("normal", "Address_Tumbol", "Father_CitizenID"),
        ("full", "Father_CitizenID", "NameEN_FirstName"),
        ("extra", "NameEN_FirstName", None),
    ],
)
async def test_profiles_give_what_they_grant(
    http: httpx2.AsyncClient, level: str, granted: str, withheld: str | None
) -> None:
    answer = await http.get(
        f"/ws/dopa/personal/profile/{level}",
        params={"CitizenID": SOMCHAI.person.citizen_id.digits},
        headers=await session(http),
    )
    profile: dict[str, Any] = answer.json()
    assert profile["CitizenID"] == SOMCHAI.person.citizen_id.digits
    assert len(profile) == 41
    assert profile[granted]
    assert withheld is None or profile[withheld] is None


@pytest.mark.parametrize(
    ("path", "parameters", "status", "message"),
    [
        ("/ws/dopa/personal/profile/full", {"CitizenID": ABSENT_CITIZEN}, 204, None),
        ("/ws/dopa/personal/profile/full", {"CitizenID": "1009900000012"}, 400, "[90011]"),
        ("/ws/dopa/personal/profile/full", {}, 400, "[00410]"),
        ("/ws/dopa/personal/change/name", {"CitizenID": ABSENT_CITIZEN}, 204, None),
        ("/ws/dopa/personal/change/name", {"CitizenID": SOMCHAI.person.citizen_id.digits}, 500, "[99702]"),
        ("/ws/dbd/juristic/v4/profile/information", {"JuristicID": ABSENT_COMPANY}, 204, None),
        ("/ws/dbd/juristic/v4/profile/information", {"JuristicID": "1"}, 400, "[90011]"),
    ],
    ids=["person", "wrong number", "no number", "changes", "no change", "company", "wrong company number"],
)
async def test_answers_without_a_record(
    http: httpx2.AsyncClient, path: str, parameters: dict[str, str], status: int, message: str | None
) -> None:
    answer = await http.get(path, params=parameters, headers=await session(http))
    assert answer.status_code == status
    assert (answer.json()["Message"].startswith(message)) if message else answer.content == b""


async def test_name_changes(http: httpx2.AsyncClient) -> None:
    number = PERSONAS["mismatch"].person.citizen_id.digits
    answer = await http.get("/ws/dopa/personal/change/name", params={"CitizenID": number}, headers=await session(http))
    body = answer.json()
    assert body["Count"] == 1
    assert body["Change"][0].keys() == {
        "ChangeDate", "Place", "TypeID", "TypeName", "TypeGroup", "DataOld", "DataNew",
    }  # fmt: skip


async def test_company_information_has_the_wire_names(http: httpx2.AsyncClient) -> None:
    answer = await http.get(
        "/ws/dbd/juristic/v4/profile/information",
        params={"JuristicID": COMPANY_PERSONAS["thongdee"].juristic_id.digits},
        headers=await session(http),
    )
    information = answer.json()["ResultList"][0]
    assert information.keys() == {
        "JuristicType", "JuristicID", "OldJuristicID", "RegisterDate", "JuristicName_TH", "JuristicName_EN",
        "RegisterCapital", "PaidRegisterCapital", "NumberOfObjective", "NumberOfPageOfObjective", "JuristicStatus",
        "StandardID", "CommitteeInformations", "AuthorizeDescriptions", "StandardObjectives", "AddressInformations",
    }  # fmt: skip
    assert information["CommitteeInformations"][0].keys() == {"Sequence", "Title", "FirstName", "LastName", "Type"}
    assert information["AddressInformations"][0]["Ampur"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ('{"service":"ikno","mode":"down"}', "application/json", 204),
        ('{"service":"ikno","mode":"slow","delay_ms":10}', "application/json", 204),
        ('{"service":"ikno","mode":"down"}', "text/plain", 415),
        ('{"service":"card_status","mode":"quota"}', "application/json", 400),
        ('{"service":"tsa","mode":"wrong_person"}', "application/json", 400),
        ('{"service":"nobody","mode":"down"}', "application/json", 400),
        ('{"service":"ikno","mode":"slow","delay_ms":-1}', "application/json", 400),
        ('{"service":"ikno","mode":"down","more":1}', "application/json", 400),
        ("{", "application/json", 400),
    ],
    ids=["down", "slow", "form", "no quota", "no person", "no service", "negative", "unknown field", "no json"],
)
async def test_control(http: httpx2.AsyncClient, body: str, content_type: str, status: int) -> None:
    answer = await http.post("/_control", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status


async def test_control_is_for_this_machine_only(application: ASGIApp) -> None:
    elsewhere = httpx2.ASGITransport(app=application, client=("192.0.2.7", 5000))
    async with httpx2.AsyncClient(transport=elsewhere, base_url="http://registries") as client:
        assert (await client.post("/_control", json={"service": "ikno", "mode": "down"})).status_code == 404
        assert (await client.delete("/_control")).status_code == 404


async def test_time_stamps_can_be_switched_off_and_on(clock: FrozenClock, tmp_path: Path) -> None:
    application = create_simulators(
        population=create_population(houses=1, companies=0),
        clock=clock.now,
        authority=Authority(tmp_path / "authority", clock=clock.now),
    )
    with served(application) as base_url:
        async with httpx2.AsyncClient(base_url=base_url, timeout=PATIENCE_SECONDS) as client:
            assert (await client.get("/tsa/root.pem")).text.startswith("-----BEGIN CERTIFICATE-----")
            assert (await client.post("/tsa", content=b"")).status_code != 503
            await client.post("/_control", json={"service": "tsa", "mode": "down"})
            assert (await client.post("/tsa", content=b"")).status_code == 503
            assert (await client.delete("/_control")).status_code == 204
            assert (await client.post("/tsa", content=b"")).status_code != 503
