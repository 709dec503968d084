"""Plain pulls are decided by one read and released by one statement: the same decision, and no guarantee less."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select, update

from idp.agencies.model import PaperReplaced
from idp.agencies.store import agency, agreement, service
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import client
from idp.authorization.grants.store import grant
from idp.consent.store import consent, consent_use
from idp.exchange.bases.model import SignedForm
from idp.exchange.decision.rules import decide_release
from idp.exchange.model import Pull, PullFormat, WaitingPullId
from idp.exchange.papers import papers_counted
from idp.exchange.pull.counting import release_count
from idp.exchange.pull.plain import facts_of, is_plain
from idp.exchange.pull.records import Asked
from idp.exchange.pull.store import disclosure
from idp.representation.model import ActedFor
from idp.subscribers.store import subscriber
from tests.exchange.world import (
    COMPANY_FIELDS,
    PERSON_FIELDS,
    SERVICE,
    World,
    company_detail,
    person_detail,
    pull,
)

pytestmark = pytest.mark.anyio

Step = Callable[[World], Awaitable[None]]


@contextmanager
def transactions(world: World) -> Iterator[list[None]]:
    """What is begun meanwhile by units of work."""
    begun: list[None] = []

    def note(_connection: Any) -> None:
        begun.append(None)

    event.listen(world.storage.engine.sync_engine, "begin", note)
    try:
        yield begun
    finally:
        event.remove(world.storage.engine.sync_engine, "begin", note)


async def rows(world: World) -> list[Any]:
    async with world.storage.reading() as uow:
        return list(await uow.all(select(disclosure).order_by(disclosure.c.id)))


async def counted(world: World) -> dict[str, int]:
    async with world.storage.reading() as uow:
        return {row.counter.split("|")[0]: row.released for row in await uow.all(select(release_count))}


async def uses_left(world: World) -> dict[str, int]:
    async with world.storage.reading() as uow:
        return {row.dataset: row.uses_left for row in await uow.all(select(consent_use))}


def of_company(world: World, **changes: Any) -> Pull:
    return pull(world.own_token(company_detail(**changes)), "dbd.company")


def changing(table: Any, **values: Any) -> Step:
    async def step(world: World) -> None:
        async with world.storage.unit_of_work() as uow:
            await uow.execute(update(table).values(**values))

    return step


# -- the road itself ---------------------------------------------------------------------------------------------------


async def test_a_plain_pull_about_a_person_takes_no_unit_of_work_and_leaves_everything_behind(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    _, token = await world.consented(person_detail(uses=3))
    with transactions(world) as begun:
        released = await world.exchange().pull(pull(token))
    assert begun == []
    assert set(released.payload["fields"]) == set(PERSON_FIELDS)
    (record,) = await rows(world)
    assert (record.id, record.outcome, record.subscriber_id) == (released.disclosure_id, "released", world.somchai)
    assert (record.consent_id, record.grant_id) == (token.consent_id, token.grant_id)
    assert (record.agreement_id, record.agreement_version) == (world.person_agreement.id, 1)
    assert (await counted(world), await uses_left(world)) == ({"day": 1}, {"dopa.person": 2})
    (entry,) = await world.entries("exchange.released")
    assert record.audit_entry_id in entry
    assert len(await world.entries("exchange.decided")) == 1


async def test_a_plain_pull_about_a_company_takes_no_unit_of_work_once_its_agency_has_a_key(
    world_on_each_engine: World,
) -> None:
    world = world_on_each_engine
    await world.exchange().pull(of_company(world))
    asked = of_company(world, uses=5)
    with transactions(world) as begun:
        released = await world.exchange().pull(asked)
    assert begun == []
    assert set(released.payload["fields"]) == set(COMPANY_FIELDS)
    assert (await rows(world))[1].juristic_id == company_detail().subject.juristic_id  # type: ignore[union-attr]  # a company's
    assert (await counted(world))["day"] == 2


async def test_both_roads_write_the_same_record(world: World) -> None:
    _, token = await world.consented(person_detail())
    exchange = world.exchange()
    with transactions(world) as begun:
        await exchange.pull(pull(token))
    assert begun == []
    await changing(agreement, daily_quota=2)(world)

    async def others_are_released_under_a_higher_quota() -> None:
        # the statement refuses by the quota that was judged, the other road counts by the one that is
        await changing(release_count, released=2)(world)
        await changing(agreement, daily_quota=10)(world)

    world.registry.meanwhile = others_are_released_under_a_higher_quota
    with transactions(world) as begun:
        await exchange.pull(pull(token))
    assert len(begun) > 2
    first, second = await rows(world)
    own = {"id", "audit_entry_id", "idempotency_digest", "sealed_answer", "answer_until", "at"}
    for column in disclosure.c:
        if column.name not in own:
            assert getattr(first, column.name) == getattr(second, column.name), column.name


async def test_papers_are_counted(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    paper = PaperReplaced("สำเนาบัตรประชาชน", "Copy of the card", "พ.ร.บ. ตัวอย่าง", "Example Act", "dopa.person")
    async with world.storage.unit_of_work() as uow:
        known = await world.agencies.service(uow, SERVICE)
        await world.agencies.change_service(uow, replace(known, papers_replaced=(paper,)), by=SYSTEM)
    _, token = await world.consented()
    exchange = world.exchange()
    await asyncio.gather(*(exchange.pull(pull(token)) for _ in range(3)))
    async with world.storage.reading() as uow:
        (count,) = await papers_counted(uow, [SERVICE])
    assert (count.dataset, count.releases, count.papers) == ("dopa.person", 3, 3)


async def test_pulls_under_one_consent_at_once_are_all_plain(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    with transactions(world) as begun:
        pulls = [pull(token, dataset) for dataset in ("dopa.person", "dopa.address") for _ in range(3)]
        await asyncio.gather(*(world.exchange().pull(one) for one in pulls))
    assert begun == []
    assert await uses_left(world) == {"dopa.person": 9, "dopa.address": 9}


async def test_only_changes_are_told_of_what_was_released_on_this_road(world: World) -> None:
    _, token = await world.consented()
    first = await world.exchange().pull(pull(token))
    again = await world.exchange().pull(pull(token, since=first.disclosure_id))
    assert (again.payload["fields"], again.payload["since"]) == ({}, first.disclosure_id)


async def test_a_repeat_gets_the_answer_of_this_road(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented()
    asked = pull(token, case="ทส 1")
    first = await world.exchange().pull(asked)
    assert await world.exchange().pull(asked) == first
    assert (await counted(world))["day"] == 1


# -- one decision ------------------------------------------------------------------------------------------------------


def asked_of(asked: Pull) -> Asked:
    (detail,) = [one for one in asked.access_token.details if one.dataset == asked.dataset]
    return Asked(asked, detail, detail.case or asked.case)


def ending(table: Any, column: str) -> Step:
    async def step(world: World) -> None:
        await changing(table, **{column: world.clock.now()})(world)

    return step


STATES: dict[str, Step] = {
    "client ended": changing(client, status="suspended"),
    "agency ended": changing(agency, status="ended"),
    "service ended": changing(service, status="ended"),
    "subscriber suspended": changing(subscriber, status="suspended"),
    "grant revoked": ending(grant, "revoked_at"),
    "consent withdrawn": ending(consent, "withdrawn_at"),
    "uses up": changing(consent_use, uses_left=0),
    "narrower": changing(agreement, fields=["name_th"], version=2),
    "quota": changing(agreement, daily_quota=0),
}


async def _same(world: World, asked: Asked) -> None:
    """Both roads read the same facts, and so decide the same."""
    async with world.storage.reading() as uow:
        right = await world.facts().agreement(uow, asked)
        chain = await world.facts().chain(uow, asked, right)
        expected = await world.facts().facts(uow, asked, chain, right, None)
    row = await world.plain().read(asked, now=world.clock.now())
    assert row is not None
    if right is None:
        assert row.agreement_id is None  # no plain matter: the other road says why
        return
    found = facts_of(asked, row)
    assert found == expected
    assert decide_release(expected, now=world.clock.now()) == decide_release(found, now=world.clock.now())


@pytest.mark.parametrize("state", STATES)
async def test_both_roads_judge_the_same_facts(world: World, state: str) -> None:
    _, token = await world.consented(person_detail())
    for asked in (asked_of(pull(token)), asked_of(of_company(world, uses=2))):
        await world.exchange().pull(asked.pull)
    await STATES[state](world)
    for asked in (asked_of(pull(token)), asked_of(of_company(world, uses=2))):
        await _same(world, asked)


async def test_the_facts_are_the_same_on_each_engine(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    _, token = await world.consented(person_detail())
    asked = (asked_of(pull(token)), asked_of(of_company(world, uses=2)))
    for one in asked:
        await world.exchange().pull(one.pull)
    for state in ("subscriber suspended", "grant revoked", "narrower"):
        await STATES[state](world)
        for one in asked:
            await _same(world, one)


async def test_what_is_not_plain_goes_the_other_way(world: World) -> None:
    _, token = await world.consented()
    plain = asked_of(pull(token))
    form = SignedForm("1", world.clock.now().date(), "ที่สำนักงาน")
    company = asked_of(of_company(world))
    assert is_plain(plain)
    assert is_plain(company)
    assert not is_plain(asked_of(pull(token, format=PullFormat.BOTH)))
    assert not is_plain(replace(company, pull=replace(company.pull, form=form)))
    assert not is_plain(replace(plain, pull=replace(plain.pull, waiting_id=WaitingPullId("pul_1"))))
    acting = replace(token, acted_for=ActedFor(world.somchai, None, None))
    assert not is_plain(replace(plain, pull=replace(plain.pull, access_token=acting)))
    # a person's token never stands for a company, a company's never for a person
    assert not is_plain(replace(plain, detail=company.detail))
    assert not is_plain(replace(company, detail=plain.detail))
    assert not is_plain(replace(plain, pull=replace(plain.pull, access_token=replace(token, consent_id=None))))
