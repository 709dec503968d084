"""Pulls that wait, over HTTP: accepted, tried again under every predicate, delivered once, told about."""

import asyncio
import re
from dataclasses import replace
from datetime import time

import httpx2
import pytest
from sqlalchemy import select, update

from connectors.contracts.thai_dates import BANGKOK
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.model import WhenUnavailable
from idp.agencies.store import agreement, service
from idp.authorization.client_registration.store import insert_client
from idp.exchange.decision.model import Reason
from idp.exchange.model import ExchangeProblem, WaitingPullId
from idp.exchange.pull.records import PROBLEMS
from idp.exchange.pull.store import disclosure
from idp.exchange.service import Exchange
from idp.exchange.waiting.rules import PASSING, WAITS_AT_MOST
from idp.exchange.waiting.store import find_waiting, waiting_pull
from idp.kernel.ids import ClientId
from idp.storage.outbox import outbox
from idp.web.errors import ProblemCatalogue
from tests.exchange.test_pull import withdraw
from tests.exchange.world import SERVICE, SOMCHAI, client
from tests.gateway.door import Door

pytestmark = pytest.mark.anyio

KEY = "one-and-the-same"
THAI = re.compile("[\u0e00-\u0e7f]")


@pytest.fixture
async def door(door: Door) -> Door:
    """The service chose that pulls wait."""
    async with door.world.storage.unit_of_work() as uow:
        waits = {"when_unavailable": WhenUnavailable.WAIT.value}
        await uow.execute(update(service).where(service.c.id == SERVICE).values(waits))
    return door


def closed(door: Door, mode: Mode = Mode.CLOSED) -> None:
    door.world.switchboard.switch(Service.IKNO, Behaviour(mode))


async def consented(door: Door) -> str:
    _, verified = await door.world.consented()
    return await door.token(verified)


async def accepted(door: Door, token: str) -> str:
    answer = await door.pull(token, **{"idempotency-key": KEY})
    assert answer.status_code == 202, answer.text
    waiting_id: str = answer.json()["id"]
    assert answer.headers["location"].endswith(f"/pulls/{waiting_id}")
    assert int(answer.headers["retry-after"]) > 0
    assert SOMCHAI.citizen_id.digits not in answer.text
    return waiting_id


async def look(door: Door, waiting_id: str, token: str | None = None) -> httpx2.Response:
    """With the client's own token: the person's is over long before."""
    return await door.fetch(token or await door.token(door.world.own_token()), f"/pulls/{waiting_id}")


async def later(door: Door, seconds: float = 1000) -> Exchange:
    door.world.clock.advance(seconds)
    exchange = door.world.exchange()
    await exchange.advance_waiting()
    return exchange


async def topics(door: Door) -> list[str]:
    async with door.world.storage.reading() as uow:
        return [row.topic for row in await uow.all(select(outbox.c.topic).order_by(outbox.c.id))]


async def released(door: Door) -> int:
    async with door.world.storage.reading() as uow:
        rows = await uow.all(select(disclosure.c.id).where(disclosure.c.outcome == "released"))
    return len(rows)


@pytest.mark.parametrize("mode", [Mode.CLOSED, Mode.DOWN, Mode.BUSY])
async def test_what_the_registry_cannot_do_now_is_done_later_and_delivered_once(door: Door, mode: Mode) -> None:
    token = await consented(door)
    closed(door, mode)
    waiting_id = await accepted(door, token)
    assert (await look(door, waiting_id)).status_code == 202
    await later(door, 60)
    assert (await look(door, waiting_id)).status_code == 202
    assert await released(door) == 0
    closed(door, Mode.OK)
    await later(door)
    assert await released(door) == 1
    assert (await topics(door)).count("pull_ready") == 1
    answer = await look(door, waiting_id)
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
    again = await look(door, waiting_id)
    assert (again.status_code, again.json()["code"]) == (410, "EXC-50")
    assert await released(door) == 1


SAID = [f"{name}_{language}" for name in ("title", "text", "next") for language in ("th", "en")]


@pytest.mark.parametrize(("mode", "words"), [(Mode.CLOSED, "hours"), (Mode.DOWN, "down"), (Mode.BUSY, "busy")])
async def test_why_it_waits_is_said_in_plain_words(door: Door, mode: Mode, words: str) -> None:
    token = await consented(door)
    closed(door, mode)
    told = (await look(door, await accepted(door, token))).json()
    assert words in told["title_en"] + told["text_en"]
    assert all(THAI.search(told[name]) if name.endswith("_th") else told[name].isascii() for name in SAID)
    # what whoever is refused can do does not fit: it was accepted
    assert "again by itself" in told["next_en"]


async def test_that_the_answer_is_ready_is_said_to_who_asks_again(door: Door) -> None:
    token = await consented(door)
    closed(door)
    await accepted(door, token)
    closed(door, Mode.OK)
    await later(door, 60)
    told = (await door.pull(token, **{"idempotency-key": KEY})).json()
    assert (told["state"], told["reason"], told["title_en"]) == ("ready", None, "The answer is ready")
    assert all(told[name] for name in SAID)


@pytest.mark.parametrize("reason", sorted(PASSING))
def test_each_reason_to_wait_has_its_texts(reason: Reason) -> None:
    said = ProblemCatalogue().text(PROBLEMS[reason])
    assert THAI.search(said.title_th)
    assert THAI.search(said.text_th)
    assert said.title_en != ProblemCatalogue().text(ExchangeProblem.PULL_OVER).title_en


async def test_the_same_key_is_the_same_pull_while_it_waits_and_after(door: Door) -> None:
    _, verified = await door.world.consented()
    token = await door.token(verified)
    closed(door)
    waiting_id = await accepted(door, token)
    assert await accepted(door, token) == waiting_id
    other = await door.pull(token, {"dataset": "dopa.address"}, **{"idempotency-key": KEY})
    assert (other.status_code, other.json()["code"]) == (409, "EXC-14")
    closed(door, Mode.OK)
    await later(door)
    assert await accepted(door, await door.token(replace(verified, token_id="later"))) == waiting_id
    first = (await look(door, waiting_id)).json()
    repeated = await door.pull(await door.token(replace(verified, token_id="last")), **{"idempotency-key": KEY})
    assert repeated.json() == first
    assert await released(door) == 1


async def test_a_service_that_did_not_choose_waiting_is_refused(door: Door) -> None:
    async with door.world.storage.unit_of_work() as uow:
        await uow.execute(update(service).where(service.c.id == SERVICE).values(when_unavailable="refuse"))
    token = await consented(door)
    closed(door)
    assert (await door.pull(token)).status_code == 503
    async with door.world.storage.reading() as uow:
        assert await uow.first(select(waiting_pull)) is None


async def test_a_quota_is_waited_for_until_midnight_in_bangkok(door: Door) -> None:
    async with door.world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).values(daily_quota=1))
    token = await consented(door)
    assert (await door.pull(token)).status_code == 200
    waiting_id = await accepted(door, token)
    await later(door, 7 * 3600)  # eleven at night
    assert (await look(door, waiting_id)).status_code == 202
    await later(door, 3700)
    assert (await look(door, waiting_id)).status_code == 200


async def test_the_registrys_own_quota_is_waited_for_until_midnight_as_well(door: Door) -> None:
    token = await consented(door)
    closed(door, Mode.QUOTA)
    waiting_id = await accepted(door, token)
    closed(door, Mode.OK)
    await later(door, 7 * 3600)  # eleven at night: it was not asked again meanwhile
    assert (await look(door, waiting_id)).status_code == 202
    await later(door, 3700)
    assert (await look(door, waiting_id)).status_code == 200


async def test_closed_hours_are_waited_for(door: Door) -> None:
    hours = {"days": [1, 2, 3, 4, 5], "opens": time(8, 30).isoformat(), "closes": time(17, 30).isoformat()}
    async with door.world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).values(hours=hours))
    token = await consented(door)  # a Sunday
    waiting_id = await accepted(door, token)
    assert door.world.registry.asked == 0
    # one try, when it opens, and none before
    await later(door, 16 * 3600)
    async with door.world.storage.reading() as uow:
        waiting = await find_waiting(uow, WaitingPullId(waiting_id))
    assert waiting is not None
    opens_at = waiting.next_at.astimezone(BANGKOK)
    assert (waiting.attempts, opens_at.isoweekday(), opens_at.time()) == (0, 1, time(8, 30))
    await later(door, 3600)  # Monday, nine o'clock
    assert (await look(door, waiting_id)).status_code == 200


@pytest.mark.parametrize("is_ready", [False, True])
async def test_a_consent_withdrawn_meanwhile_ends_it_at_once(door: Door, is_ready: bool) -> None:
    """Attack row 51: also an answer that lies ready is not handed out."""
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    if is_ready:
        closed(door, Mode.OK)
        await later(door)
    await withdraw(door.world)
    refused = await look(door, waiting_id)
    assert (refused.status_code, refused.json()["code"]) == (403, "EXC-03")
    assert SOMCHAI.citizen_id.digits not in refused.text
    assert (await look(door, waiting_id)).json()["code"] == "EXC-50"
    closed(door, Mode.OK)
    await later(door)
    assert await released(door) == int(is_ready)
    assert "pull_ended" in await topics(door)
    async with door.world.storage.reading() as uow:
        rows = await uow.all(select(disclosure.c.sealed_answer))
        waits = await uow.first(select(waiting_pull.c.sealed_request))
    assert all(row.sealed_answer is None for row in rows)
    assert waits is not None
    assert waits.sealed_request is None


async def test_a_consent_withdrawn_is_seen_by_the_worker_as_well(door: Door) -> None:
    token = await consented(door)
    closed(door)
    await accepted(door, token)
    await withdraw(door.world)
    closed(door, Mode.OK)
    asked = door.world.registry.asked
    await later(door)
    assert door.world.registry.asked == asked
    assert await released(door) == 0
    assert (await topics(door))[-1] == "pull_ended"


async def test_an_answer_whose_consent_was_withdrawn_is_kept_for_nobody(door: Door) -> None:
    """Also when its program never looks again."""
    token = await consented(door)
    closed(door)
    await accepted(door, token)
    closed(door, Mode.OK)
    await later(door)
    assert (await topics(door))[-1] == "pull_ready"
    await withdraw(door.world)
    await later(door, 5)
    async with door.world.storage.reading() as uow:
        rows = await uow.all(select(disclosure.c.sealed_answer))
    assert all(row.sealed_answer is None for row in rows)
    assert (await topics(door))[-1] == "pull_ended"


async def test_it_waits_a_day_and_an_answer_waits_a_day(door: Door) -> None:
    _, verified = await door.world.consented()
    closed(door)
    waiting_id = await accepted(door, await door.token(verified))
    await later(door, WAITS_AT_MOST.total_seconds() + 1)
    assert (await look(door, waiting_id)).json()["code"] == "EXC-50"
    second = await door.pull(await door.token(replace(verified, token_id="second")))
    closed(door, Mode.OK)
    await later(door)
    await later(door, 24 * 3600 + 1)
    assert (await look(door, second.json()["id"])).json()["code"] == "EXC-50"


async def test_another_client_s_and_none_are_one_answer(door: Door) -> None:
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    async with door.world.storage.unit_of_work() as uow:
        await insert_client(uow, client(ClientId("other"), door.world.agency.id, door.key))
    theirs = await door.token(replace(door.world.own_token(), client_id=ClientId("other"), sub="other"))
    seen = []
    for named in (waiting_id, "pul_" + "0" * 26, "nothing"):
        shown = await look(door, named, theirs)
        ended = await door.delete(theirs, f"/pulls/{named}")
        assert (shown.status_code, ended.status_code) == (404, 404)
        seen.append({**shown.json(), "correlation_id": ""})
    assert seen[0] == seen[1] == seen[2]
    assert (await look(door, waiting_id)).status_code == 202


async def test_a_client_may_end_it(door: Door) -> None:
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    own = await door.token(door.world.own_token())
    assert (await door.delete(own, f"/pulls/{waiting_id}")).status_code == 204
    closed(door, Mode.OK)
    await later(door)
    assert await released(door) == 0


async def test_two_workers_release_it_once(door: Door) -> None:
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    closed(door, Mode.OK)
    door.world.clock.advance(1000)
    await asyncio.gather(*(door.world.exchange().advance_waiting() for _ in range(3)))
    assert await released(door) == 1
    answers = await asyncio.gather(*(look(door, waiting_id) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]
    assert len(await door.world.entries("exchange.delivered")) == 1
    assert not await door.world.entries("exchange.repeated")


async def test_a_pull_is_taken_when_its_turn_has_come(door: Door) -> None:
    """While one worker waits for a slow registry, another does what is due as well."""
    token = await consented(door)
    closed(door)
    for key in ("first", "second"):
        assert (await door.pull(token, **{"idempotency-key": key})).status_code == 202
    closed(door, Mode.OK)
    done: list[int] = []

    async def another_worker() -> None:
        done.append(await door.world.exchange().advance_waiting())

    door.world.registry.meanwhile = another_worker
    door.world.clock.advance(1000)
    done.append(await door.world.exchange().advance_waiting())
    assert done == [1, 1]
    assert (door.world.registry.asked, await released(door)) == (2, 2)


async def test_who_ends_it_while_a_worker_releases_it_leaves_no_answer(door: Door) -> None:
    """The end was decided by what was read before the release."""
    token = await consented(door)
    closed(door)
    waiting_id = WaitingPullId(await accepted(door, token))
    async with door.world.storage.reading() as uow:
        read_before = await find_waiting(uow, waiting_id)
    assert read_before is not None
    closed(door, Mode.OK)
    exchange = await later(door)
    assert await released(door) == 1
    await exchange._waiting._end(read_before, Reason.CANCELLED)
    async with door.world.storage.reading() as uow:
        rows = await uow.all(select(disclosure.c.sealed_answer).where(disclosure.c.outcome == "released"))
    assert [row.sealed_answer for row in rows] == [None]


async def test_what_no_catalogue_has_any_more_ends_and_stops_no_worker(door: Door) -> None:
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    place = {"table": "waiting_pull", "column": "sealed_request", "row": waiting_id}
    personal, owner = door.world.personal, door.world.somchai
    async with door.world.storage.unit_of_work() as uow:
        row = await uow.first(select(waiting_pull.c.sealed_request))
        assert row is not None
        said = await personal.open(uow, owner, **place, sealed=row.sealed_request)
        older = await personal.seal(uow, owner, **place, value=said.replace(b"dopa.person", b"dopa.gone"))
        await uow.execute(update(waiting_pull).values(sealed_request=older))
    await later(door)
    assert (await look(door, waiting_id)).json()["code"] == "EXC-50"


async def test_a_worker_that_died_is_followed_by_another(door: Door) -> None:
    """It died after it took the pull, before anything was written: the lease runs out."""
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    closed(door, Mode.OK)

    async def dies() -> None:
        raise SystemExit

    door.world.registry.meanwhile = dies
    door.world.clock.advance(1000)
    with pytest.raises(SystemExit):
        await door.world.exchange().advance_waiting()
    await door.world.exchange().advance_waiting()  # leased still
    assert await released(door) == 0
    await later(door, 61)
    assert (await look(door, waiting_id)).status_code == 200
    assert await released(door) == 1


async def test_what_waits_is_sealed_and_goes_with_the_identity(door: Door) -> None:
    token = await consented(door)
    closed(door)
    waiting_id = await accepted(door, token)
    world = door.world
    async with world.storage.unit_of_work() as uow:
        row = await uow.first(select(waiting_pull))
        assert row is not None
        assert KEY.encode() not in bytes(row.sealed_request)
        await world.personal.destroy(uow, world.somchai)
    assert (await look(door, waiting_id)).status_code == 410
    async with world.storage.unit_of_work() as uow:
        await world.exchange().forget_person(uow, world.somchai)
        assert await uow.first(select(waiting_pull)) is None


async def test_a_password_that_is_told_once_waits_for_nobody(door: Door) -> None:
    token = await consented(door)
    closed(door)
    answer = await door.pull(token, {"dataset": "dopa.person", "delivery": "password", "format": "pdf"})
    assert (answer.status_code, answer.json()["code"]) == (503, "EXC-08")
