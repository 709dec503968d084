"""The agencies room on a real store: what is registered, what is live, what is refused."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.agencies.model import (
    AccessHours,
    Agency,
    AgencyKind,
    AgencyProblem,
    AgreementKind,
    PaperReplaced,
    Role,
    Site,
    Standing,
    WhenUnavailable,
)
from idp.agencies.service import Agencies
from idp.agencies.store import agency as agency_table
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.catalogue.model import Basis, Channel
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, AgreementId, MemberId, ServiceId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.storage.storage import Storage, UnitOfWork
from tests.agencies.test_ceiling import REQUEST, SERVICE
from tests.clock import FrozenClock

pytestmark = pytest.mark.anyio

PERSON = SubscriberId("sub_1")


@pytest.fixture
def agencies() -> Agencies:
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda subscriber_id: "p", randomness=system_randomness)
    return Agencies(audit=audit, randomness=system_randomness)


async def founded(uow: UnitOfWork, agencies: Agencies, code: str = "employment") -> Agency:
    return await agencies.register_agency(
        uow, code=code, name_th="หน่วยงาน", name_en="Agency", kind=AgencyKind.STATE, by=SYSTEM
    )


def terms(agency: Agency, uow: UnitOfWork, **changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "agency_id": agency.id,
        "service_id": SERVICE.id,
        "dataset": "dopa.person",
        "fields": ("name_th",),
        "bases": {Basis.CONSENT},
        "channel": Channel.ONLINE,
        "kind": AgreementKind.DOPA_PERMISSION,
        "reference_no": "1",
        "granted_by": "owner",
        "valid_from": uow.now,
        "valid_until": uow.now + timedelta(days=1),
        "daily_quota": 10,
        "by": SYSTEM,
    }
    return settings | changes


async def in_service(uow: UnitOfWork, agencies: Agencies) -> Agency:
    agency = await founded(uow, agencies)
    await agencies.register_service(uow, replace(SERVICE, agency_id=agency.id), by=SYSTEM)
    return agency


async def test_what_was_registered_comes_back(storage: Storage, agencies: Agencies) -> None:
    async with storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        agreement = await agencies.grant_agreement(uow, **terms(agency, uow))
    async with storage.reading() as uow:
        assert await agencies.agency(uow, agency.id) == agency
        assert await agencies.agency_by_code(uow, "employment") == agency
        assert (await agencies.service(uow, SERVICE.id)).agency_id == agency.id
        assert (
            await agencies.agreement_for(uow, agency.id, SERVICE.id, "dopa.person", uow.now, channel=Channel.ONLINE)
            == agreement
        )
        assert await agencies.agencies_named(uow, [agency.id, AgencyId("agc_0")]) == {agency.id: agency}
        entries = await uow.all(select(audit_entry))
    assert len(entries) == 3


async def test_a_request_within_the_right_passes_and_one_beyond_is_refused(
    sqlite_storage: Storage, agencies: Agencies
) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        other = await founded(uow, agencies, "other")
        await agencies.grant_agreement(uow, **terms(agency, uow))
        await agencies.ceiling(uow, agency.id, [REQUEST])
        for asking, details, said in (
            (other, [REQUEST], "not a service of this agency"),
            (agency, [REQUEST, _with_fields(("sex",))], "fields not agreed"),  # by the one channel that is agreed
            (agency, [replace(REQUEST, dataset="dopa.address")], "no agreement in force"),
        ):
            with pytest.raises(Refused) as caught:
                await agencies.ceiling(uow, asking.id, details)
            assert caught.value.code is AgencyProblem.BEYOND_RIGHT
            assert caught.value.detail == f"{details[-1].dataset}: {said}"


def _with_fields(fields: tuple[str, ...]) -> Any:
    return replace(REQUEST, fields=fields)


async def test_a_suspended_agreement_and_a_suspended_agency_give_no_right(storage: Storage, agencies: Agencies) -> None:
    async with storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        first = await agencies.grant_agreement(uow, **terms(agency, uow))
        await agencies.suspend_agreement(uow, first.id, by=SYSTEM)
        assert (
            await agencies.agreement_for(uow, agency.id, SERVICE.id, "dopa.person", uow.now, channel=Channel.ONLINE)
            is None
        )
        with pytest.raises(NotFound):
            await agencies.suspend_agreement(uow, first.id, by=SYSTEM)
        await agencies.grant_agreement(uow, **terms(agency, uow))
        await uow.execute(update(agency_table).values(status="suspended"))
        assert (
            await agencies.agreement_for(uow, agency.id, SERVICE.id, "dopa.person", uow.now, channel=Channel.ONLINE)
            is None
        )


async def test_an_agreement_begins_and_ends_by_the_clock(
    sqlite_storage: Storage, agencies: Agencies, clock: FrozenClock
) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        await agencies.grant_agreement(uow, **terms(agency, uow, valid_from=uow.now + timedelta(seconds=1)))
        assert (
            await agencies.agreement_for(uow, agency.id, SERVICE.id, "dopa.person", uow.now, channel=Channel.ONLINE)
            is None
        )
    for seconds, is_live in ((1, True), (24 * 3600 - 1, False)):
        clock.advance(seconds)
        async with sqlite_storage.reading() as uow:
            found = await agencies.agreement_for(
                uow, agency.id, SERVICE.id, "dopa.person", uow.now, channel=Channel.ONLINE
            )
        assert (found is not None) is is_live


async def test_impossible_and_doubled_agreements_are_refused(sqlite_storage: Storage, agencies: Agencies) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        for changes in ({"fields": ("photo",)}, {"dataset": "dopa.photo"}, {"daily_quota": 0}):
            with pytest.raises(Refused) as caught:
                await agencies.grant_agreement(uow, **terms(agency, uow, **changes))
            assert caught.value.code is AgencyProblem.AGREEMENT_NOT_POSSIBLE
        await agencies.grant_agreement(uow, **terms(agency, uow))
        with pytest.raises(Conflict):
            await agencies.grant_agreement(uow, **terms(agency, uow))
        with pytest.raises(NotFound):
            await agencies.grant_agreement(uow, **terms(agency, uow, service_id=ServiceId("none")))


async def test_taken_names_and_unknown_things_are_told(sqlite_storage: Storage, agencies: Agencies) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        with pytest.raises(Conflict):
            await founded(uow, agencies)
        with pytest.raises(Conflict):
            await agencies.register_service(uow, replace(SERVICE, agency_id=agency.id), by=SYSTEM)
        with pytest.raises(NotFound):
            await agencies.register_service(uow, replace(SERVICE, agency_id=AgencyId("agc_0")), by=SYSTEM)
        for unknown in (
            agencies.agency(uow, AgencyId("agc_0")),
            agencies.service(uow, ServiceId("none")),
            agencies.suspend_agreement(uow, AgreementId("agr_0"), by=SYSTEM),
            agencies.end_member(uow, MemberId("mem_0"), by=SYSTEM),
        ):
            with pytest.raises(NotFound):
                await unknown


async def test_a_member_counts_until_ended_or_expired(storage: Storage, agencies: Agencies, clock: FrozenClock) -> None:
    async with storage.unit_of_work() as uow:
        agency = await founded(uow, agencies)
        other = await founded(uow, agencies, "other")
        roles = {Role.ENROLMENT_OFFICER, Role.AUDITOR}
        settings: dict[str, Any] = {
            "subscriber_id": PERSON,
            "position_th": "เจ้าหน้าที่",
            "position_en": "Officer",
            "roles": roles,
            "by": SYSTEM,
        }
        tomorrow = uow.now + timedelta(days=1)
        first = await agencies.add_member(uow, agency_id=agency.id, expires_at=tomorrow, **settings)
        second = await agencies.add_member(uow, agency_id=other.id, expires_at=tomorrow + timedelta(days=1), **settings)
        with pytest.raises(Conflict):
            await agencies.add_member(uow, agency_id=agency.id, expires_at=tomorrow, **settings)
        assert first.roles == roles
        assert set(await agencies.members_of(uow, PERSON)) == {first, second}
        assert await agencies.members_of(uow, SubscriberId("sub_2")) == ()
    clock.advance(24 * 3600)
    async with storage.unit_of_work() as uow:
        assert await agencies.live_member(uow, first.id) is None
        assert await agencies.members_of(uow, PERSON) == (second,)
        await agencies.end_member(uow, second.id, by=SYSTEM)
        assert await agencies.live_member(uow, second.id) is None
        with pytest.raises(NotFound):
            await agencies.end_member(uow, second.id, by=SYSTEM)


async def test_two_channels_are_two_rights(storage: Storage, agencies: Agencies) -> None:
    async with storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        online = await agencies.grant_agreement(uow, **terms(agency, uow))
        hours = AccessHours(frozenset({1, 5}), time(8, 30), time(0, 0))
        special: dict[str, Any] = {"hours": hours, "by_number": True, "officers_need_grant": True}
        counter = await agencies.grant_agreement(
            uow, **terms(agency, uow, channel=Channel.COUNTER, bases={Basis.DUTY}, **special)
        )
        with pytest.raises(Conflict):
            await agencies.grant_agreement(uow, **terms(agency, uow, channel=Channel.COUNTER))
    async with storage.reading() as uow:
        for agreement in (online, counter):
            found = await agencies.agreement_for(
                uow, agency.id, SERVICE.id, "dopa.person", uow.now, channel=agreement.channel
            )
            assert found == agreement


async def test_an_agreement_never_overlaps_another(sqlite_storage: Storage, agencies: Agencies) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        until = uow.now + timedelta(days=1)
        await agencies.grant_agreement(uow, **terms(agency, uow, valid_until=until))
        with pytest.raises(Conflict):
            early = {"valid_from": until - timedelta(seconds=1), "valid_until": until + timedelta(days=1)}
            await agencies.grant_agreement(uow, **terms(agency, uow, **early))
        following = {"valid_from": until, "valid_until": until + timedelta(days=1)}
        await agencies.grant_agreement(uow, **terms(agency, uow, **following))


async def test_a_private_agency_is_granted_nothing_but_consent(sqlite_storage: Storage, agencies: Agencies) -> None:
    async with sqlite_storage.unit_of_work() as uow:
        private = await agencies.register_agency(
            uow, code="shop", name_th="ร้าน", name_en="Shop", kind=AgencyKind.PRIVATE, by=SYSTEM
        )
        await agencies.register_service(uow, replace(SERVICE, agency_id=private.id), by=SYSTEM)
        with pytest.raises(Refused) as caught:
            await agencies.grant_agreement(uow, **terms(private, uow, bases={Basis.CONSENT, Basis.DUTY}))
        assert caught.value.code is AgencyProblem.AGREEMENT_NOT_POSSIBLE
        await agencies.grant_agreement(uow, **terms(private, uow))


async def test_an_agency_changes_but_stays_what_it_is(storage: Storage, agencies: Agencies) -> None:
    async with storage.unit_of_work() as uow:
        parent = await founded(uow, agencies, "parent")
        owner = await agencies.register_agency(
            uow,
            code="owner",
            name_th="เจ้าของ",
            name_en="Owner",
            kind=AgencyKind.STATE,
            by=SYSTEM,
            parent_id=parent.id,
            sites=[Site("north", "เหนือ", "North")],
            owns={"dopa.person"},
        )
        assert await agencies.agency(uow, owner.id) == owner
        assert await agencies.owner_of(uow, "dopa.person") == owner
        assert await agencies.owner_of(uow, "dopa.address") is None
        refused: tuple[tuple[Agency, AgencyProblem], ...] = (
            (replace(owner, code="other"), AgencyProblem.AGENCY_NOT_POSSIBLE),
            (replace(owner, kind=AgencyKind.PRIVATE), AgencyProblem.AGENCY_NOT_POSSIBLE),
            (replace(parent, parent_id=owner.id), AgencyProblem.AGENCY_NOT_POSSIBLE),
            (replace(parent, owns=frozenset({"dopa.person"})), AgencyProblem.ALREADY_EXISTS),
        )
        for changed, problem in refused:
            with pytest.raises((Refused, Conflict)) as caught:
                await agencies.change_agency(uow, changed, by=SYSTEM)
            assert caught.value.code is problem
        ended = replace(owner, name_en="Another", owns=frozenset(), status=Standing.ENDED)
        await agencies.change_agency(uow, ended, by=SYSTEM)
        with pytest.raises(Refused):
            await agencies.change_agency(uow, owner, by=SYSTEM)
    async with storage.reading() as uow:
        assert await agencies.agency(uow, owner.id) == ended
        assert await agencies.owner_of(uow, "dopa.person") is None


async def test_a_service_says_where_how_and_which_papers(storage: Storage, agencies: Agencies) -> None:
    paper = PaperReplaced("สำเนา", "Copy", "มาตรา 1", "Section 1", "dopa.person")
    async with storage.unit_of_work() as uow:
        agency = await in_service(uow, agencies)
        present = await agencies.service(uow, SERVICE.id)
        changed = replace(
            present,
            papers_replaced=(paper,),
            channels=frozenset({Channel.COUNTER}),
            when_unavailable=WhenUnavailable.WAIT,
        )
        await agencies.change_service(uow, changed, by=SYSTEM)
        assert await agencies.service(uow, SERVICE.id) == changed
        for impossible in (
            replace(changed, sites=frozenset({"nowhere"})),
            replace(changed, channels=frozenset()),
            replace(changed, uses=-1),
            replace(changed, papers_replaced=(replace(paper, dataset="none"),)),
            replace(changed, provisional_ial=changed.minimum.ial),
        ):
            with pytest.raises(Refused) as caught:
                await agencies.change_service(uow, impossible, by=SYSTEM)
            assert caught.value.code is AgencyProblem.SERVICE_NOT_POSSIBLE
        # an agreement is of a channel by which the service works
        with pytest.raises(Refused):
            await agencies.grant_agreement(uow, **terms(agency, uow))
