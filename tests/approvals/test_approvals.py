"""Approval by two persons: one change, one decision, on either engine and over two nodes."""

import asyncio
import secrets
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select, update

from idp.approvals.model import (
    LONGEST,
    MAX_REMARK,
    ApprovalProblem,
    Approvers,
    Decider,
    Difference,
    Proposal,
    ProposalId,
    ProposalState,
    ProposedChange,
    RemarkKind,
)
from idp.approvals.rules import MayDecide, decide_approval, differences
from idp.approvals.service import Approvals
from idp.approvals.store import proposal_remark
from idp.audit.log import AuditLog
from idp.audit.store import audit_entry
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.storage import Storage, UnitOfWork, open_engine
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HERE, ELSEWHERE = AgencyId("agc_1"), AgencyId("agc_2")
ADMIN = frozenset({"agency_admin"})
ANNA = Decider(MemberId("mem_1"), SubscriberId("sub_1"), HERE, ADMIN)
BOON = Decider(MemberId("mem_2"), SubscriberId("sub_2"), HERE, ADMIN)
CHAI = Decider(MemberId("mem_3"), SubscriberId("sub_3"), HERE, ADMIN)
ANNA_AGAIN = replace(ANNA, member_id=MemberId("mem_9"))
STRANGER = replace(BOON, agency_id=ELSEWHERE)
CLERK = replace(BOON, roles=frozenset({"lookup_officer"}))
APPROVERS = Approvers("agency_admin", HERE)
CHANGE = ProposedChange("test.quota", "thing_1", {"quota": 300, "status": "active"}, {"quota": 500, "status": "active"})
ROOT_KEY = secrets.token_bytes(32)

quota = Table("test_quota", MetaData(), Column("id", Text, primary_key=True), Column("quota", Integer))


@pytest.fixture
def approvals() -> Approvals:
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "pseudonym", randomness=system_randomness)
    return Approvals(personal=PersonalData(RootKeys({1: ROOT_KEY})), audit=audit, randomness=system_randomness)


async def propose(uow: UnitOfWork, approvals: Approvals, change: ProposedChange = CHANGE) -> Proposal:
    return await approvals.propose(uow, change, by=ANNA, approvers=APPROVERS, lasting=timedelta(days=3))


async def proposed(storage: Storage, approvals: Approvals) -> Proposal:
    async with storage.unit_of_work() as uow:
        return await propose(uow, approvals)


async def refused_with(storage: Storage, act: Callable[[UnitOfWork], Awaitable[object]]) -> TuatonError:
    with pytest.raises(TuatonError) as caught:
        async with storage.unit_of_work() as uow:
            await act(uow)
    return caught.value


async def test_a_second_person_approves_and_the_owner_gets_the_change(storage: Storage, approvals: Approvals) -> None:
    proposal = await proposed(storage, approvals)
    async with storage.reading() as uow:
        assert await approvals.waiting_for(uow, BOON) == (proposal,)
        assert await approvals.waiting_for(uow, ANNA) == await approvals.waiting_for(uow, STRANGER) == ()
        assert await approvals.waiting_for(uow, CLERK) == ()
        assert await approvals.waiting_for(uow, BOON, after=proposal.id) == ()
        assert await approvals.proposed_by(uow, ANNA_AGAIN) == (proposal,)
    async with storage.unit_of_work() as uow:
        assert await approvals.approve(uow, proposal.id, by=BOON, present=CHANGE.before) == CHANGE
    async with storage.reading() as uow:
        decided = await approvals.get(uow, proposal.id)
        events = [bytes(row.canonical).decode() for row in await uow.all(select(audit_entry))]
        assert await approvals.waiting_for(uow, BOON) == ()
    assert (decided.state, decided.decided_by) == (ProposalState.APPROVED, BOON.member_id)
    assert ['"event":"approval.proposed"' in event for event in events] == [True, False]
    assert '"changes":["quota"]' in events[1]
    assert "500" not in "".join(events)


@pytest.mark.parametrize(
    ("by", "present", "problem", "kind"),
    [
        (ANNA, CHANGE.before, ApprovalProblem.SAME_PERSON, Refused),
        (ANNA_AGAIN, CHANGE.before, ApprovalProblem.SAME_PERSON, Refused),
        (STRANGER, CHANGE.before, ApprovalProblem.NOT_ALLOWED, Refused),
        (CLERK, CHANGE.before, ApprovalProblem.NOT_ALLOWED, Refused),
        (BOON, {"quota": 400, "status": "active"}, ApprovalProblem.CHANGED_UNDERNEATH, Conflict),
        (BOON, {}, ApprovalProblem.CHANGED_UNDERNEATH, Conflict),
    ],
)
async def test_who_may_not_approve_does_not(
    sqlite_storage: Storage,
    approvals: Approvals,
    by: Decider,
    present: dict[str, object],
    problem: ApprovalProblem,
    kind: type[TuatonError],
) -> None:
    proposal = await proposed(sqlite_storage, approvals)
    error = await refused_with(sqlite_storage, lambda uow: approvals.approve(uow, proposal.id, by=by, present=present))
    assert (error.code, type(error)) == (problem, kind)
    async with sqlite_storage.reading() as uow:
        assert await approvals.get(uow, proposal.id) == proposal


async def test_what_is_decided_stays_decided(sqlite_storage: Storage, approvals: Approvals) -> None:
    proposal = await proposed(sqlite_storage, approvals)
    async with sqlite_storage.unit_of_work() as uow:
        await approvals.refuse(uow, proposal.id, by=BOON, reason="  ไม่มีหนังสืออนุญาต ")
    acts: list[Callable[[UnitOfWork], Awaitable[object]]] = [
        lambda uow: approvals.approve(uow, proposal.id, by=CHAI, present=CHANGE.before),
        lambda uow: approvals.refuse(uow, proposal.id, by=CHAI, reason="again"),
        lambda uow: approvals.ask_back(uow, proposal.id, by=CHAI, question="why?"),
        lambda uow: approvals.answer(uow, proposal.id, by=ANNA, text="because"),
        lambda uow: approvals.withdraw(uow, proposal.id, by=ANNA),
    ]
    for act in acts:
        assert (await refused_with(sqlite_storage, act)).code is ApprovalProblem.ALREADY_DECIDED
    async with sqlite_storage.reading() as uow:
        (remark,) = await approvals.remarks(uow, proposal.id)
        row = await uow.first(select(proposal_remark.c.sealed_text))
    assert (remark.kind, remark.by, remark.text) == (RemarkKind.REASON, BOON.member_id, "ไม่มีหนังสืออนุญาต")
    assert row is not None
    assert "หนังสือ".encode() not in bytes(row.sealed_text)


async def test_a_question_back_holds_the_approval_until_the_answer(
    storage: Storage, approvals: Approvals, clock: FrozenClock
) -> None:
    proposal = await proposed(storage, approvals)
    async with storage.unit_of_work() as uow:
        await approvals.ask_back(uow, proposal.id, by=BOON, question="ทำไม")
    error = await refused_with(storage, lambda uow: approvals.approve(uow, proposal.id, by=CHAI, present=CHANGE.before))
    assert error.code is ApprovalProblem.WAITS_FOR_AN_ANSWER
    error = await refused_with(storage, lambda uow: approvals.answer(uow, proposal.id, by=CHAI, text="I know"))
    assert error.code is ApprovalProblem.NOT_ALLOWED
    clock.advance(60)
    async with storage.unit_of_work() as uow:
        await approvals.answer(uow, proposal.id, by=ANNA, text="คำขอเพิ่มขึ้น")
        error_in_turn = await refused_inside(approvals.answer(uow, proposal.id, by=ANNA, text="and more"))
    assert error_in_turn is ApprovalProblem.ALREADY_DECIDED
    async with storage.unit_of_work() as uow:
        await approvals.approve(uow, proposal.id, by=BOON, present=CHANGE.before)
        remarks = await approvals.remarks(uow, proposal.id)
    assert [remark.kind for remark in remarks] == [RemarkKind.QUESTION, RemarkKind.ANSWER]


async def refused_inside(act: Awaitable[object]) -> object:
    with pytest.raises(TuatonError) as caught:
        await act
    return caught.value.code


async def test_a_proposal_expires_by_the_clock(storage: Storage, approvals: Approvals, clock: FrozenClock) -> None:
    proposal = await proposed(storage, approvals)
    clock.advance(timedelta(days=3).total_seconds())
    error = await refused_with(storage, lambda uow: approvals.approve(uow, proposal.id, by=BOON, present=CHANGE.before))
    assert error.code is ApprovalProblem.EXPIRED
    async with storage.unit_of_work() as uow:
        assert await approvals.waiting_for(uow, BOON) == ()
        assert await approvals.expire_due(uow) == [proposal.id]
        assert await approvals.expire_due(uow) == []
    async with storage.unit_of_work() as uow:
        assert (await approvals.get(uow, proposal.id)).state is ProposalState.EXPIRED
        assert (await propose(uow, approvals)).state is ProposalState.OPEN


async def test_an_expired_proposal_does_not_stand_in_the_way(
    sqlite_storage: Storage, approvals: Approvals, clock: FrozenClock
) -> None:
    first = await proposed(sqlite_storage, approvals)
    clock.advance(timedelta(days=4).total_seconds())
    second = await proposed(sqlite_storage, approvals)
    async with sqlite_storage.reading() as uow:
        assert (await approvals.get(uow, first.id)).state is ProposalState.EXPIRED
        assert await approvals.waiting_for(uow, BOON) == (second,)


async def test_one_thing_has_one_change_waiting_until_it_is_withdrawn(storage: Storage, approvals: Approvals) -> None:
    proposal = await proposed(storage, approvals)
    error = await refused_with(storage, lambda uow: propose(uow, approvals))
    assert error.code is ApprovalProblem.ALREADY_PROPOSED
    error = await refused_with(storage, lambda uow: approvals.withdraw(uow, proposal.id, by=BOON))
    assert error.code is ApprovalProblem.NOT_ALLOWED
    async with storage.unit_of_work() as uow:
        assert await approvals.withdraw(uow, proposal.id, by=ANNA) == CHANGE
        await propose(uow, approvals)


async def test_what_cannot_be_proposed_or_said_is_refused(sqlite_storage: Storage, approvals: Approvals) -> None:
    nothing = replace(CHANGE, after=CHANGE.before)
    error = await refused_with(sqlite_storage, lambda uow: propose(uow, approvals, nothing))
    assert error.code is ApprovalProblem.NOTHING_TO_CHANGE
    for lasting in (timedelta(0), LONGEST + timedelta(seconds=1)):
        error = await refused_with(
            sqlite_storage,
            lambda uow, lasting=lasting: approvals.propose(uow, CHANGE, by=ANNA, approvers=APPROVERS, lasting=lasting),
        )
        assert error.code is ApprovalProblem.NOTHING_TO_CHANGE
    proposal = await proposed(sqlite_storage, approvals)
    for text in ("", "  ", "ก" * (MAX_REMARK + 1)):
        error = await refused_with(
            sqlite_storage, lambda uow, text=text: approvals.refuse(uow, proposal.id, by=BOON, reason=text)
        )
        assert error.code is ApprovalProblem.REMARK_NOT_POSSIBLE
    error = await refused_with(sqlite_storage, lambda uow: approvals.get(uow, ProposalId("prp_0")))
    assert isinstance(error, NotFound)
    async with sqlite_storage.reading() as uow:
        assert await approvals.get(uow, proposal.id) == proposal


async def test_of_many_approvals_over_two_nodes_one_counts_and_is_applied_once(
    database_url: str, clock: FrozenClock, approvals: Approvals
) -> None:
    nodes = [Storage(open_engine(database_url), clock) for _ in range(2)]
    async with nodes[0].engine.begin() as connection:
        await connection.run_sync(quota.create)
        await connection.execute(insert(quota).values(id="thing_1", quota=300))
    proposal = await proposed(nodes[0], approvals)

    async def approve(node: Storage, by: Decider) -> object:
        try:
            async with node.unit_of_work() as uow:
                row = await uow.first(select(quota.c.quota).where(quota.c.id == "thing_1"))
                assert row is not None
                present = {"quota": row.quota, "status": "active"}
                change = await approvals.approve(uow, proposal.id, by=by, present=present)
                await uow.execute(update(quota).values(quota=quota.c.quota + change.after["quota"]))
        except Conflict as conflict:
            return conflict.code
        return None

    outcomes = await asyncio.gather(*(approve(nodes[turn % 2], (BOON, CHAI)[turn // 2 % 2]) for turn in range(8)))
    assert outcomes.count(None) == 1
    assert set(outcomes) <= {None, ApprovalProblem.ALREADY_DECIDED, ApprovalProblem.CHANGED_UNDERNEATH}
    async with nodes[1].reading() as uow:
        row = await uow.first(select(quota.c.quota))
    assert row is not None
    assert row.quota == 800
    for node in nodes:
        await node.close()


def test_the_difference_names_what_changes() -> None:
    change = ProposedChange("a.b", "x", {"a": 1, "b": [1], "c": None}, {"b": [1, 2], "c": None, "d": True})
    assert differences(change) == (
        Difference("a", 1, None),
        Difference("b", [1], [1, 2]),
        Difference("d", None, True),
    )


@given(
    st.builds(
        Decider,
        st.sampled_from([MemberId("mem_1"), MemberId("mem_2")]),
        st.sampled_from([SubscriberId("sub_1"), SubscriberId("sub_2")]),
        st.sampled_from([HERE, ELSEWHERE]),
        st.sampled_from([ADMIN, frozenset[str]()]),
    ),
    st.sampled_from(ProposalState),
    st.sampled_from([CHANGE.before, CHANGE.after]),
    st.integers(-2, 2),
)
def test_whoever_approves_is_another_person_with_the_role_in_time(
    by: Decider, state: ProposalState, present: dict[str, object], hours: int
) -> None:
    proposal = Proposal(
        id=ProposalId("prp_1"),
        change=CHANGE,
        approvers=APPROVERS,
        proposed_by=ANNA.member_id,
        proposed_by_person=ANNA.person,
        proposed_for=HERE,
        proposed_at=NOW - timedelta(days=1),
        expires_at=NOW,
        state=state,
        decided_by=None,
        decided_at=None,
    )
    decision = decide_approval(proposal, by=by, present=present, now=NOW + timedelta(hours=hours))
    expected = by == BOON and state is ProposalState.OPEN and present == CHANGE.before and hours < 0
    assert isinstance(decision, MayDecide) is expected


def test_each_code_has_its_text() -> None:
    entries = tomllib.loads((resources.files("idp.web") / "problems" / "APR.toml").read_text("utf-8"))
    assert set(entries) == {code.value for code in ApprovalProblem}
    assert all(entry[f"{part}_en"].isascii() for entry in entries.values() for part in ("title", "text", "next"))
