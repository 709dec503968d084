"""Plain pulls under attack: what ends between read and write, two nodes, a limit of one, a kill."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.agencies.agreement_store import hold_service
from idp.agencies.store import agency, agreement, service
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import client
from idp.authorization.grants.store import grant
from idp.catalogue.gdx import JuristicSubject
from idp.catalogue.model import Basis
from idp.consent.store import consent, consent_use
from idp.exchange.model import ExchangeProblem, Released
from idp.exchange.pull.counting import release_count
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import Refused
from idp.keys.envelope import data_key
from idp.storage.storage import Storage, open_engine
from idp.subscribers.store import subscriber
from tests.exchange.test_plain_pulls import asked_of, changing, counted, of_company, rows, uses_left
from tests.exchange.world import COMPANY_SERVICE, PERSON_FIELDS, SERVICE, World, person_detail, pull

pytestmark = pytest.mark.anyio


ENDED_MEANWHILE = {
    "client": changing(client, status="suspended"),
    "agency": changing(agency, status="ended"),
    "service": changing(service, status="ended"),
    "agreement": changing(agreement, status="suspended"),
    "terms": changing(agreement, version=7, fields=["name_th"]),
    "subscriber": changing(subscriber, status="suspended"),
    "uses": changing(consent_use, uses_left=0),
    "quota": changing(agreement, daily_quota=0, version=2),
}


@pytest.mark.parametrize("ended", ENDED_MEANWHILE)
async def test_a_right_withdrawn_between_read_and_write_releases_nothing(world: World, ended: str) -> None:
    """Attack row 51: every live predicate again in the statement that discloses."""
    _, token = await world.consented(person_detail())
    world.registry.meanwhile = lambda: ENDED_MEANWHILE[ended](world)
    exchange = world.exchange()
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which refusal it is, is the decision's, tested there
        await exchange.pull(pull(token))
    assert not isinstance(caught.value, AssertionError)
    assert world.registry.asked == 1
    assert await world.entries("exchange.released") == []
    assert [row.outcome for row in await rows(world)] in (["refused"], ["failed"])
    assert await counted(world) == {}


@pytest.mark.parametrize("ended", ["agreement", "service", "client"])
async def test_a_company_s_right_withdrawn_between_read_and_write_releases_nothing(world: World, ended: str) -> None:
    await world.exchange().pull(of_company(world))
    world.registry.meanwhile = lambda: ENDED_MEANWHILE[ended](world)
    with pytest.raises(Refused):
        await world.exchange().pull(of_company(world))
    assert len(await world.entries("exchange.released")) == 1
    assert sum((await counted(world)).values()) == 2  # those of the first


@pytest.mark.parametrize("commits", [True, False], ids=["withdrawn", "withdrawal fails"])
async def test_a_release_waits_for_a_withdrawal_that_is_under_way(world_on_each_engine: World, commits: bool) -> None:
    world = world_on_each_engine
    _, token = await world.consented()

    class NotThisTime(Exception):
        pass

    async def withdrawing(asked: asyncio.Event) -> None:
        async with world.storage.unit_of_work() as uow:
            (record,) = await world.consents.list_of(uow, world.somchai)
            await world.consents.withdraw(uow, record.id, subscriber_id=world.somchai)
            asked.set()
            await asyncio.sleep(0.3)  # the statement that discloses comes here, and waits
            if not commits:
                raise NotThisTime

    begun, tasks = asyncio.Event(), []

    async def meanwhile() -> None:
        tasks.append(asyncio.create_task(withdrawing(begun)))
        await begun.wait()

    world.registry.meanwhile = meanwhile
    answer = (await asyncio.gather(world.exchange().pull(pull(token)), return_exceptions=True))[0]
    await asyncio.gather(*tasks, return_exceptions=True)
    if commits:
        assert isinstance(answer, Refused)
        assert answer.code is ExchangeProblem.BASIS_ENDED
        assert await world.entries("exchange.released") == []
    else:
        assert isinstance(answer, Released)


async def test_who_ends_a_consent_and_then_its_grant_never_waits_crosswise_for_a_release(
    world_on_each_engine: World,
) -> None:
    """As closing an identity does: the release holds no grant while it waits for the consent."""
    world = world_on_each_engine
    _, token = await world.consented()
    begun, tasks = asyncio.Event(), []

    async def ending() -> None:
        async with world.storage.unit_of_work() as uow:
            await uow.execute(update(consent).where(consent.c.id == token.consent_id).values(withdrawn_at=uow.now))
            begun.set()
            await asyncio.sleep(0.3)  # the statement that discloses comes here, and waits
            await uow.execute(update(grant).where(grant.c.id == token.grant_id).values(revoked_at=uow.now))

    async def meanwhile() -> None:
        tasks.append(asyncio.create_task(ending()))
        await begun.wait()

    world.registry.meanwhile = meanwhile
    with pytest.raises(Refused) as refused:
        await world.exchange().pull(pull(token))
    assert refused.value.code is ExchangeProblem.BASIS_ENDED
    await asyncio.gather(*tasks)
    assert await world.entries("exchange.released") == []


@pytest.mark.parametrize("road", ["plain", "other"])
async def test_who_changes_an_agreement_never_waits_crosswise_for_a_release(
    world_on_each_engine: World, road: str
) -> None:
    """Whoever puts terms in force holds the service first, so that no rival is granted meanwhile."""
    world = world_on_each_engine
    if road == "plain":
        await world.exchange().pull(of_company(world))  # the first one makes the agency's key, on the other road
    begun, tasks = asyncio.Event(), []

    async def changing_terms() -> None:
        async with world.storage.unit_of_work() as uow:
            await hold_service(uow, COMPANY_SERVICE)
            begun.set()
            await asyncio.sleep(0.3)  # the statement that holds the chain comes here, and waits
            await uow.execute(update(agreement).values(reference_no="another letter"))

    async def meanwhile() -> None:
        tasks.append(asyncio.create_task(changing_terms()))
        await begun.wait()

    world.registry.meanwhile = meanwhile
    asked = of_company(world)
    released = await world.exchange().pull(asked)
    await asyncio.gather(*tasks)
    assert released.disclosure_id in [row.id for row in await rows(world)]


@pytest.fixture
async def two_nodes(world_on_each_engine: World, database_url: str) -> Any:
    world = world_on_each_engine
    storage = Storage(open_engine(database_url), world.clock)
    other = World(storage, world.clock, world.http, world.switchboard, root_keys=world.root_keys)
    other.issuer = world.issuer
    yield world, other
    await storage.close()


async def test_one_key_on_two_nodes_at_once_is_one_disclosure(two_nodes: tuple[World, World]) -> None:
    world, other = two_nodes
    _, token = await world.consented(person_detail(uses=9))
    asked = pull(token)
    nodes = [world.exchange(), other.exchange()]
    answers = await asyncio.gather(*(node.pull(asked) for node in nodes * 3))
    assert len({answer.disclosure_id for answer in answers}) == 1
    assert len(await world.entries("exchange.released")) == 1
    # nobody is half counted: not the use, not the quota
    assert (await counted(world), await uses_left(world)) == ({"day": 1}, {"dopa.person": 8})


async def test_one_key_at_once_takes_one_use_of_a_token_about_a_company(two_nodes: tuple[World, World]) -> None:
    world, other = two_nodes
    await world.exchange().pull(of_company(world))
    asked = of_company(world, uses=9)
    answers = await asyncio.gather(*(node.exchange().pull(asked) for node in (world, other) * 3))
    assert len({answer.disclosure_id for answer in answers}) == 1
    async with world.storage.reading() as uow:
        name = select(release_count.c.released).where(release_count.c.counter.like(f"%{asked.access_token.token_id}%"))
        assert [row.released for row in await uow.all(name)] == [1]


async def test_a_quota_of_one_is_given_once_to_eight_at_once_on_two_nodes(two_nodes: tuple[World, World]) -> None:
    world, other = two_nodes
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, world.person_agreement.id, by=SYSTEM)
        await world.agree(uow, SERVICE, "dopa.person", PERSON_FIELDS, {Basis.CONSENT}, daily_quota=1)
    _, token = await world.consented(person_detail(uses=12))
    nodes = [world.exchange(), other.exchange()]
    answers = await asyncio.gather(*(node.pull(pull(token)) for node in nodes * 4), return_exceptions=True)
    assert sum(isinstance(answer, Released) for answer in answers) == 1
    assert (await counted(world), await uses_left(world)) == ({"day": 1}, {"dopa.person": 11})


async def test_killed_between_decided_and_disclosed_nothing_is_released(world: World) -> None:
    _, token = await world.consented()
    asked, reached = pull(token), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    world.registry.meanwhile = hang
    dying = asyncio.create_task(world.exchange().pull(asked))
    await reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert len(await world.entries("exchange.decided")) == 1
    assert await world.entries("exchange.released") == []
    assert (await rows(world), await counted(world)) == ([], {})
    # the program comes again with its key, and is answered once
    await world.exchange().pull(asked)
    assert [row.outcome for row in await rows(world)] == ["released"]


async def test_a_person_whose_key_was_destroyed_is_told_of_no_more(world: World) -> None:
    _, token = await world.consented()
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(data_key).where(data_key.c.owner == world.somchai).values(wrapped=b""))
    assert await world.plain().decide(asked_of(pull(token))) is None
    assert world.registry.asked == 0


async def test_a_session_below_the_minimum_and_a_wrong_company_decide_nothing_here(world: World) -> None:
    _, token = await world.consented()
    weak = replace(token, acr=Acr(Ial.IAL1_3, Aal.AAL1))
    assert await world.plain().decide(asked_of(pull(weak))) is None
    await world.exchange().pull(of_company(world))
    wrong = of_company(world, subject=JuristicSubject("0000000000000"), purpose=COMPANY_SERVICE)
    assert await world.plain().decide(asked_of(wrong)) is None
    assert len(await world.entries("exchange.decided")) == 1
