"""The diary of requests at every door: a program that fails there finds the line, also where it never came in."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from starlette.routing import Route

from idp.app.client_requests import AT_THE_ISSUER
from idp.app.gateway_door import gateway_door
from idp.app.provider_door import provider_door
from idp.authorization.client_registration.request_log import client_request
from tests.attacks.house import ByHost, settings_of
from tests.portal.agency.test_diary import written
from tests.portal.auditing.house import Desk, PortalHouse
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.world import GATEWAY, ISSUER

pytestmark = pytest.mark.anyio

OPEN_TO_ALL = frozenset(
    {
        "seal_root",
        "seals",
        "start",
        "tsa_root",
        "verify",
        "verify_document",
        "verify_file",
        "verify_paper",
        "asset",
        "catalogue",
        "openapi",
        "live",
        "ready",
    }
)
"""The rows of the exchange that take no token."""


async def unproven(jobs: Program, path: str, **body: str) -> None:
    stranger = Program(jobs.world, "jobs", key=ec_key())
    await jobs.http.post(path, data=stranger.authenticated(body))


async def authorize(jobs: Program) -> None:
    await jobs.http.get("/authorize", params=jobs.request(redirect_uri="https://elsewhere.example/cb"))


async def userinfo_late(jobs: Program) -> None:
    token = (await jobs.redeem(await jobs.code())).json()["access_token"]
    jobs.world.clock.advance(3_600)
    await userinfo_with(jobs, token)


async def userinfo_with(jobs: Program, token: str) -> None:
    proof = jobs.proof(url=f"{ISSUER}/userinfo", method="GET", access_token=token)
    await jobs.http.get("/userinfo", headers={"authorization": f"DPoP {token}", "dpop": proof})


async def grant(jobs: Program, method: str) -> None:
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    await jobs.http.request(method, "/grants/g", headers={"authorization": f"Bearer {token}"})


async def registration(jobs: Program, method: str) -> None:
    await jobs.http.request(method, "/register/jobs", headers={"authorization": "Bearer x"})


async def end_session(jobs: Program) -> None:
    await jobs.http.get(
        "/end-session", params={"client_id": "jobs", "post_logout_redirect_uri": "https://elsewhere.x/"}
    )


AT: dict[str, Callable[[Program], Awaitable[None]]] = {
    "authorize": authorize,
    "par": lambda jobs: unproven(jobs, "/par", **jobs.request()),
    "token": lambda jobs: unproven(jobs, "/token", grant_type="client_credentials"),
    "revoke": lambda jobs: unproven(jobs, "/revoke", token="x"),
    "introspect": lambda jobs: unproven(jobs, "/introspect", token="x"),
    "userinfo": userinfo_late,
    "device_authorization": lambda jobs: unproven(jobs, "/device_authorization", scope="openid"),
    "backchannel_authentication": lambda jobs: unproven(jobs, "/backchannel_authentication", scope="openid"),
    "grant_status": lambda jobs: grant(jobs, "GET"),
    "grant_end": lambda jobs: grant(jobs, "DELETE"),
    "read_client": lambda jobs: registration(jobs, "GET"),
    "change_client": lambda jobs: registration(jobs, "PUT"),
    "end_client": lambda jobs: registration(jobs, "DELETE"),
    "end_session": end_session,
}
"""A mistake at each of the issuer's doors."""


async def failures(portal: PortalHouse) -> dict[str, str]:
    """The error at each endpoint, of the program `jobs`."""
    await written(portal)
    async with portal.rooms.ground.storage.reading() as uow:
        rows: list[Any] = list(await uow.all(select(client_request).where(client_request.c.client_id == "jobs")))
    return {row.endpoint: row.error for row in rows if row.error}


def test_every_door_of_the_issuer_is_in_the_table() -> None:
    assert set(AT) == AT_THE_ISSUER


async def test_a_mistake_at_each_door_of_the_issuer_is_in_the_diary(portal: PortalHouse) -> None:
    for name, mistake in AT.items():
        before = await failures(portal)
        await mistake(Program(portal.house))
        new = set(await failures(portal)) - set(before)
        assert new == {name}


async def test_a_token_of_the_exchange_at_userinfo_is_in_the_diary(portal: PortalHouse, desk: Desk) -> None:
    jobs = Program(portal.house)
    await userinfo_with(jobs, (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"])
    assert await failures(portal) == {"userinfo": "invalid_token"}
    page = await desk.get("/agency/requests?lang=en")
    assert "userinfo" in page.response.text
    assert "did not prove to be this program" in page.response.text


async def test_what_userinfo_told_is_counted(portal: PortalHouse, desk: Desk) -> None:
    jobs = Program(portal.house)
    await userinfo_with(jobs, (await jobs.redeem(await jobs.code())).json()["access_token"])
    assert await failures(portal) == {}
    page = await desk.get("/agency/requests?show=all&program=jobs&lang=en")
    assert "· userinfo</h2>" in page.response.text


async def test_a_mistake_at_each_door_of_the_exchange_is_in_the_diary(portal: PortalHouse, tmp_path: Path) -> None:
    jobs = Program(portal.house)
    tokens = (await jobs.redeem(await jobs.code([PERSON]))).json()
    await jobs.http.post("/revoke", data=jobs.authenticated({"token": tokens["refresh_token"]}))
    door = gateway_door(settings_of(tmp_path / "home"), portal.rooms)
    asked = set()
    for route in (one for one in door.routes if isinstance(one, Route) and one.name not in OPEN_TO_ALL):
        url = GATEWAY + str(route.path).replace("{", "").replace("}", "")
        for method in (route.methods or set()) - {"HEAD"}:
            headers = {
                "authorization": f"DPoP {tokens['access_token']}",
                "dpop": jobs.proof(url=url, method=method, access_token=tokens["access_token"]),
                "idempotency-key": secrets.token_hex(8),
            }
            answer = await jobs.http.request(method, url, headers=headers, json={"dataset": "dopa.person"})
            assert answer.status_code >= 400, route.name
        asked.add(route.name)
        # so many different mistakes of one program are kept in a minute
        jobs.world.clock.advance(61)
    assert len(asked) > 40
    assert asked - set(await failures(portal)) == set()


@pytest.mark.parametrize(
    ("limit", "name", "ask"),
    [
        ("pushed_requests_a_minute", "par", lambda jobs: jobs.push(jobs.request())),
        ("token_refusals_a_minute", "token", lambda jobs: unproven(jobs, "/token", grant_type="client_credentials")),
        ("program_requests_a_minute", "introspect", lambda jobs: unproven(jobs, "/introspect", token="x")),
    ],
)
async def test_too_many_requests_are_in_the_diary(
    portal: PortalHouse, desk: Desk, tmp_path: Path, limit: str, name: str, ask: Callable[[Program], Awaitable[Any]]
) -> None:
    jobs = Program(limited(portal, tmp_path, **{limit: 1}).house)
    await ask(jobs)
    await ask(jobs)
    await written(portal)
    page = await desk.get("/agency/requests?lang=en")
    (line,) = (row for row in page.rows("data-cause") if row["data-error"] == "WEB-08")
    assert line["data-cause"] == "too_many"
    assert f"· {name}</h2>" in page.response.text
    assert "Retry-After" in page.response.text


async def endless() -> AsyncIterator[bytes]:
    for _ in range(64):
        yield b"x" * 65_536


async def test_a_limit_is_the_answer_whatever_the_body(portal: PortalHouse, tmp_path: Path) -> None:
    jobs = Program(limited(portal, tmp_path, program_requests_a_minute=1).house)
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    await unproven(jobs, "/introspect", token="x")
    for url in (f"{ISSUER}/introspect", f"{GATEWAY}/agency/clients"):
        headers = {"authorization": f"Bearer {token}", "content-type": "application/x-www-form-urlencoded"}
        answers = [await jobs.http.post(url, headers=headers, content=endless()) for _ in range(2)]
        assert answers[-1].status_code == 429, url


async def test_who_signs_people_out_by_a_form_has_a_line(portal: PortalHouse) -> None:
    jobs = Program(portal.house)
    id_token = (await jobs.redeem(await jobs.code())).json()["id_token"]
    said = {"id_token_hint": id_token, "post_logout_redirect_uri": "https://elsewhere.example/"}
    await jobs.http.post("/end-session", data=said)
    assert set(await failures(portal)) == {"end_session"}


async def test_too_many_requests_at_the_exchange_are_in_the_diary(portal: PortalHouse, tmp_path: Path) -> None:
    jobs = Program(limited(portal, tmp_path, program_requests_a_minute=1).house)
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    for _ in range(2):
        await jobs.http.get(f"{GATEWAY}/agency", headers={"authorization": f"Bearer {token}"})
    async with portal.rooms.ground.storage.reading() as uow:
        assert not await uow.all(select(client_request))
    await written(portal)
    async with portal.rooms.ground.storage.reading() as uow:
        rows: list[Any] = list(await uow.all(select(client_request).where(client_request.c.endpoint == "agency")))
    assert [row.reason for row in rows if row.error == "WEB-08"] == ["too many requests: agency-of-address"]


def limited(portal: PortalHouse, tmp_path: Path, **limits: int) -> PortalHouse:
    """The same rooms, their doors with these limits."""
    settings = settings_of(tmp_path / "home").model_copy(update=limits)
    doors = {
        "id.localhost": provider_door(settings, portal.rooms),
        "data.localhost": gateway_door(settings, portal.rooms),
    }
    transport = httpx2.ASGITransport(app=ByHost(doors), raise_app_exceptions=False)
    return replace(portal, house=portal.house.at(transport))
