"""The photo off the card and the officer's copy: for who holds the session, kept nowhere (nevers, 5)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from idp.agencies.model import Standing
from idp.agencies.store import agreement
from idp.catalogue.card_photo import CARD_PHOTO, IN_COPY, ON_SCREEN
from idp.exchange.pull.counting import release_count, take_from_quota
from idp.exchange.pull.store import disclosure
from idp.kernel.assurance import Aal, Acr, Ial
from idp.stations.photos import PhotoVault
from tests.exchange.world import World
from tests.gateway.counter import Counter, open_counter, signed_in
from tests.gateway.door import Door
from tests.gateway.photos import officer_of

pytestmark = pytest.mark.anyio

PICTURE = photo(PERSONAS["somchai"].card)
NOBODY = "cds_00000000000000000000000000"


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


async def seen(counter: Counter, session_id: str, *, token: str | None = None) -> httpx2.Response:
    return await counter.door.fetch(token or await counter.officer_token(), f"/card-sessions/{session_id}/photo")


async def copied(
    counter: Counter, session_id: str, body: Any = None, *, token: str | None = None, query: str = ""
) -> httpx2.Response:
    path = f"/card-sessions/{session_id}/officer-copy"
    credentials = counter.door._credentials(token or await counter.officer_token(), "POST", path)
    return await counter.door.http.post(path + query, json=body or {}, headers=credentials)


async def lines(world: World, dataset: str = CARD_PHOTO.id) -> list[tuple[str, str | None, list[str], int]]:
    """Of every disclosure record about it."""
    async with world.storage.reading() as uow:
        rows = await uow.all(select(disclosure).where(disclosure.c.dataset == dataset).order_by(disclosure.c.id))
        assert all(row.sealed_answer is None for row in rows)
        return [(row.outcome, row.reason, row.fields, row.times) for row in rows]


async def let_right(world: World, dataset: str = CARD_PHOTO.id, **terms: Any) -> None:
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).where(agreement.c.dataset == dataset).values(**terms))


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_officer_sees_the_photo_while_the_card_is_in(counter: Counter) -> None:
    session_id = await counter.ready()
    shown = await seen(counter, session_id)
    assert (shown.status_code, shown.content) == (200, PICTURE), shown.text
    assert shown.headers["content-type"] == "image/jpeg"
    assert "no-store" in shown.headers["cache-control"]
    # the page that is loaded again is the same look at the same person: one line, which counts
    assert (await seen(counter, session_id)).headers["disclosure-id"] == shown.headers["disclosure-id"]
    world = counter.door.world
    assert await lines(world) == [("released", None, [ON_SCREEN], 2)]
    entries = await world.entries("exchange.photo_shown")
    assert len(entries) == 2
    assert all(counter.officer.id in entry and session_id in entry for entry in entries)
    async with world.storage.reading() as uow:
        counted = await uow.all(select(release_count.c.counter, release_count.c.released))
    assert [row.released for row in counted if row.counter.startswith("day|")] == [1]
    await counter.card(None)
    assert code_of(await seen(counter, session_id)) == (409, "EXC-43")


async def test_a_program_that_names_the_session_in_its_own_token_sees_it(counter: Counter) -> None:
    session_id = await counter.ready()
    own = await counter.own_token(session_id, "card.identity")
    assert (await seen(counter, session_id, token=own)).content == PICTURE
    other = await counter.own_token(NOBODY, "card.identity")
    assert code_of(await seen(counter, session_id, token=other)) == (403, "EXC-01")
    assert code_of(await copied(counter, session_id, token=other)) == (403, "EXC-01")


async def test_another_officer_and_a_citizen_see_nothing(counter: Counter) -> None:
    session_id, door = await counter.ready(), counter.door
    colleague = await door.token(await signed_in(door, await officer_of(door.world, "clerk")))
    _, citizen = await door.world.consented()
    weak = await door.token(await signed_in(door, counter.officer, acr=Acr(Ial.IAL2_2, Aal.AAL2_1)))
    for token in (colleague, await door.token(citizen), weak):
        assert code_of(await seen(counter, session_id, token=token)) == (403, "CTR-01")
        assert code_of(await copied(counter, session_id, token=token)) == (403, "CTR-01")
    assert code_of(await seen(counter, NOBODY)) == (404, "CTR-02")
    assert code_of(await seen(counter, "cds_x")) == (404, "CTR-02")
    assert await lines(door.world) == []


@pytest.mark.parametrize("terms", [{"fields": [IN_COPY]}, {"status": Standing.SUSPENDED.value}, {"bases": ["duty"]}])
async def test_nobody_sees_it_without_the_right(counter: Counter, terms: dict[str, Any]) -> None:
    session_id = await counter.ready()
    await let_right(counter.door.world, **terms)
    assert code_of(await seen(counter, session_id)) == (403, "EXC-02")
    assert [line[0] for line in await lines(counter.door.world)] == ["refused"]


async def test_a_photo_that_nobody_may_see_stays_on_the_card(counter: Counter) -> None:
    await let_right(counter.door.world, status=Standing.SUSPENDED.value)
    await counter.sign_in()
    session_id = await counter.opened()
    assert not (await counter.insert("somchai", session_id)).with_photo
    await let_right(counter.door.world, status=Standing.ACTIVE.value)
    # the right came after the card was read
    assert code_of(await seen(counter, session_id)) == (409, "CTR-10")
    copy = await copied(counter, session_id)
    assert code_of(copy) == (503, "EXC-12")  # no seal in this world: the copy itself was decided


async def test_another_node_says_read_again(counter: Counter) -> None:
    session_id, world = await counter.ready(), counter.door.world
    world.stations._photos = PhotoVault()
    assert code_of(await seen(counter, session_id)) == (409, "CTR-10")
    assert code_of(await copied(counter, session_id)) == (409, "CTR-10")
    assert await lines(world) == []


async def test_the_day_s_quota_is_of_people_and_at_once_it_holds(counter: Counter) -> None:
    session_id, world = await counter.ready(), counter.door.world
    await let_right(world, daily_quota=1)
    answers = await asyncio.gather(*(seen(counter, session_id) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert await lines(world) == [("released", None, [ON_SCREEN], 4)]


async def test_the_day_s_quota_used_up_elsewhere(counter: Counter) -> None:
    session_id, world = await counter.ready(), counter.door.world
    await let_right(world, daily_quota=1)
    async with world.storage.unit_of_work() as uow:
        right = await uow.first(select(agreement.c.id).where(agreement.c.dataset == CARD_PHOTO.id))
        assert right is not None
        assert await take_from_quota(uow, right.id)
    assert code_of(await seen(counter, session_id)) == (429, "EXC-06")


async def test_a_session_that_ended_shows_nothing(counter: Counter) -> None:
    session_id = await counter.ready()
    await counter.door.delete(await counter.own_token(session_id), f"/card-sessions/{session_id}")
    assert code_of(await seen(counter, session_id)) == (409, "EXC-41")
    assert code_of(await copied(counter, session_id)) == (409, "EXC-41")


async def test_an_officer_no_more_sees_nothing(counter: Counter) -> None:
    session_id = await counter.ready()
    token = await counter.officer_token()
    own = await counter.own_token(session_id, "card.identity")
    await counter.end_member()
    assert code_of(await seen(counter, session_id, token=token)) == (403, "CTR-01")
    assert code_of(await seen(counter, session_id, token=own)) == (403, "EXC-47")


@pytest.mark.parametrize(
    ("body", "query"), [({"fields": ["photo"]}, ""), ({"fields": []}, ""), ({"x": 1}, ""), ({}, "?delivery=recipient")]
)
async def test_what_is_asked_for_wrongly_is_refused(counter: Counter, body: dict[str, Any], query: str) -> None:
    assert code_of(await copied(counter, await counter.ready(), body, query=query)) == (400, "CTR-07")


async def test_a_copy_of_more_than_the_right_is_refused(counter: Counter) -> None:
    session_id = await counter.ready()
    await let_right(counter.door.world, "card.identity", fields=["name_th"])
    assert code_of(await copied(counter, session_id, {"fields": ["name_th", "citizen_id"]})) == (403, "EXC-02")


async def test_without_a_time_stamp_there_is_no_copy_and_none_is_kept(counter: Counter) -> None:
    session_id = await counter.ready()
    assert code_of(await copied(counter, session_id)) == (503, "EXC-12")
    world = counter.door.world
    assert [line[:2] for line in await lines(world, "card.identity")] == [("failed", "document_not_made")]
