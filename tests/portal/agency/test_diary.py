"""The diary of requests: mistakes that programs make, each shown with its root cause, and what it never shows."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update

from idp.agencies.model import Role
from idp.agencies.store import agreement
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.request_log import (
    KEPT_FOR,
    MOST_AT_ONCE,
    MOST_OF_A_CLIENT,
    Outcome,
    RequestLog,
    client_request,
    forget_old_requests,
)
from idp.kernel.ids import ClientId
from idp.portal.agency.causes import causes
from tests.portal.auditing.house import Desk, PortalHouse
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.world import GATEWAY

pytestmark = pytest.mark.anyio

PAGE = "/agency/requests"


async def written(portal: PortalHouse) -> None:
    await portal.rooms.ground.request_log.write(portal.rooms.ground.storage)


async def pull(jobs: Program, token: str) -> httpx2.Response:
    headers = {
        "authorization": f"DPoP {token}",
        "dpop": jobs.proof(url=f"{GATEWAY}/pulls", access_token=token),
        "idempotency-key": secrets.token_hex(8),
    }
    return await jobs.http.post(f"{GATEWAY}/pulls", headers=headers, json={"dataset": "dopa.person"})


async def wrong_redirect_uri(jobs: Program) -> None:
    await jobs.push(jobs.request(redirect_uri="https://elsewhere.example/cb"))


async def wrong_redirect_uri_in_a_browser(jobs: Program) -> None:
    await jobs.world.browser().get("/authorize", params=jobs.request(redirect_uri="https://elsewhere.example/cb"))


async def wrong_verifier(jobs: Program) -> None:
    await jobs.redeem(await jobs.code(), code_verifier="w" * 43)


async def wrong_audience(jobs: Program) -> None:
    await jobs.push(jobs.request(), audience="https://elsewhere.example")


async def slow_clock(jobs: Program) -> None:
    jobs.world.clock.advance(-900)
    body = jobs.authenticated(jobs.request())
    jobs.world.clock.advance(900)
    await jobs.http.post("/par", data=body)


async def unknown_key(jobs: Program) -> None:
    stranger = Program(jobs.world, "jobs", key=ec_key())
    await jobs.push(jobs.request(), key=stranger.key)


async def no_nonce(jobs: Program) -> None:
    async with jobs.world.storage.unit_of_work() as uow:
        present = await jobs.world.clients.get(uow, ClientId("jobs"))
        assert present is not None
        await jobs.world.clients.replace(uow, replace(present, dpop_nonce_required=True), by=SYSTEM)
    jobs.world.clock.advance(10)
    await jobs.token({"grant_type": "client_credentials", "scope": "events"})


async def unknown_scope(jobs: Program) -> None:
    await jobs.push(jobs.request(scope="openid agency.manage"))


async def no_right(jobs: Program) -> None:
    await jobs.push(jobs.request([{**PERSON, "dataset": "dopa.house", "fields": ["house_id"]}]))


async def ended_right(jobs: Program) -> None:
    now = jobs.world.clock.now()
    async with jobs.world.storage.unit_of_work() as uow:
        ended = update(agreement).where(agreement.c.dataset == "dopa.person")
        await uow.execute(ended.values(valid_until=now - timedelta(hours=1), version=agreement.c.version + 1))
    await jobs.push(jobs.request([PERSON]))


async def wrong_purpose(jobs: Program) -> None:
    await jobs.push(jobs.request([{**PERSON, "purpose": "a-service-of-nobody"}]))


async def too_many_fields(jobs: Program) -> None:
    await jobs.push(jobs.request([{**PERSON, "fields": ["citizen_id", "sex"]}]))


async def revoked_token(jobs: Program) -> None:
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()
    await jobs.http.post("/revoke", data=jobs.authenticated({"token": token["refresh_token"]}))
    await pull(jobs, token["access_token"])


MISTAKES: tuple[tuple[Callable[[Program], Awaitable[None]], str], ...] = (
    (wrong_redirect_uri, "redirect_uri"),
    (wrong_redirect_uri_in_a_browser, "redirect_uri_page"),
    (wrong_verifier, "pkce"),
    (wrong_audience, "audience"),
    (slow_clock, "clock"),
    (unknown_key, "key"),
    (unknown_scope, "scope"),
    (no_right, "right"),
    (wrong_purpose, "purpose_of_program"),
    (too_many_fields, "right_fields"),
    (revoked_token, "token"),
    (ended_right, "right"),
    (no_nonce, "dpop_nonce"),
)


async def test_each_mistake_is_shown_with_its_cause(portal: PortalHouse, desk: Desk) -> None:
    for mistake, cause in MISTAKES:
        portal.house.clock.advance(61)
        await mistake(Program(portal.house))
        await written(portal)
        page = await desk.get(PAGE)
        # the newest line is on top
        assert next(page.rows("data-cause"))["data-cause"] == cause, mistake.__name__
        wanted = next(one for one in causes() if one.key == cause)
        assert wanted.text_th in page.response.text
        assert wanted.next_en in unescape((await desk.get(f"{PAGE}?lang=en")).response.text)
        if cause == "right":
            ended = "ended" if mistake is ended_right else "none"
            assert next(page.rows("data-right"))["data-right"] == ended
        await desk.get("/agency?lang=th")


@pytest.mark.parametrize(
    ("mistake", "is_proven"),
    [
        (wrong_redirect_uri, True),
        (wrong_redirect_uri_in_a_browser, False),
        (unknown_key, False),
        (revoked_token, False),
    ],
)
async def test_what_anybody_may_have_sent_is_told_apart(
    portal: PortalHouse, desk: Desk, mistake: Callable[[Program], Awaitable[None]], is_proven: bool
) -> None:
    await mistake(Program(portal.house))
    await written(portal)
    page = await desk.get(f"{PAGE}?lang=en")
    assert len(list(page.rows("data-error"))) == 1
    assert ("did not prove to be this program" in page.response.text) is not is_proven


async def test_all_that_went_well_is_counted_and_shown_when_asked_for(portal: PortalHouse, desk: Desk) -> None:
    jobs = Program(portal.house)
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    # there is no registry in this house: that is said with the code's own words
    assert (await pull(jobs, token)).status_code == 503
    await written(portal)
    assert [row["data-error"] for row in (await desk.get(PAGE)).rows("data-error")] == ["EXC-07"]
    page = await desk.get(f"{PAGE}?show=all&program=jobs")
    assert sorted(row["data-error"] for row in page.rows("data-error")) == ["", "", "EXC-07"]
    for endpoint in ("par", "token", "pull"):
        assert f"· {endpoint}</h2>" in page.response.text, endpoint


async def test_nothing_that_was_sent_and_nobody_stands_in_it(portal: PortalHouse, desk: Desk) -> None:
    jobs = Program(portal.house)
    code = await jobs.code([PERSON])
    token = (await jobs.redeem(code)).json()
    await jobs.redeem(code)
    await pull(jobs, token["access_token"])
    await jobs.push(jobs.request([{**PERSON, "dataset": "1234567890121"}], state="state-of-the-person"))
    await written(portal)
    page = (await desk.get(f"{PAGE}?show=all")).response.text
    async with portal.rooms.ground.storage.reading() as uow:
        kept = " ".join(str(row) for row in await uow.all(select(client_request)))
    citizen = portal.house.sown.subscriber_id
    for secret in (code, token["access_token"], token["refresh_token"], "state-of-the-person", citizen):
        assert secret not in page
        assert secret not in kept
    assert "1234567890121" not in kept


async def test_another_agency_sees_nothing_of_it(portal: PortalHouse) -> None:
    await wrong_audience(Program(portal.house))
    await written(portal)
    other = await portal.signed_in(await portal.hire("elsewhere", Role.AGENCY_ADMIN))
    assert not list((await other.get(f"{PAGE}?show=all")).rows("data-error"))
    assert (await other.get(f"{PAGE}?program=jobs")).error_code == "PRG-01"


async def test_made_up_programs_and_names_are_not_kept(portal: PortalHouse) -> None:
    http = portal.house.browser()
    for name in ("nobody", "x" * 400, "<script>", "a\x00b"):
        await http.post("/token", data={"client_id": name, "grant_type": "client_credentials"})
    await http.get("/authorize", params={"client_id": "nobody"})
    await written(portal)
    async with portal.rooms.ground.storage.reading() as uow:
        assert not await uow.all(select(client_request))


async def test_nobody_fills_it(portal: PortalHouse) -> None:
    log, storage = portal.rooms.ground.request_log, portal.rooms.ground.storage
    for number in range(3 * MOST_AT_ONCE):
        log.note("jobs", Outcome("token", "invalid_client", f"reason {number}"), correlation_id="c")
        log.note(f"made-up-{number}", Outcome("token"), correlation_id="c")
    await log.write(storage)
    log.note("jobs", Outcome("token", "invalid_client", "one more"), correlation_id="c")
    await log.write(storage)
    async with storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(client_request))
    assert row is not None
    assert row[0] == MOST_OF_A_CLIENT


async def test_two_nodes_count_together_and_a_week_is_enough(portal: PortalHouse, desk: Desk) -> None:
    storage, clock = portal.rooms.ground.storage, portal.house.clock
    nodes = [RequestLog(clock=clock), RequestLog(clock=clock)]
    for node in nodes:
        for _ in range(3):
            node.note("jobs", Outcome("token", "invalid_grant", "the code was used before"), correlation_id="c1")
        await node.write(storage)
        await node.write(storage)
    page = await desk.get(f"{PAGE}?lang=en")
    assert "6 times" in page.response.text
    clock.advance(int(KEPT_FOR.total_seconds()))
    async with storage.unit_of_work() as uow:
        assert await forget_old_requests(uow) == 1


async def test_a_request_costs_no_write(portal: PortalHouse) -> None:
    """What is counted stays in memory until the process writes it: a request with it writes what one without does."""
    jobs = Program(portal.house)
    await asyncio.gather(*(jobs.push(jobs.request(), jti=secrets.token_hex(8)) for _ in range(5)))
    async with portal.rooms.ground.storage.reading() as uow:
        assert not await uow.all(select(client_request))
    await written(portal)
    async with portal.rooms.ground.storage.reading() as uow:
        rows: list[Any] = list(await uow.all(select(client_request.c.endpoint, client_request.c.times)))
    assert [tuple(row) for row in rows] == [("par", 5)]
