"""Consents and grants that an agency's own programs hold, and how often it asked for what."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from idp.exchange.papers import paper_count
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AgencyId, ClientId, new_id
from tests.attacks.house import House
from tests.gateway.agency.caretaker import READ, Caretaker, hire
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.world import DUTY_SERVICE, SERVICE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(house: House, caretaker: Caretaker) -> Caretaker:
    """A caretaker of the agency whose program `jobs` people use."""
    from dataclasses import replace

    name = f"jobs-caretaker-{secrets.token_hex(4)}"
    key = await hire(house, house.sown.agency_id, name)
    return replace(
        caretaker, agency_id=house.sown.agency_id, program=Program(house, name, key), other=ClientId("jobs"), tokens={}
    )


@pytest.fixture
async def token(owner: Caretaker) -> str:
    """What a citizen let the program `jobs` have: a live access token."""
    program = Program(owner.house)
    answer = await program.redeem(await program.code([PERSON]))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def test_the_newest_consent_is_there_and_says_no_more_than_it_must(owner: Caretaker, token: str) -> None:
    page = await owner.told("GET", "/agency/consents?client_id=jobs&state=live", scope=READ)
    shown = page["consents"][0]
    assert (shown["client_id"], shown["service"], shown["state"]) == ("jobs", SERVICE, "live")
    assert shown["datasets"] == [{"dataset": "dopa.person", "uses_left": 2}]
    assert owner.house.sown.subscriber_id not in str(page)
    assert await owner.told("GET", f"/agency/consents/{shown['id']}") == shown
    found = await owner.told("POST", "/agency/consent-searches", {"client_id": "jobs", "sub": shown["sub"]})
    assert shown in found["consents"]
    nobody = await owner.told("POST", "/agency/consent-searches", {"client_id": "jobs", "sub": "x" * 43})
    assert (nobody["consents"], nobody["next"]) == ([], None)
    assert (await owner.told("GET", "/agency/consents?client_id=jobs&state=withdrawn"))["consents"] == []


async def test_a_grant_is_ended_with_its_tokens_at_once(owner: Caretaker, token: str) -> None:
    grants = (await owner.told("GET", "/agency/grants?client_id=jobs"))["grants"]
    newest = grants[0]
    assert newest["datasets"] == ["dopa.person"]
    path = f"/agency/grants/{newest['id']}"
    assert await owner.told("GET", path) == newest
    assert await owner.code("DELETE", path, scope=READ) == (403, "insufficient_scope")
    await owner.told("DELETE", path, status=204)
    assert await owner.code("DELETE", path) == (404, "PRG-01")
    async with owner.house.storage.reading() as uow:
        assert await owner.house.rooms.grants.live(uow, newest["id"]) is None
    entry = next(one for one in await owner.events("grant.revoked") if one["details"]["grant"] == newest["id"])
    assert entry["actor"] == {"kind": "client", "id": owner.program.client_id}
    # the person's consent is theirs
    assert (await owner.told("GET", f"/agency/consents/{newest['consent_id']}"))["state"] == "live"


async def test_another_agency_finds_neither(owner: Caretaker, rival: Caretaker, token: str) -> None:
    consent = (await owner.told("GET", "/agency/consents?client_id=jobs"))["consents"][0]
    grant = (await owner.told("GET", "/agency/grants?client_id=jobs"))["grants"][0]
    for client in ("jobs", "nobody", "a%20b", "%E0%B8%81"):
        assert await rival.code("GET", f"/agency/consents?client_id={client}") == (404, "PRG-01")
        assert await rival.code("GET", f"/agency/grants?client_id={client}") == (404, "PRG-01")
    search = {"client_id": "jobs", "sub": consent["sub"]}
    assert await rival.code("POST", "/agency/consent-searches", search) == (404, "PRG-01")
    for named in (consent["id"], f"{consent['id'][:-4]}0000", "x"):
        assert await rival.code("GET", f"/agency/consents/{named}") == (404, "CON-01")
    for named in (grant["id"], f"{grant['id'][:-4]}0000", "x"):
        assert await rival.code("GET", f"/agency/grants/{named}") == (404, "PRG-01")
        assert await rival.code("DELETE", f"/agency/grants/{named}") == (404, "PRG-01")
    # and the sub of one agency is nobody's at another
    other = {"client_id": rival.other, "sub": consent["sub"]}
    assert (await rival.told("POST", "/agency/consent-searches", other))["consents"] == []


@pytest.mark.parametrize(
    "query", ["", "?client_id=jobs&state=any", "?client_id=jobs&after=x", "?client_id=jobs&after=gra_x"]
)
async def test_a_list_that_is_asked_for_wrongly_is_refused(owner: Caretaker, query: str) -> None:
    assert await owner.code("GET", f"/agency/consents{query}") == (400, "API-01")


async def pull(office: Caretaker, *, days_ago: int, agency_id: AgencyId | None = None, **said: Any) -> None:
    """A line of the disclosures, as a pull leaves it."""
    house = office.house
    at = house.clock.now() - timedelta(days=days_ago)
    row = {
        "id": new_id("dis", now=at, randomness=secrets.token_bytes),
        "agency_id": agency_id or office.agency_id,
        "client_id": office.other,
        "service_id": office.service_id,
        "access_token_id": "t",
        "dataset": "dopa.person",
        "fields": ["name_th"],
        "basis": "consent",
        "outcome": "released",
        "at": at,
        "audit_entry_id": "e",
        "times": 1,
        **said,
    }
    async with house.storage.unit_of_work() as uow:
        await uow.execute(insert(disclosure).values(**row))


async def test_pulls_are_counted_by_day_and_outcome_and_name_nobody(caretaker: Caretaker, rival: Caretaker) -> None:
    await pull(caretaker, days_ago=0, subscriber_id="sub_somebody")
    await pull(caretaker, days_ago=0)
    await pull(caretaker, days_ago=0, outcome="refused", times=7)
    await pull(caretaker, days_ago=3, dataset="dbd.company", service_id=DUTY_SERVICE)
    await pull(caretaker, days_ago=9)
    await pull(rival, days_ago=0)
    told = await caretaker.told("GET", "/agency/usage", scope=READ)
    counted = [(one["dataset"], one["outcome"], one["pulls"]) for one in told["usage"]]
    assert counted == [("dbd.company", "released", 1), ("dopa.person", "refused", 7), ("dopa.person", "released", 2)]
    assert "sub_somebody" not in str(told)
    last = told["until"]
    month = await caretaker.told("GET", f"/agency/usage?from={_days_before(last, 30)}&until={last}")
    assert sum(one["pulls"] for one in month["usage"]) == 11


def _days_before(day: str, days: int) -> str:
    from datetime import date

    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-01-01&until=2026-03-01",
        "from=2026-01-02&until=2026-01-01",
        "from=x",
        "from=20260101",
        "until=2026-W01-1",
        "until=9999-12-31",
        "from=0001-01-01&until=0001-01-02",
    ],
)
async def test_days_that_cannot_be_counted_are_refused(caretaker: Caretaker, query: str) -> None:
    assert await caretaker.code("GET", f"/agency/usage?{query}") == (400, "API-01")


async def test_papers_that_nobody_was_asked_for(caretaker: Caretaker, rival: Caretaker) -> None:
    async with caretaker.house.storage.unit_of_work() as uow:
        await uow.execute(
            insert(paper_count).values(
                service_id=caretaker.service_id, month="2026-01", dataset="dopa.person", releases=3, papers=6
            )
        )
    assert (await caretaker.told("GET", "/agency/papers"))["papers"] == [
        {"month": "2026-01", "service": caretaker.service_id, "dataset": "dopa.person", "releases": 3, "papers": 6}
    ]
    assert (await rival.told("GET", "/agency/papers"))["papers"] == []
