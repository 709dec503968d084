"""The log cannot be written, or a right ends at an instant: nothing is disclosed (attack rows 50 and 85)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from idp.agencies.store import agreement
from idp.exchange.pull.store import disclosure
from tests.exchange.test_pull import withdraw
from tests.exchange.world import SOMCHAI, World, person_detail
from tests.gateway.door import Door
from tests.gateway.test_pulls import consented_token

pytestmark = pytest.mark.anyio

FAULT = "CREATE TRIGGER fault BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END"


async def break_log(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await uow.execute(text(FAULT))


async def mend_log(world: World) -> None:
    async with world.storage.unit_of_work() as uow:
        await uow.execute(text("DROP TRIGGER fault"))


async def disclosures(world: World) -> int:
    async with world.storage.reading() as uow:
        row = await uow.first(select(func.count()).select_from(disclosure))
    assert row is not None
    return int(row[0])


async def test_without_the_log_no_registry_is_asked_and_nothing_leaves(door: Door) -> None:
    token = await consented_token(door)
    await break_log(door.world)
    for _ in range(2):
        answer = await door.pull(token, **{"idempotency-key": "same"})
        assert answer.status_code in (500, 503)
        assert SOMCHAI.citizen_id.digits not in answer.text
    assert (door.world.registry.asked, await disclosures(door.world)) == (0, 0)
    # readers of the contract and of nothing personal are served still
    assert (await door.http.get("/catalogue")).status_code == 200
    await mend_log(door.world)
    released = await door.pull(token, **{"idempotency-key": "same"})
    assert (released.status_code, await disclosures(door.world)) == (200, 1)


async def test_a_log_that_breaks_while_the_registry_answers_keeps_the_answer_in(door: Door) -> None:
    token = await consented_token(door)
    door.world.registry.meanwhile = lambda: break_log(door.world)
    answer = await door.pull(token)
    assert answer.status_code in (500, 503)
    assert SOMCHAI.name_th.first not in answer.text
    assert (door.world.registry.asked, await disclosures(door.world)) == (1, 0)


async def test_a_document_is_not_handed_out_without_the_log(sealing_door: Door) -> None:
    token = await consented_token(sealing_door)
    made = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "pdf"})).json()["document"]
    await break_log(sealing_door.world)
    answer = await sealing_door.fetch(token, f"/documents/{made['id']}")
    assert answer.status_code in (500, 503)
    assert not answer.content.startswith(b"%PDF")
    await mend_log(sealing_door.world)
    assert (await sealing_door.fetch(token, f"/documents/{made['id']}")).content.startswith(b"%PDF")


async def test_what_changes_rights_is_undone_with_its_entry(door: Door) -> None:
    token = await consented_token(door)
    await break_log(door.world)
    with pytest.raises(Exception, match="disk full"):
        await withdraw(door.world)
    await mend_log(door.world)
    assert (await door.pull(token)).status_code == 200


async def test_a_right_ends_at_its_instant_also_between_two_pulls_of_one_token(door: Door) -> None:
    """Row 50: "refuse from that instant"."""
    _, verified = await door.world.consented(person_detail(uses=5))
    token = await door.token(verified)
    ends = door.world.clock.now() + timedelta(seconds=60)
    async with door.world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).values(valid_until=ends))
    door.world.clock.advance(59)
    assert (await door.pull(token)).status_code == 200
    door.world.clock.advance(1)
    answer = await door.pull(token)
    assert (answer.status_code, answer.json()["code"]) == (403, "EXC-02")


async def test_a_right_that_ends_while_the_registry_answers_releases_nothing(door: Door) -> None:
    token = await consented_token(door)

    async def end() -> None:
        async with door.world.storage.unit_of_work() as uow:
            await uow.execute(update(agreement).values(valid_until=uow.now))

    door.world.registry.meanwhile = end
    answer = await door.pull(token)
    assert answer.status_code == 403
    assert SOMCHAI.name_th.first not in answer.text
