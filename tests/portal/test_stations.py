"""The agency's stations on the staff's pages: made, renewed, ended, and the light of a counter."""

import json
import re

import pytest

from tests.enrolment.world import STATION, World
from tests.portal.office import Browser, Office, Page

pytestmark = pytest.mark.anyio

NEW = {"name_th": "ช่อง 7", "name_en": "Counter 7", "site": "ชั้น 1", "mode": "two-slot"}


async def signed_in(office: Office, persona: str) -> Browser:
    browser = office.browser()
    await browser.sign_in(persona)
    return browser


def light_of(page: Page) -> tuple[str, str]:
    return page["station"]["data-state"], page["station"]["data-need"]


async def test_an_administrator_makes_a_code_for_a_new_station(office: Office, world: World) -> None:
    browser = await signed_in(office, "admin1")
    form = await browser.get("/stations")
    page = await browser.post("/stations", csrf=form.csrf, **NEW)
    code = page.text("pairing_code")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    assert f"idp-agent pair {code} --issuer http://id.localhost:8000" in page.response.text
    assert page.response.headers["cache-control"] == "no-store"
    assert code not in str(page.response.url)
    assert code.replace("-", "") not in json.dumps(await world.entries())


@pytest.mark.parametrize(
    ("bent", "code"), [({"name_en": " "}, "STA-15"), ({"name_th": "ช" * 81}, "STA-15"), ({"mode": "three"}, "WEB-05")]
)
async def test_a_station_needs_names_and_a_mode(office: Office, bent: dict[str, str], code: str) -> None:
    browser = await signed_in(office, "admin1")
    form = await browser.get("/stations")
    assert (await browser.post("/stations", csrf=form.csrf, **(NEW | bent))).error_code == code


async def test_a_station_is_paired_anew_and_ended(office: Office, world: World) -> None:
    browser = await signed_in(office, "admin1")
    page = await browser.get("/stations")
    renewed = await browser.post(f"/stations/{STATION}/pair", csrf=page.csrf)
    assert renewed.text("pairing_code")
    page = await browser.post(f"/stations/{STATION}/revoke", csrf=page.csrf)
    assert [row["data-station"] for row in page.rows("data-station")] == []
    assert (await world.agent.poll()).json()["error"] == "STA-04"
    assert (await browser.post(f"/stations/{STATION}/pair", csrf=page.csrf)).error_code == "STA-01"


@pytest.mark.parametrize("path", ["/stations", f"/stations/{STATION}/pair", f"/stations/{STATION}/revoke"])
async def test_an_officer_changes_no_station(office: Office, path: str) -> None:
    browser = await signed_in(office, "officer")
    page = await browser.get("/enrolments/new")
    assert (await browser.post(path, csrf=page.csrf, **NEW)).error_code == "POR-03"


async def test_another_agencys_station_is_not_there(office: Office, world: World) -> None:
    browser = await signed_in(office, "admin1")
    page = await browser.get("/stations")
    assert (await browser.get("/stations/counter-9")).error_code == "STA-01"
    assert (await browser.post("/stations/counter-9/revoke", csrf=page.csrf)).error_code == "STA-01"


async def test_forms_are_ours(office: Office) -> None:
    browser = await signed_in(office, "admin1")
    await browser.get("/stations")
    assert (await browser.post(f"/stations/{STATION}/revoke", csrf="x")).error_code == "WEB-04"


async def test_the_light_follows_the_agent_and_the_card(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    path = f"/stations/{STATION}"
    assert light_of(await browser.get(path)) == ("AgentNotAvailable", "agent")
    await world.agent.poll(slots={"officer": "empty", "citizen": "empty"})
    assert light_of(await browser.get(path)) == ("AgentAvailable", "citizen_card")
    await world.agent.poll(slots={"officer": "empty", "citizen": "present"})
    assert light_of(await browser.get(path)) == ("CitizenAvailable", "nothing")
    world.clock.advance(46)
    assert light_of(await browser.get(path)) == ("AgentNotAvailable", "agent")


async def test_a_program_that_is_too_old_is_named_on_the_page(office: Office, world: World) -> None:
    browser = await signed_in(office, "officer")
    assert (await world.agent.poll(version="0.0.9")).status_code == 426
    page = await browser.get(f"/stations/{STATION}")
    assert light_of(page) == ("AgentNotAvailable", "newer_agent")
    assert "STA-06" in page.response.text
    await world.agent.poll()
    assert light_of(await browser.get(f"/stations/{STATION}"))[0] == "CitizenAvailable"


async def test_help_names_the_command_and_draws_its_own_pictures(office: Office) -> None:
    browser = await signed_in(office, "officer")
    page = await browser.get("/stations/help")
    assert "idp-agent pair" in page.response.text
    assert page.response.text.count("<svg") >= 4
