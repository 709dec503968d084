"""At least once, in order, one worker at a time; what comes of answers, silence and time. On either engine."""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from idp.audit.store import audit_entry
from idp.kernel.errors import NotFound
from idp.kernel.ids import SsoSessionId
from idp.keys.envelope import PersonalData
from idp.notices.streams.delivery_store import find_delivery, signal_delivery, stuck, take_due_streams
from idp.notices.streams.model import GIVEN_UP_AFTER, KEPT_IN_FULL, LEASE, DeliveryId, DeliveryState, Signal, SignalKind
from idp.notices.streams.model import StreamStatus as Status
from idp.notices.streams.store import find_in_turn, release, signal_stream
from idp.protocol.shared_signals import PollCall
from tests.notices.streams.office import JOBS, ROOTS, SOMEBODY, WATER, Office
from tests.notices.streams.town import Mailbox, mailbox, unverified

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


def jtis(box: Mailbox) -> list[str]:
    return [str(one.claims()["jti"]) for one in box.received]


async def test_a_cause_is_told_once_to_each_stream_whatever_is_said_again(office: Office, box: Mailbox) -> None:
    await office.stream(box.url)
    assert await office.tell("out_1") == 1
    assert await office.tell("out_1") == 0
    await office.deliveries.send_due()
    await office.deliveries.send_due()
    assert len(box.received) == 1
    assert [one.state for one in await office.told()] == [DeliveryState.DELIVERED]


async def test_what_could_not_be_brought_comes_again_under_the_same_id_and_in_order(
    office: Office, box: Mailbox
) -> None:
    box.answers = [(503, b""), (401, b""), (302, b""), (202, b"")]
    await office.stream(box.url)
    await office.tell("out_1")
    office.clock.advance(1)
    await office.tell("out_2")
    for rest in (0, 5, 10, 20):
        office.clock.advance(rest)
        await office.deliveries.send_due()
    sent = jtis(box)
    assert sent[:4] == [sent[0]] * 4
    assert len(set(sent)) == 2
    first, second = await office.told()
    assert (first.id, first.attempts, first.outcome) == (sent[0], 3, "202")
    assert second.id == sent[4]
    assert {one.claims()["iat"] for one in box.received[:4]} == {int(first.created_at.timestamp())}


async def test_a_stream_rests_longer_after_each_failure_and_others_do_not_wait(office: Office) -> None:
    async with mailbox() as down, mailbox() as up:
        down.answers = [(500, b"")]
        await office.stream(down.url)
        await office.stream(up.url, of=WATER)
        await office.tell("out_1")
        await office.tell("out_2", to=WATER)
        await office.deliveries.send_due()
        assert len(up.received) == 1
        for _ in range(30):
            office.clock.advance(1)
            await office.deliveries.send_due()
        # at 0, 5 and 15 seconds; the next would be at 35
        assert len(down.received) == 3


async def test_a_refusal_is_final_and_keeps_no_text_of_the_receiver(office: Office, box: Mailbox) -> None:
    said = {"err": "invalid_audience", "description": "secret of the receiver"}
    box.answers = [(400, json.dumps(said).encode()), (400, b"\xff"), (202, b"")]
    await office.stream(box.url)
    for cause in ("out_1", "out_2", "out_3"):
        await office.tell(cause)
        office.clock.advance(1)
    await office.deliveries.send_due()
    assert [(one.state.value, one.outcome) for one in await office.told()] == [
        ("refused", "invalid_audience"),
        ("refused", "other"),
        ("delivered", "202"),
    ]


async def test_two_workers_do_not_send_the_same(office: Office, box: Mailbox) -> None:
    box.holds = asyncio.Event()
    await office.stream(box.url)
    await office.tell("out_1")
    first = asyncio.create_task(office.deliveries.send_due())
    await box.came.wait()
    assert await office.node().deliveries.send_due() == 0
    box.holds.set()
    assert await first == 1
    assert len(box.received) == 1


async def test_a_worker_that_is_killed_after_sending_leaves_it_to_the_next_under_the_same_id(
    office: Office, box: Mailbox
) -> None:
    box.holds = asyncio.Event()
    await office.stream(box.url)
    await office.tell("out_1")
    url = office.storage.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.notices.streams.dying_worker", url]
    dying = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    await box.came.wait()
    dying.kill()
    await dying.wait()
    box.holds.set()
    assert await office.node().deliveries.send_due() == 0
    office.clock.advance(LEASE.total_seconds())
    assert await office.node().deliveries.send_due() == 1
    assert len(box.received) == 2
    assert len(set(jtis(box))) == 1


async def test_who_lost_the_turn_sends_no_more_and_lets_nobody_in(office: Office, box: Mailbox) -> None:
    await office.stream(box.url)
    await office.tell("out_1")
    async with office.storage.unit_of_work() as uow:
        [slow] = await take_due_streams(uow, limit=5)
        assert await take_due_streams(uow, limit=5) == []
    office.clock.advance(LEASE.total_seconds())
    async with office.storage.unit_of_work() as uow:
        [quick] = await take_due_streams(uow, limit=5)
        assert await find_in_turn(uow, slow) is None
        assert await find_in_turn(uow, quick) is not None
        # the slow one comes back: it says nothing of the stream, which stays the other's
        assert not await release(uow, slow, failures=9, due_at=uow.now + timedelta(hours=1))
        assert await take_due_streams(uow, limit=5) == []
        assert await release(uow, quick, failures=0, due_at=uow.now)
        assert [turn.failures for turn in await take_due_streams(uow, limit=5)] == [0]


async def test_a_worker_that_is_overtaken_leaves_the_rest_and_its_order_to_the_other(
    office: Office, box: Mailbox
) -> None:
    box.holds = asyncio.Event()
    await office.stream(box.url)
    await office.tell("out_1")
    await office.tell("out_2")
    slow = asyncio.create_task(office.deliveries.send_due())
    await box.came.wait()
    office.clock.advance(LEASE.total_seconds())
    box.came.clear()
    quick = asyncio.create_task(office.node().deliveries.send_due())
    await box.came.wait()
    box.holds.set()
    await asyncio.gather(slow, quick)
    first, again, *rest = jtis(box)
    # the first one twice, for it was under way; the second after it, and by one of them alone
    assert first == again
    assert len(rest) == 1
    assert [one.state.value for one in await office.told()] == ["delivered", "delivered"]


async def test_what_a_receiver_mends_in_the_middle_of_a_turn_is_not_put_to_rest(office: Office, box: Mailbox) -> None:
    box.holds, box.answers = asyncio.Event(), [(500, b""), (202, b"")]
    stream = await office.stream(box.url)
    await office.tell("out_1")
    under_way = asyncio.create_task(office.deliveries.send_due())
    await box.came.wait()
    async with office.storage.unit_of_work() as uow:
        await office.streams.set_status(uow, stream, Status.ENABLED, reason="mended")
    box.holds.set()
    await under_way
    assert (await office.at_present(stream.id)).failures == 0
    await office.deliveries.send_due()
    assert [one.state.value for one in await office.told()] == ["delivered"]


async def test_what_is_paused_in_the_middle_of_a_turn_waits_from_there_on(office: Office, box: Mailbox) -> None:
    box.holds = asyncio.Event()
    stream = await office.stream(box.url)
    await office.tell("out_1")
    await office.tell("out_2")
    under_way = asyncio.create_task(office.deliveries.send_due())
    await box.came.wait()
    async with office.storage.unit_of_work() as uow:
        await office.streams.set_status(uow, stream, Status.PAUSED, reason=None)
    box.holds.set()
    await under_way
    assert sorted(one.state.value for one in await office.told()) == ["delivered", "waiting"]
    async with office.storage.unit_of_work() as uow:
        await office.streams.set_status(uow, stream, Status.ENABLED, reason=None)
    await office.deliveries.send_due()
    assert len(jtis(box)) == len(set(jtis(box))) == 2


async def test_a_paused_stream_holds_and_a_disabled_one_drops(office: Office, box: Mailbox) -> None:
    stream = await office.stream(box.url)
    async with office.storage.unit_of_work() as uow:
        paused = await office.streams.set_status(uow, stream, Status.PAUSED, reason=None)
    await office.tell("out_1")
    assert await office.deliveries.send_due() == 0
    async with office.storage.unit_of_work() as uow:
        await office.streams.set_status(uow, paused, Status.ENABLED, reason=None)
    await office.deliveries.send_due()
    assert len(box.received) == 1
    office.clock.advance(1)
    await office.tell("out_2")
    async with office.storage.unit_of_work() as uow:
        await office.streams.set_status(uow, stream, Status.DISABLED, reason="no more")
    assert await office.tell("out_3") == 0
    assert await office.deliveries.send_due() == 0
    assert [one.state.value for one in await office.told()] == ["delivered", "dropped"]


async def test_nothing_leaves_for_a_program_that_is_not_answered(office: Office, box: Mailbox) -> None:
    stream = await office.stream(None, of=WATER)
    await office.stream(box.url)
    await office.tell("out_1")
    await office.tell("out_1", to=WATER)
    office.known.live.clear()
    await office.deliveries.send_due()
    assert box.received == []
    assert await office.deliveries.offered(WATER.client_id, stream.id, most=10) == ({}, False)
    office.known.live[JOBS.client_id] = JOBS
    office.clock.advance(10)
    await office.deliveries.send_due()
    assert len(box.received) == 1


async def test_what_is_no_id_of_ours_is_looked_for_nowhere(office: Office) -> None:
    stream = await office.stream(None)
    await office.tell("out_1")
    strange = ["", "\x00", "set_\x00", "x" * 5000]
    async with office.storage.unit_of_work() as uow:
        await office.deliveries.acknowledge(uow, stream, PollCall(1, True, (*strange,), dict.fromkeys(strange, "x")))
        for one in strange:
            with pytest.raises(NotFound):
                await office.streams.retry(uow, JOBS.client_id, DeliveryId(one))
    assert [one.state for one in await office.told()] == [DeliveryState.WAITING]


async def test_after_a_week_it_is_given_up_and_may_be_asked_for_again(office: Office, box: Mailbox) -> None:
    box.answers = [(500, b""), (202, b"")]
    await office.stream(box.url)
    await office.tell("out_1")
    await office.deliveries.send_due()
    async with office.storage.reading() as uow:
        [row] = await stuck(uow, since=uow.now)
    assert (row.client_id, row.waiting, row.failures) == ("jobs", 1, 1)
    office.clock.advance(GIVEN_UP_AFTER.total_seconds())
    await office.deliveries.give_up()
    [dead] = await office.told()
    assert dead.state is DeliveryState.DEAD
    assert await office.deliveries.send_due() == 0
    async with office.storage.unit_of_work() as uow:
        await office.streams.retry(uow, JOBS.client_id, dead.id)
    await office.deliveries.send_due()
    assert len(set(jtis(box))) == 1
    assert (await office.found(dead.id)).state is DeliveryState.DELIVERED


async def test_what_was_settled_long_ago_keeps_its_ids_alone(office: Office, box: Mailbox) -> None:
    await office.stream(box.url)
    await office.tell("out_1")
    await office.deliveries.send_due()
    [one] = await office.told()
    assert one.signal is not None
    assert one.signal.subscriber_id == SOMEBODY
    office.clock.advance(KEPT_IN_FULL.total_seconds())
    await office.deliveries.give_up()
    kept = await office.found(one.id)
    assert (kept.signal, kept.state, kept.kind) == (None, DeliveryState.DELIVERED, SignalKind.CONSENT_WITHDRAWN)
    # and still nobody is told of that cause again
    assert await office.tell("out_1") == 0
    office.clock.advance(timedelta(days=366).total_seconds())
    await office.deliveries.give_up()
    async with office.storage.reading() as uow:
        assert await find_delivery(uow, one.id) is None


async def test_two_agencies_cannot_put_what_they_were_told_together(office: Office) -> None:
    mine, theirs = await office.stream(None), await office.stream(None, of=WATER)
    async with office.storage.unit_of_work() as uow:
        signal = Signal(
            kind=SignalKind.SESSION_REVOKED,
            cause="out_1",
            at=uow.now,
            subscriber_id=SOMEBODY,
            session_id=SsoSessionId("ses_1"),
        )
        for receiver in (JOBS, WATER):
            await office.streams.tell(uow, receiver, signal)
    one, _ = await office.deliveries.offered(JOBS.client_id, mine.id, most=10)
    other, _ = await office.deliveries.offered(WATER.client_id, theirs.id, most=10)
    first, second = (unverified(next(iter(sets.values()))) for sets in (one, other))
    for name in ("jti", "txn"):
        assert first[name] != second[name]
    assert first["sub_id"]["user"]["sub"] != second["sub_id"]["user"]["sub"]
    assert first["sub_id"]["session"]["id"] != second["sub_id"]["session"]["id"]
    assert "out_1" not in json.dumps([first, second])


async def test_that_an_agency_was_told_is_in_the_log_without_the_person(office: Office, box: Mailbox) -> None:
    await office.stream(box.url)
    await office.tell("out_1")
    await office.deliveries.send_due()
    async with office.storage.reading() as uow:
        entries = [json.loads(row.canonical) for row in await uow.all(select(audit_entry.c.canonical))]
    [told] = [entry for entry in entries if entry["event"] == "signal.settled"]
    assert (told["client"], told["outcome"], told["details"]["answer"]) == ("jobs", "ok", "202")
    assert SOMEBODY not in json.dumps(told)


async def test_a_receiver_that_leads_inside_gets_nothing(office: Office) -> None:
    await office.stream("http://169.254.169.254/latest")
    await office.tell("out_1")
    await office.deliveries.send_due()
    [one] = await office.told()
    assert (one.state, one.outcome) == (DeliveryState.WAITING, "unreachable")


async def test_a_stream_whose_secret_cannot_be_read_sends_nothing_and_holds_nobody_up(office: Office) -> None:
    async with mailbox() as sealed, mailbox() as open_:
        await office.stream(sealed.url, header="Bearer s3cret")
        await office.stream(open_.url, of=WATER)
        await office.tell("out_1")
        await office.tell("out_1", to=WATER)
        async with office.storage.unit_of_work() as uow:
            await PersonalData(ROOTS).destroy(uow, JOBS.agency_id)
        await office.deliveries.send_due()
        assert (len(sealed.received), len(open_.received)) == (0, 1)
    [one] = await office.told()
    assert (one.state, one.outcome) == (DeliveryState.WAITING, "unsigned")


async def test_a_stream_for_which_no_key_signs_rests_and_ends_no_worker(office: Office) -> None:
    async with mailbox() as box:
        office.known.live[WATER.client_id] = replace(WATER, alg="of-another-time")
        await office.stream(box.url, of=WATER)
        await office.tell("out_1", to=WATER)
        await office.deliveries.send_due()
        assert await office.deliveries.send_due() == 0
        office.known.live[WATER.client_id] = WATER
        office.clock.advance(5)
        await office.deliveries.send_due()
        assert len(box.received) == 1


async def test_a_turn_that_breaks_off_makes_its_stream_rest_and_no_other(office: Office, box: Mailbox) -> None:
    async with mailbox() as other:
        stream = await office.stream(box.url)
        await office.stream(other.url, of=WATER)
        await office.tell("out_1")
        await office.tell("out_1", to=WATER)
        # a row that nobody can read: the mistake is heard of, and met less often each time
        async with office.storage.unit_of_work() as uow:
            mine = signal_delivery.c.stream_id == stream.id
            await uow.execute(update(signal_delivery).where(mine).values(kind="of-another-time"))
        for _ in range(20):
            with suppress(ValueError):
                await office.deliveries.send_due()
            office.clock.advance(1)
        assert len(other.received) == 1
        assert (await office.at_present(stream.id)).failures == 3


async def test_what_happens_in_one_millisecond_is_told_in_the_order_of_telling(office: Office, box: Mailbox) -> None:
    await office.stream(box.url)
    polled = await office.stream(None, of=WATER)
    for number in range(12):
        await office.tell(f"out_{number}", about=f"pul_{number}")
        await office.tell(f"out_{number}", about=f"pul_{number}", to=WATER)
    for _ in range(2):
        await office.deliveries.send_due()
    wanted = [f"pul_{number}" for number in range(12)]
    assert [one.claims()["sub_id"]["id"] for one in box.received] == wanted
    sets, _ = await office.deliveries.offered(WATER.client_id, polled.id, most=100)
    assert [unverified(token)["sub_id"]["id"] for token in sets.values()] == wanted


async def test_a_program_that_is_answered_again_hears_at_once_what_waited(office: Office, box: Mailbox) -> None:
    await office.stream(box.url)
    await office.tell("out_1")
    office.known.live.clear()
    for _ in range(30):
        await office.deliveries.send_due()
        office.clock.advance(5)
    assert box.received == []
    office.known.live[JOBS.client_id] = JOBS
    await office.deliveries.send_due()
    assert len(box.received) == 1


async def test_what_is_secret_is_not_in_the_store(office: Office) -> None:
    await office.stream("https://agency.example/events", header="Bearer s3cret")
    _, keys = await office.webhook("https://agency.example/hook")
    async with office.storage.reading() as uow:
        stolen = [bytes(row.sealed) for row in await uow.all(select(signal_stream.c.sealed))]
    assert len(stolen) == 2
    for secret in (b"s3cret", keys.secret, keys.seed, keys.shared.encode()):
        assert not [one for one in stolen if secret in one]
