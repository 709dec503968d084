"""The life of an agreement: two persons to widen a right, one of the owner's to narrow it (attack row 49)."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from idp.agencies.agreements.model import Second, terms_from_json, terms_to_json
from idp.agencies.agreements.rules import is_narrower
from idp.agencies.agreements.service import Agreements
from idp.agencies.model import (
    AccessHours,
    Agency,
    AgencyKind,
    AgencyProblem,
    Agreement,
    AgreementKind,
    Role,
    Standing,
)
from idp.agencies.rules import BeyondRight
from idp.agencies.service import Agencies
from idp.approvals.model import ApprovalProblem, Decider
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.catalogue.model import Basis, Channel
from idp.kernel.errors import TuatonError
from idp.kernel.ids import AgencyId, AgreementId, MemberId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.outbox import outbox
from idp.storage.storage import Storage, UnitOfWork, open_engine
from tests.agencies.test_ceiling import AGREEMENT, FIELDS, REQUEST, SERVICE, ceiling
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

ROOT_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class House:
    """Two owners of data, a ministry above one of them, the platform, and who asks."""

    agencies: Agencies
    agreements: Agreements
    approvals: Approvals
    dopa: Agency
    dbd: Agency
    ministry: Agency
    platform: Agency
    asking: Agency

    def terms(self, now: datetime, **changes: Any) -> Agreement:
        record = replace(
            AGREEMENT,
            id=AgreementId("agr_NEW"),
            agency_id=self.asking.id,
            valid_from=now,
            valid_until=now + timedelta(days=90),
            daily_quota=100,
            kind=AgreementKind.DOPA_MOU,
            reference_no="MT 0309/1",
        )
        return replace(record, **changes)


def person(number: int, agency: Agency, *roles: Role) -> Decider:
    named = frozenset(role.value for role in roles)
    return Decider(MemberId(f"mem_{number}_{agency.code}"), SubscriberId(f"sub_{number}"), agency.id, named)


async def built(storage: Storage) -> House:
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "p", randomness=system_randomness)
    agencies = Agencies(audit=audit, randomness=system_randomness)
    approvals = Approvals(personal=PersonalData(RootKeys({1: ROOT_KEY})), audit=audit, randomness=system_randomness)
    async with storage.unit_of_work() as uow:

        async def founded(code: str, **more: Any) -> Agency:
            return await agencies.register_agency(
                uow, code=code, name_th=code, name_en=code, kind=AgencyKind.STATE, by=SYSTEM, **more
            )

        platform, ministry = await founded("platform"), await founded("interior")
        dopa = await founded("dopa", parent_id=ministry.id, owns={"dopa.person", "dopa.address"})
        dbd = await founded("dbd", owns={"dbd.company"})
        asking = await founded("employment")
        await agencies.register_service(uow, replace(SERVICE, agency_id=asking.id), by=SYSTEM)
    agreements = Agreements(
        agencies=agencies,
        approvals=approvals,
        audit=audit,
        randomness=system_randomness,
        platform_id=platform.id,
    )
    return House(agencies, agreements, approvals, dopa, dbd, ministry, platform, asking)


async def granted(storage: Storage, house: House, **changes: Any) -> Agreement:
    first, second = (person(number, house.dopa, Role.DATA_OWNER) for number in (1, 2))
    async with storage.unit_of_work() as uow:
        terms = house.terms(uow.now, **changes)
        proposal = await house.agreements.propose(uow, terms, by=first, second=Second.OWNER)
    async with storage.unit_of_work() as uow:
        return await house.agreements.approve(uow, proposal.id, by=second)


async def refused(act: Any) -> Any:
    with pytest.raises(TuatonError) as caught:
        await act
    return caught.value.code


async def in_force(uow: UnitOfWork, house: House) -> Agreement | None:
    return await house.agencies.agreement_for(
        uow, house.asking.id, SERVICE.id, "dopa.person", uow.now, channel=Channel.ONLINE
    )


async def test_the_agency_asks_and_the_owner_grants(storage: Storage) -> None:
    house = await built(storage)
    admin, clerk = person(1, house.asking, Role.AGENCY_ADMIN), person(2, house.dopa, Role.DATA_OWNER)
    async with storage.unit_of_work() as uow:
        terms = house.terms(uow.now, granted_by="whoever")
        proposal = await house.agreements.propose(uow, terms, by=admin, second=Second.OWNER)
        assert await in_force(uow, house) is None
    async with storage.unit_of_work() as uow:
        assert await house.approvals.waiting_for(uow, clerk) == (proposal,)
        assert await refused(house.agreements.approve(uow, proposal.id, by=admin)) is ApprovalProblem.SAME_PERSON
        stranger = person(3, house.dbd, Role.DATA_OWNER)
        assert await refused(house.agreements.approve(uow, proposal.id, by=stranger)) is ApprovalProblem.NOT_ALLOWED
        made = await house.agreements.approve(uow, proposal.id, by=clerk)
        assert await in_force(uow, house) == made
        assert "population registry" in made.granted_by
        assert [row.payload["status"] for row in await uow.all(select(outbox))] == ["active"]
        entries = [bytes(row.canonical).decode() for row in await uow.all(select(audit_entry))]
    assert any('"event":"agency.agreement_granted"' in entry for entry in entries)


@pytest.mark.parametrize("second", Second)
async def test_the_owner_chooses_whose_member_is_the_second(sqlite_storage: Storage, second: Second) -> None:
    house = await built(sqlite_storage)
    deciders = {
        Second.OWNER: person(2, house.dopa, Role.DATA_OWNER),
        Second.PARENT: person(2, house.ministry, Role.DATA_OWNER),
        Second.PLATFORM: person(2, house.platform, Role.PLATFORM_ADMIN),
    }
    first = person(1, house.dopa, Role.DATA_OWNER)
    async with sqlite_storage.unit_of_work() as uow:
        proposal = await house.agreements.propose(uow, house.terms(uow.now), by=first, second=second)
        # the same human being with a membership there is not a second person
        again = replace(deciders[second], person=first.person)
        assert await refused(house.agreements.approve(uow, proposal.id, by=again)) is ApprovalProblem.SAME_PERSON
        for other, decider in deciders.items():
            if other is not second:
                code = await refused(house.agreements.approve(uow, proposal.id, by=decider))
                assert code is ApprovalProblem.NOT_ALLOWED
        await house.agreements.approve(uow, proposal.id, by=deciders[second])


async def test_the_platform_enters_a_letter_with_two_persons(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    first, second = (person(number, house.platform, Role.PLATFORM_ADMIN) for number in (1, 2))
    async with sqlite_storage.unit_of_work() as uow:
        proposal = await house.agreements.propose(uow, house.terms(uow.now), by=first, second=Second.PLATFORM)
        assert await refused(house.agreements.approve(uow, proposal.id, by=first)) is ApprovalProblem.SAME_PERSON
        await house.agreements.approve(uow, proposal.id, by=second)


async def test_who_may_not_propose_is_refused(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    elsewhere, not_there = AgencyProblem.NOT_THE_OWNER, AgencyProblem.NO_SUCH_SECOND
    async with sqlite_storage.unit_of_work() as uow:
        terms = house.terms(uow.now)
        company = house.terms(uow.now, dataset="dbd.company", fields=frozenset({"name_th"}))
        for by, asked, second, problem in (
            (person(1, house.dbd, Role.DATA_OWNER), terms, Second.OWNER, elsewhere),
            (person(1, house.dopa, Role.LOOKUP_OFFICER), terms, Second.OWNER, elsewhere),
            (person(1, house.asking, Role.DATA_OWNER), terms, Second.OWNER, elsewhere),
            (person(1, house.asking, Role.PLATFORM_ADMIN), terms, Second.PLATFORM, elsewhere),
            (person(1, house.dopa, Role.AGENCY_ADMIN), terms, Second.OWNER, elsewhere),
            (person(1, house.asking, Role.AGENCY_ADMIN), terms, Second.PLATFORM, not_there),
            (person(1, house.platform, Role.PLATFORM_ADMIN), terms, Second.PARENT, not_there),
            (person(1, house.dbd, Role.DATA_OWNER), company, Second.PARENT, not_there),
        ):
            assert await refused(house.agreements.propose(uow, asked, by=by, second=second)) is problem


async def test_the_platform_never_grants_to_itself(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    async with sqlite_storage.unit_of_work() as uow:
        terms = house.terms(uow.now, agency_id=house.platform.id)
        admin = person(1, house.platform, Role.PLATFORM_ADMIN)
        code = await refused(house.agreements.propose(uow, terms, by=admin, second=Second.PLATFORM))
    assert code is AgencyProblem.NO_SUCH_SECOND


async def test_impossible_and_doubled_terms_are_refused(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    present = await granted(sqlite_storage, house)
    first = person(1, house.dopa, Role.DATA_OWNER)
    async with sqlite_storage.unit_of_work() as uow:
        for changes, problem in (
            ({"daily_quota": 0}, AgencyProblem.AGREEMENT_NOT_POSSIBLE),
            ({"bases": frozenset()}, AgencyProblem.AGREEMENT_NOT_POSSIBLE),
            ({}, AgencyProblem.ALREADY_EXISTS),
            ({"id": present.id, "channel": Channel.COUNTER}, AgencyProblem.CHANGED_MEANWHILE),
            ({"status": Standing.ENDED}, AgencyProblem.CHANGED_MEANWHILE),
        ):
            terms = house.terms(uow.now, **({"id": AgreementId("agr_2")} | changes))
            code = await refused(house.agreements.propose(uow, terms, by=first, second=Second.OWNER))
            assert code is problem, changes


async def test_one_person_narrows_and_suspends_and_two_lift(storage: Storage) -> None:
    house = await built(storage)
    present = await granted(storage, house)
    first, second = (person(number, house.dopa, Role.DATA_OWNER) for number in (1, 2))
    async with storage.unit_of_work() as uow:
        wider = replace(present, daily_quota=101)
        assert await refused(house.agreements.narrow(uow, wider, by=first)) is AgencyProblem.NOT_NARROWER
        narrow = await house.agreements.narrow(uow, replace(present, daily_quota=50), by=first)
        assert (narrow.daily_quota, narrow.version) == (50, 2)
        suspended = await house.agreements.suspend(uow, present.id, by=first)
        assert await in_force(uow, house) is None
        assert await refused(house.agreements.suspend(uow, present.id, by=first)) is AgencyProblem.CHANGED_MEANWHILE
        lifted = replace(suspended, status=Standing.ACTIVE)
        assert await refused(house.agreements.narrow(uow, lifted, by=first)) is AgencyProblem.NOT_NARROWER
        proposal = await house.agreements.propose(uow, lifted, by=first, second=Second.OWNER)
        await house.agreements.approve(uow, proposal.id, by=second)
        found = await in_force(uow, house)
        assert found is not None
        assert (found.daily_quota, found.version) == (50, 4)
        await house.agreements.end(uow, present.id, by=first)
        assert await refused(house.agreements.suspend(uow, present.id, by=first)) is AgencyProblem.CHANGED_MEANWHILE


async def test_another_owner_and_the_agency_itself_touch_nothing(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    present = await granted(sqlite_storage, house)
    async with sqlite_storage.unit_of_work() as uow:
        for by in (
            person(5, house.dbd, Role.DATA_OWNER),
            person(5, house.asking, Role.AGENCY_ADMIN),
            person(5, house.asking, Role.DATA_OWNER, Role.PLATFORM_ADMIN),
            person(5, house.dopa, Role.AGENCY_ADMIN),
        ):
            for act in (house.agreements.suspend, house.agreements.end):
                assert await refused(act(uow, present.id, by=by)) is AgencyProblem.NOT_THE_OWNER
            narrow = replace(present, daily_quota=1)
            assert await refused(house.agreements.narrow(uow, narrow, by=by)) is AgencyProblem.NOT_THE_OWNER
        assert await in_force(uow, house) == present


async def test_a_change_that_was_overtaken_is_not_applied(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    present = await granted(sqlite_storage, house)
    first, second = (person(number, house.dopa, Role.DATA_OWNER) for number in (1, 2))
    async with sqlite_storage.unit_of_work() as uow:
        wider = replace(present, daily_quota=500)
        proposal = await house.agreements.propose(uow, wider, by=first, second=Second.OWNER)
        await house.agreements.suspend(uow, present.id, by=first)
        code = await refused(house.agreements.approve(uow, proposal.id, by=second))
        assert code is ApprovalProblem.CHANGED_UNDERNEATH
        assert await in_force(uow, house) is None


async def test_of_two_approvers_on_two_nodes_one_counts_and_the_other_node_sees_a_suspension(
    database_url: str, clock: FrozenClock
) -> None:
    nodes = [Storage(open_engine(database_url), clock) for _ in range(2)]
    try:
        house = await built(nodes[0])
        first = person(1, house.dopa, Role.DATA_OWNER)
        async with nodes[0].unit_of_work() as uow:
            proposal = await house.agreements.propose(uow, house.terms(uow.now), by=first, second=Second.OWNER)

        async def approve(node: Storage, number: int) -> bool:
            try:
                async with node.unit_of_work() as uow:
                    await house.agreements.approve(uow, proposal.id, by=person(number, house.dopa, Role.DATA_OWNER))
            except TuatonError:
                return False
            return True

        outcomes = await asyncio.gather(*(approve(nodes[turn % 2], 2 + turn) for turn in range(6)))
        assert sorted(outcomes) == [False] * 5 + [True]
        async with nodes[0].unit_of_work() as uow:
            present = await in_force(uow, house)
            assert present is not None
            await house.agreements.suspend(uow, present.id, by=first)
        async with nodes[1].reading() as uow:
            assert await in_force(uow, house) is None
    finally:
        for node in nodes:
            await node.close()


async def test_the_calendar_lists_what_ends_soon(sqlite_storage: Storage, clock: FrozenClock) -> None:
    house = await built(sqlite_storage)
    present = await granted(sqlite_storage, house)
    async with sqlite_storage.reading() as uow:
        assert await house.agreements.expiring(uow, days=89) == ()
        (expiry,) = await house.agreements.expiring(uow, days=90)
        assert (expiry.agreement, expiry.days_left) == (present, 90)
    clock.advance(90 * 24 * 3600)
    async with sqlite_storage.reading() as uow:
        assert await house.agreements.expiring(uow, days=90) == ()


async def test_everybody_sees_their_own_agreements_only(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    present = await granted(sqlite_storage, house)
    async with sqlite_storage.reading() as uow:
        for by, seen in (
            (person(1, house.dopa, Role.DATA_OWNER), (present,)),
            (person(1, house.asking, Role.AGENCY_ADMIN), (present,)),
            (person(1, house.platform, Role.PLATFORM_ADMIN), (present,)),
            (person(1, house.ministry, Role.DATA_OWNER), (present,)),
            (person(1, house.dbd, Role.DATA_OWNER), ()),
            (person(1, house.dopa, Role.AGENCY_ADMIN), ()),
            (person(1, house.asking, Role.PLATFORM_ADMIN), ()),
            (person(1, house.asking, Role.LOOKUP_OFFICER), ()),
        ):
            assert await house.agreements.page(uow, [by], after=None, limit=9) == seen
            assert (await house.agreements.acting(uow, present, [by]) is by) is bool(seen)
        # somebody with several memberships meets it as the data's owner, whichever was given first
        several = [person(1, house.platform, Role.PLATFORM_ADMIN), person(1, house.dopa, Role.DATA_OWNER)]
        assert await house.agreements.acting(uow, present, several) is several[1]
        assert await house.agreements.page(uow, several, after=None, limit=9) == (present,)
        assert await house.agreements.page(uow, several, after=present.id, limit=9) == ()
        stranger = person(1, house.dbd, Role.DATA_OWNER)
        assert await refused(house.agreements.page(uow, [stranger], after=present.id, limit=9)) is AgencyProblem.UNKNOWN


async def test_an_officers_own_grant_comes_from_the_owner_and_ends_at_once(storage: Storage) -> None:
    house = await built(storage)
    clerk = person(1, house.dopa, Role.DATA_OWNER)
    async with storage.unit_of_work() as uow:
        officer = await house.agencies.add_member(
            uow,
            agency_id=house.asking.id,
            subscriber_id=SubscriberId("sub_9"),
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles={Role.LOOKUP_OFFICER},
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
        terms: dict[str, Any] = {
            "dataset": "dopa.person",
            "reference_no": "1",
            "valid_from": uow.now,
            "valid_until": uow.now + timedelta(days=1),
        }
        grant = house.agreements.grant_officer
        other = person(2, house.dbd, Role.DATA_OWNER)
        assert await refused(grant(uow, officer.id, **terms, by=other)) is AgencyProblem.NOT_THE_OWNER
        assert await refused(grant(uow, MemberId("mem_0"), **terms, by=clerk)) is AgencyProblem.UNKNOWN
        late = terms | {"valid_until": uow.now}
        assert await refused(grant(uow, officer.id, **late, by=clerk)) is AgencyProblem.AGREEMENT_NOT_POSSIBLE
        own = replace(clerk, person=SubscriberId("sub_9"))
        assert await refused(grant(uow, officer.id, **terms, by=own)) is AgencyProblem.AGREEMENT_NOT_POSSIBLE
        assert not await house.agencies.officer_is_granted(uow, officer.id, "dopa.person")
        made = await grant(uow, officer.id, **terms, by=clerk)
        assert await house.agencies.officer_is_granted(uow, officer.id, "dopa.person")
        assert not await house.agencies.officer_is_granted(uow, officer.id, "dopa.address")
        assert await refused(house.agreements.end_officer_grant(uow, made.id, by=other)) is AgencyProblem.NOT_THE_OWNER
        await house.agreements.end_officer_grant(uow, made.id, by=clerk)
        assert not await house.agencies.officer_is_granted(uow, officer.id, "dopa.person")
        assert await refused(house.agreements.end_officer_grant(uow, made.id, by=clerk)) is AgencyProblem.UNKNOWN


_HOURS = st.none() | st.builds(
    AccessHours,
    days=st.frozensets(st.integers(1, 7), min_size=1),
    opens=st.sampled_from([time(0, 0), time(8, 30), time(9, 0)]),
    closes=st.sampled_from([time(16, 30), time(12, 0), time(0, 0)]),
)
_TERMS = st.builds(
    replace,
    st.just(AGREEMENT),
    fields=st.frozensets(st.sampled_from(FIELDS[:3])),
    bases=st.frozensets(st.sampled_from(Basis)),
    hours=_HOURS,
    by_number=st.booleans(),
    officers_need_grant=st.booleans(),
    daily_quota=st.integers(1, 3),
    valid_until=st.sampled_from([AGREEMENT.valid_until, AGREEMENT.valid_until + timedelta(days=5)]),
)


@given(one=_TERMS, other=_TERMS, basis=st.sampled_from(Basis), ahead=st.integers(0, 8 * 24))
def test_what_is_narrower_gives_nothing_new(one: Agreement, other: Agreement, basis: Basis, ahead: int) -> None:
    if not is_narrower(one, other):
        return
    now = AGREEMENT.valid_from + timedelta(hours=ahead)
    request = replace(REQUEST, fields=(FIELDS[0],), basis=basis, valid_until=None)
    if not isinstance(ceiling(one, request, now=now), BeyondRight):
        assert not isinstance(ceiling(other, request, now=now), BeyondRight)
    assert not is_narrower(other, one)


@given(agreement=_TERMS)
def test_terms_are_read_as_they_were_written(agreement: Agreement) -> None:
    assert terms_from_json(terms_to_json(agreement)) == agreement
    assert agreement.valid_from.tzinfo is UTC
    assert agreement.agency_id == AgencyId("agc_1")
