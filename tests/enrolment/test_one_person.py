"""One person, one identity: two ways at once on either engine, and again after the identity was closed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from connectors.contracts.thaid import ThaidAttempt, ThaidIdentity
from connectors.fictitious.personas import PERSONAS
from idp.audit.model import SYSTEM
from idp.enrolment.by_thaid.service import ThaidEnrolments
from idp.enrolment.forgetting import forget_person
from idp.enrolment.model import Enrolment, EnrolmentState
from idp.kernel.assurance import Ial
from idp.kernel.errors import TuatonError
from idp.kernel.ids import SubscriberId
from idp.keys.envelope import PersonalData
from idp.keys.sealing import TokenSealer
from idp.subscribers.closing import Closings
from idp.subscribers.store import subscriber
from tests.enrolment.world import World, identity_of

pytestmark = pytest.mark.anyio

BROWSER = "b" * 40


class AnsweringThaid:
    """Implements ThaidPort: whoever comes is this persona."""

    def __init__(self, persona: str) -> None:
        self._identity = identity_of(persona)
        self._place = 0

    origin = "https://thaid.example"

    def new_attempt(self) -> ThaidAttempt:
        self._place += 1
        return ThaidAttempt(f"state-{self._place}", "nonce", "verifier")

    async def authorization_url(self, attempt: ThaidAttempt, *, language: str) -> str:
        return f"{self.origin}/auth?{language}"

    async def redeem(self, attempt: ThaidAttempt, *, code: str) -> ThaidIdentity:
        one = self._identity
        assert one.citizen_id is not None
        assert one.sex
        return ThaidIdentity(one.citizen_id, one.name_th, one.name_en, one.birth_date, one.sex, "2.3", None)


def by_thaid(world: World) -> ThaidEnrolments:
    return ThaidEnrolments(
        storage=world.storage,
        thaid=AnsweringThaid("somchai"),
        subscribers=world.subscribers,
        invitations=world.passkey_links,
        sealer=TokenSealer(world.root_keys),
        notices=world.notices,
        audit=world.audit,
        security_log=world.security_log,
    )


async def arrives(ways: ThaidEnrolments, place: int) -> Any:
    left = await ways.leave(browser_id=BROWSER, language="th")
    return await ways.arrive(
        handle=left.handle, browser_id=BROWSER, state=f"state-{place}", code="c", error="", signed_in=None
    )


async def everybody(world: World) -> set[SubscriberId]:
    async with world.storage.reading() as uow:
        rows = await uow.all(select(subscriber.c.id))
    return {SubscriberId(row.id) for row in rows} - set(world.people.values())


async def known(world: World) -> Any:
    number = PERSONAS["somchai"].person.citizen_id
    async with world.storage.reading() as uow:
        return await world.subscribers.find_by_citizen_id(uow, number)


async def test_from_the_counter_and_from_thaid_at_once(either: World) -> None:
    """Whoever is second finds the identity that the first made; the officer is not sent away with a code."""
    checked, ways = await either.enrol("somchai"), by_thaid(either)
    ends = await asyncio.gather(either.confirm(checked), arrives(ways, 1), return_exceptions=True)
    completed = ends[0]
    assert isinstance(completed, Enrolment), completed
    assert completed.state is EnrolmentState.COMPLETED
    # ThaiD was first and has its link, or came to an identity that somebody has proven by more
    assert not isinstance(ends[1], BaseException) or isinstance(ends[1], TuatonError), ends[1]
    assert await everybody(either) == {completed.subscriber_id}
    found = await known(either)
    assert (found.id, found.ial >= Ial.IAL2_2) == (completed.subscriber_id, True)


async def test_two_browsers_of_one_person_at_thaid_at_once(either: World) -> None:
    ways = by_thaid(either)
    one, other = await asyncio.gather(arrives(ways, 1), arrives(by_thaid(either), 1), return_exceptions=True)
    made = {end.subscriber_id for end in (one, other) if not isinstance(end, BaseException)}
    assert made == await everybody(either)
    assert len(made) == 1


async def closed(world: World, person: SubscriberId) -> None:
    closings = Closings(personal=PersonalData(world.root_keys), audit=world.audit)
    async with world.storage.unit_of_work() as uow:
        await closings.ask(uow, person)
    world.clock.advance(timedelta(days=7).total_seconds())
    assert await closings.close_due(world.storage) == 1


async def test_whoever_closed_an_identity_enrols_again_with_the_same_card(either: World) -> None:
    first = await either.confirm(await either.enrol("somchai"))
    assert first.subscriber_id is not None
    await closed(either, first.subscriber_id)
    assert await known(either) is None
    # at once, before anything was tidied: the chip is nobody's any more
    again = await either.confirm(await either.enrol("somchai"))
    assert again.state is EnrolmentState.COMPLETED, again.problem
    assert again.subscriber_id not in (None, first.subscriber_id)
    # tidying the old one, twice and late, takes nothing from the new one
    for _ in range(2):
        async with either.storage.unit_of_work() as uow:
            await forget_person(uow, first.subscriber_id)
    async with either.storage.reading() as uow:
        chips = await uow.all(text("SELECT DISTINCT subscriber_id FROM enrolled_chip"))
        evidence = await either.enrolments.evidence_of(uow, again.subscriber_id)
    assert [row.subscriber_id for row in chips] == [again.subscriber_id]
    assert evidence
    # and another person with that chip is stopped as ever
    assert (await known(either)).id == again.subscriber_id


async def test_a_closing_and_an_enrolment_at_once_leave_one_identity_or_none_half_made(either: World) -> None:
    first = await either.confirm(await either.enrol("somchai"))
    assert first.subscriber_id is not None
    closings = Closings(personal=PersonalData(either.root_keys), audit=either.audit)
    async with either.storage.unit_of_work() as uow:
        await closings.ask(uow, first.subscriber_id)
    either.clock.advance(timedelta(days=7).total_seconds())
    checked = await either.enrol("somchai")
    ends = await asyncio.gather(either.confirm(checked), closings.close_due(either.storage), return_exceptions=True)
    assert not any(isinstance(end, BaseException) and not isinstance(end, TuatonError) for end in ends), ends
    present = await known(either)
    if present is None:
        again = await either.confirm(await either.enrol("somchai"))
        assert again.state is EnrolmentState.COMPLETED
        present = await known(either)
    assert present.is_live
    async with either.storage.reading() as uow:
        assert (await either.subscribers.identity(uow, present.id)).citizen_id is not None


async def test_an_identity_made_between_look_and_act_is_found(either: World) -> None:
    """As another node would: it appears after the card was judged and before the officer decides."""
    checked = await either.enrol("somchai")
    async with either.storage.unit_of_work() as uow:
        made = await either.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL1_3, by=SYSTEM)
    completed = await either.confirm(checked)
    assert completed.subscriber_id == made
    assert await everybody(either) == {made}
