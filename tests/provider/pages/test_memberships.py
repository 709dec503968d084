"""My account: an invitation to work for an agency, by plain forms, and in a real browser."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from idp.agencies.model import Role, Standing
from idp.agencies.seats.model import Seat
from idp.agencies.store import find_all_agencies
from idp.audit.model import SYSTEM
from idp.authentication.rules import FRESH_FOR
from idp.kernel.ids import AgencyId, SubscriberId
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.provider.pages.browser import free_port, launched, serving, violations, with_authenticator
from tests.provider.pages.house import Fields, House, Visitor, open_house

pytestmark = pytest.mark.anyio
INVITATION = "/account/invitation"
SCREENS = os.environ.get("MEMBERSHIP_SCREENS")


async def invited(house: House, **changes: Any) -> str:
    """The code of an invitation to a place of the agency of the house."""
    async with house.storage.unit_of_work() as uow:
        (agency, *_) = [one for one in await find_all_agencies(uow) if one.status is Standing.ACTIVE]
        seat = Seat(AgencyId(agency.id), "", Role.LOOKUP_OFFICER, "เจ้าหน้าที่บริการ", "Service officer", 1, 90)
        await house.seats.put(uow, seat, by=SYSTEM)
        invited = await house.seats.invite(uow, agency.id, site="", role=Role.LOOKUP_OFFICER, by=SYSTEM, **changes)
    return invited.code


async def submit(visitor: Visitor, page: str, action: str, **fields: str) -> Any:
    shown = await visitor.http.get(page)
    assert shown.status_code == 200, shown.text
    hidden = {name: value for name, value in Fields(shown.text).hidden.items() if name == "csrf"}
    return await visitor.http.post(action, data={**hidden, **fields})


async def test_it_is_seen_accepted_and_laid_down(house: House, citizen: Visitor) -> None:
    code = await invited(house)
    offered = await submit(citizen, INVITATION, INVITATION, code=code)
    assert (offered.status_code, 'id="accept"' in offered.text) == (200, True)
    assert "เจ้าหน้าที่บริการ" in offered.text
    assert 'id="no_membership"' in (await citizen.http.get("/account/memberships")).text
    hidden = Fields(offered.text).hidden
    accepted = await citizen.http.post(f"{INVITATION}/accept", data=hidden)
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/account/memberships")
    again = await citizen.http.post(f"{INVITATION}/accept", data=hidden)
    assert (again.status_code, "SEA-04" in again.text) == (410, True)
    page = await citizen.http.get("/account/memberships")
    (member_id,) = Fields(page.text).data["data-member"]
    left = await citizen.http.post(f"/account/memberships/{member_id}/leave", data=Fields(page.text).hidden)
    assert left.headers["location"] == "/account/memberships"
    assert 'id="no_membership"' in (await citizen.http.get("/account/memberships")).text


@pytest.mark.parametrize("code", ["", "x", "x" * 500, "\u202e", "../../etc/passwd"])
async def test_a_code_that_is_none_has_a_way_on(house: House, citizen: Visitor, code: str) -> None:
    for action in (INVITATION, f"{INVITATION}/accept"):
        answer = await submit(citizen, INVITATION, action, code=code)
        assert answer.status_code == 410
        assert "SEA-04" in answer.text
        assert 'id="invitation_form"' in answer.text


async def test_nobody_accepts_without_a_fresh_sign_in_or_by_a_form_of_elsewhere(house: House, citizen: Visitor) -> None:
    code = await invited(house)
    stranger = house.visitor()
    for path in (INVITATION, "/account/memberships"):
        answer = await stranger.http.get(path)
        assert (answer.status_code, answer.headers["location"].startswith("/sign-in")) == (303, True)
    forged = await citizen.http.post(f"{INVITATION}/accept", data={"code": code, "csrf": "x"})
    assert forged.status_code == 403
    await stranger.http.aclose()
    page = await submit(citizen, INVITATION, INVITATION, code=code)
    house.clock.advance(FRESH_FOR.total_seconds() + 1)
    stale = await citizen.http.post(f"{INVITATION}/accept", data=Fields(page.text).hidden)
    assert (stale.status_code, "again=1" in stale.headers["location"]) == (303, True)


async def test_nobody_leaves_anothers_place(house: House, citizen: Visitor) -> None:
    async with house.storage.unit_of_work() as uow:
        (agency, *_) = await find_all_agencies(uow)
        other = await house.world.agencies.add_member(
            uow,
            agency_id=agency.id,
            subscriber_id=SubscriberId("sub_other"),
            position_th="ก",
            position_en="a",
            roles=[Role.SUPERVISOR],
            expires_at=uow.now.replace(year=uow.now.year + 1),
            by=SYSTEM,
        )
    page = await citizen.http.get("/account/memberships")
    for named in (other.id, "mem_x"):
        answer = await citizen.http.post(f"/account/memberships/{named}/leave", data=Fields(page.text).hidden)
        assert answer.status_code in (400, 403, 404)
    async with house.storage.reading() as uow:
        assert await house.world.agencies.live_member(uow, other.id) is not None


@pytest.fixture
async def at_home(sqlite_storage: Storage, clock: FrozenClock, asset_folder: Path) -> AsyncIterator[tuple[House, Any]]:
    """The pages on a port of their own."""
    listener = free_port()
    origin = f"http://id.localhost:{listener.getsockname()[1]}"
    async with (
        open_house(sqlite_storage, clock, asset_folder, origin=origin) as opened,
        serving(opened.application, listener),
    ):
        yield opened, origin


@pytest.mark.browser
async def test_in_a_browser_the_code_never_leaves_the_address_bar(
    at_home: tuple[House, Any], chromium: str, tmp_path: Path
) -> None:
    house, origin = at_home
    code = await invited(house)
    folder = Path(SCREENS) if SCREENS else tmp_path
    async with launched(chromium) as browser:
        context = await browser.new_context(locale="th-TH", viewport={"width": 360, "height": 740})
        page = await context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await with_authenticator(context, page)
        await page.goto(f"{origin}/passkeys/new#{await house.link()}")
        await page.click("#add_passkey")
        await page.wait_for_selector("#passkey_added")
        await page.goto(f"{origin}/sign-in")
        await page.click("#sign_in")
        await page.wait_for_selector("#account")

        async def looked_at(name: str) -> None:
            for language in ("th", "en"):
                await context.add_cookies([{"name": "lang", "value": language, "domain": "id.localhost", "path": "/"}])
                if name != "offer":
                    await page.reload()
                for width in (360, 1280):
                    await page.set_viewport_size({"width": width, "height": 800})
                    assert await violations(page) == []
                    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                    assert await page.evaluate(wide) == 0
                    await page.screenshot(path=folder / f"{name}-{language}-{width}.png", full_page=True)

        await page.goto(f"{origin}{INVITATION}")
        await looked_at("invitation")
        await page.goto("about:blank")
        await page.goto(f"{origin}{INVITATION}#{code}")
        await page.click("#look")
        await page.wait_for_selector("#accept")
        await looked_at("offer")
        await page.click("#accept")
        await expect(page.locator("[data-member]")).to_have_count(1)
        await looked_at("memberships")
        assert not any(code in url.partition("#")[0] for url in asked)
