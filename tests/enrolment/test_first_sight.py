"""An officer sees for the first time whose identity it is: what a stranger may have bound does not rise with it."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.simulators.switchboard import Mode
from idp.audit.model import SYSTEM
from idp.authentication import pin_store
from idp.authentication.held import holds_authenticator
from idp.enrolment import rules
from idp.enrolment.model import EnrolmentState
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from tests.enrolment.world import World, identity_of


async def known_with_pin(world: World, ial: Ial) -> SubscriberId:
    """Somchai has an identity of this level and a PIN on it."""
    async with world.storage.unit_of_work() as uow:
        known = await world.subscribers.create(uow, identity=identity_of("somchai"), ial=ial, by=SYSTEM)
        await pin_store.put_pin(uow, known, "hash")
    return known


async def bound(world: World, ial: Ial) -> bool:
    """Is Somchai's PIN there after a visit to the counter?"""
    known = await known_with_pin(world, ial)
    completed = await world.confirm(await world.enrol("somchai"))
    assert completed.state is EnrolmentState.COMPLETED
    async with world.storage.reading() as uow:
        assert (await world.subscribers.get(uow, known)).ial is Ial.IAL2_2
        return await holds_authenticator(uow, known)


async def test_ways_in_from_before_anybody_looked_are_taken_away(world: World) -> None:
    assert not await bound(world, Ial.IAL1_3)


async def test_ways_in_of_somebody_who_was_seen_stay(world: World) -> None:
    assert await bound(world, Ial.IAL2_2)


async def test_who_left_before_the_registry_answered_leaves_no_link_on_the_officers_screen(world: World) -> None:
    known, officer = await known_with_pin(world, Ial.IAL1_3), world.members["officer"]
    world.registry(Mode.DOWN)
    left = await world.enrolments.finish_later((await world.enrol("somchai")).id, officer=officer, is_unrelated=True)
    world.switchboard.reset()
    world.clock.advance(61)
    await world.enrolments.advance_open()
    assert (await world.enrolments.advance(left.id)).state is EnrolmentState.COMPLETED
    async with world.storage.reading() as uow:
        assert not await holds_authenticator(uow, known)
    assert await world.enrolments.passkey_link_of(left.id, officer=officer) is None


@given(st.sampled_from(Ial), st.sampled_from(Ial))
def test_only_the_first_sight_takes_over(before: Ial, reached: Ial) -> None:
    assert rules.takes_over(before=before, reached=reached) == (before < Ial.IAL2_1 and reached >= Ial.IAL2_1)
