"""What was shown is what is allowed: whatever changes between page and decision adds nothing to it."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from idp.agencies.store import update_service
from idp.authentication.model import SsoSession
from idp.authorization.requests.model import PendingRequest
from idp.consent.model import Shown
from idp.protocol.response_mode import GoTo
from tests.provider.oidc.program import PERSON, Program, query_of, shown
from tests.provider.oidc.world import SERVICE, World

pytestmark = pytest.mark.anyio

BIRTH = "dopa.person/birth_date"
ASKED = {**PERSON, "fields": ["citizen_id", "name_th", "birth_date"]}


async def asked(
    world: World, jobs: Program, details: dict[str, Any]
) -> tuple[httpx2.AsyncClient, PendingRequest, SsoSession]:
    browser = world.browser()
    await world.sign_in(browser)
    location = (await jobs.authorize(browser, await jobs.pushed_uri([details]))).headers["location"]
    pending = world.requests.open_flow(query_of(location)["flow"], str(browser.cookies["id-browser"]))
    async with world.storage.reading() as uow:
        session = await world.sessions.find(uow, browser.cookies["id-session"])
    assert session is not None
    return browser, pending, session


async def make_optional(world: World, *names: str) -> None:
    async with world.storage.unit_of_work() as uow:
        service = await world.agencies.service(uow, SERVICE)
        await update_service(uow, replace(service, optional_fields=frozenset(names)))


async def agreed(world: World) -> set[str]:
    entries = [entry for entry in await world.entries() if entry["event"] == "consent.given"]
    return {name for entry in entries for name in entry["details"]["fields"]}


async def test_what_was_optional_on_the_page_and_not_ticked_is_not_given_whatever_the_service_says_by_now(
    world: World, jobs: Program
) -> None:
    _, pending, session = await asked(world, jobs, ASKED)
    on_the_page = replace(await shown(world, pending, session), optional=frozenset({BIRTH}))
    await make_optional(world)  # by now the service says it cannot do without
    answer = await world.requests.allow(pending, session, shown=on_the_page)
    assert isinstance(answer, GoTo)
    assert await agreed(world) == {"dopa.person/citizen_id", "dopa.person/name_th"}


async def test_what_stood_there_as_needed_is_given_as_such(world: World, jobs: Program) -> None:
    _, pending, session = await asked(world, jobs, ASKED)
    on_the_page = await shown(world, pending, session)
    await make_optional(world, BIRTH)
    assert isinstance(await world.requests.allow(pending, session, shown=on_the_page), GoTo)
    assert BIRTH in await agreed(world)


async def test_who_was_shown_something_else_has_allowed_nothing(world: World, jobs: Program) -> None:
    _, pending, session = await asked(world, jobs, ASKED)
    right = await shown(world, pending, session)
    before = len(await world.entries())
    (detail,) = right.details
    for other in (
        Shown(right.hash),
        replace(right, claims=(*right.claims, "email")),
        replace(right, details=(replace(detail, fields=("name_th",)),)),
        replace(right, details=(replace(detail, uses=9),)),
        replace(right, details=(replace(detail, case="1"),)),
    ):
        assert await world.requests.allow(pending, session, shown=other) is None
    assert len(await world.entries()) == before
    # the flow is as it was: it is shown again, and allowed
    assert isinstance(await world.requests.allow(pending, session, shown=right), GoTo)


async def test_ticking_adds_only_what_was_offered(world: World, jobs: Program) -> None:
    _, pending, session = await asked(world, jobs, ASKED)
    on_the_page = replace(await shown(world, pending, session), optional=frozenset({BIRTH}))
    chosen = frozenset({"dopa.person/father_name", "dopa.address/province"})
    await world.requests.allow(pending, session, shown=on_the_page, chosen=chosen)
    assert await agreed(world) == {"dopa.person/citizen_id", "dopa.person/name_th"}
