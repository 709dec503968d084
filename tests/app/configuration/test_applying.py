"""A configuration stands once and again without a change; in production two persons approve it."""

import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.agencies.agreements.service import Agreements
from idp.agencies.model import AgencyKind, AgencyProblem, Role, Standing
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.app.configuration.applying import Configurations
from idp.app.configuration.model import Document
from idp.app.configuration.standing import present_document
from idp.app.configuration.writing import write_configuration
from idp.app.station_rooms import LivePrograms
from idp.approvals.model import ApprovalProblem, Decider
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.authorization.client_registration.service import Clients
from idp.catalogue.model import Channel
from idp.kernel.errors import TuatonError
from idp.kernel.ids import AgencyId, MemberId, ServiceId, SubscriberId
from idp.kernel.randomness import system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.files import RootKeys
from idp.storage.storage import Storage
from tests.app.configuration.sample import FILE, read

pytestmark = pytest.mark.anyio

DESIRED = read(FILE)
AGREEMENT = "agreement/registration|dopa.person|counter|MT 0309/1"
ROOT_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class House:
    agencies: Agencies
    approvals: Approvals
    configurations: Configurations
    platform: AgencyId


async def built(storage: Storage) -> House:
    audit = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "p", randomness=system_randomness)
    agencies = Agencies(audit=audit, randomness=system_randomness)
    approvals = Approvals(personal=PersonalData(RootKeys({1: ROOT_KEY})), audit=audit, randomness=system_randomness)
    async with storage.unit_of_work() as uow:
        platform = await agencies.register_agency(
            uow, code="platform", name_th="กลาง", name_en="Platform", kind=AgencyKind.STATE, by=SYSTEM
        )
    agreements = Agreements(
        agencies=agencies, approvals=approvals, audit=audit, randomness=system_randomness, platform_id=platform.id
    )
    configurations = Configurations(
        agencies=agencies,
        agreements=agreements,
        clients=Clients(audit=audit, server_metadata={}),
        approvals=approvals,
        seats=Seats(
            agencies=agencies,
            programs=LivePrograms(),
            blind_index=BlindIndex(RootKeys({1: ROOT_KEY})),
            audit=audit,
            randomness=system_randomness,
        ),
        platform_id=platform.id,
    )
    return House(agencies, approvals, configurations, platform.id)


def admin(number: int, agency: AgencyId) -> Decider:
    roles = frozenset({Role.PLATFORM_ADMIN.value})
    return Decider(MemberId(f"mem_{number}"), SubscriberId(f"sub_{number}"), agency, roles)


def changed(**changes: Any) -> Document:
    return DESIRED | {AGREEMENT: DESIRED[AGREEMENT] | changes}


async def refused(act: Any) -> Any:
    with pytest.raises(TuatonError) as caught:
        await act
    return caught.value.code


async def test_the_same_file_again_changes_nothing(storage: Storage) -> None:
    house = await built(storage)
    async with storage.unit_of_work() as uow:
        assert len(await house.configurations.apply(uow, DESIRED, by=SYSTEM)) == len(DESIRED)
    async with storage.unit_of_work() as uow:
        before = await uow.first(select(func.count()).select_from(audit_entry))
        assert await house.configurations.apply(uow, DESIRED, by=SYSTEM) == ()
        assert await uow.first(select(func.count()).select_from(audit_entry)) == before
        standing = await present_document(uow)
        assert {name: standing[name] for name in DESIRED} == DESIRED
        assert await house.configurations.changes(uow, read(write_configuration(standing))) == ()
        employment = await house.agencies.agency_by_code(uow, "employment")
        assert employment is not None
        found = await house.agencies.agreement_for(
            uow, employment.id, ServiceId("registration"), "dopa.person", uow.now, channel=Channel.COUNTER
        )
        assert found is not None
        assert found.officers_need_grant


async def test_a_changed_file_changes_that_alone_and_an_ended_right_makes_room(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    renewed = AGREEMENT.replace("MT 0309/1", "MT 0309/2")
    ended = changed(status="ended") | {renewed: DESIRED[AGREEMENT] | {"reference_no": "MT 0309/2"}}
    for desired, names in (
        (DESIRED, list(DESIRED)),
        (changed(daily_quota=10), [AGREEMENT]),
        (ended, [AGREEMENT, renewed]),
        (ended, []),
    ):
        async with sqlite_storage.unit_of_work() as uow:
            changes = await house.configurations.apply(uow, desired, by=SYSTEM)
            assert [change.name for change in changes] == names


async def test_what_is_over_is_not_carried_into_another_store(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    async with sqlite_storage.unit_of_work() as uow:
        await house.configurations.apply(uow, DESIRED, by=SYSTEM)
        await house.configurations.apply(uow, changed(status="ended"), by=SYSTEM)
        exported = read(write_configuration(await present_document(uow)))
        assert AGREEMENT not in exported
        assert await house.configurations.changes(uow, exported) == ()
        # nor does it come back under the same letter
        assert await refused(house.configurations.apply(uow, DESIRED, by=SYSTEM)) is AgencyProblem.CHANGED_MEANWHILE


async def test_what_cannot_be_is_refused_and_nothing_stands(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    nowhere = DESIRED | {"agency/employment": DESIRED["agency/employment"] | {"parent": "nobody"}}
    private = DESIRED | {"agency/employment": DESIRED["agency/employment"] | {"kind": "private"}}
    for desired, problem in (
        (changed(fields=["photo"]), AgencyProblem.AGREEMENT_NOT_POSSIBLE),
        (private, AgencyProblem.AGREEMENT_NOT_POSSIBLE),
        (nowhere, AgencyProblem.UNKNOWN),
    ):
        with pytest.raises(TuatonError) as caught:
            async with sqlite_storage.unit_of_work() as uow:
                await house.configurations.apply(uow, desired, by=SYSTEM)
        assert caught.value.code is problem
        async with sqlite_storage.reading() as uow:
            assert list(await present_document(uow)) == ["agency/platform"]


async def test_two_administrators_approve_what_a_command_laid_before_them(storage: Storage) -> None:
    house = await built(storage)
    first, second, other = admin(1, house.platform), admin(2, house.platform), admin(3, AgencyId("agc_0"))
    configurations = house.configurations
    async with storage.unit_of_work() as uow:
        draft = await configurations.propose_from_command_line(uow, DESIRED)
        assert draft is not None
        assert await refused(configurations.propose_from_command_line(uow, DESIRED)) is ApprovalProblem.ALREADY_PROPOSED
        assert await refused(configurations.take_up(uow, draft.id, by=other)) is ApprovalProblem.NOT_ALLOWED
        assert await refused(configurations.approve(uow, draft.id, by=first)) is AgencyProblem.UNKNOWN
        own = await configurations.take_up(uow, draft.id, by=first)
        assert list(await present_document(uow)) == ["agency/platform"]
        assert await refused(configurations.approve(uow, own.id, by=first)) is ApprovalProblem.SAME_PERSON
        assert await refused(configurations.approve(uow, own.id, by=other)) is ApprovalProblem.NOT_ALLOWED
    async with storage.unit_of_work() as uow:
        changes = await configurations.approve(uow, own.id, by=second)
        assert len(changes) == len(DESIRED)
        assert await configurations.propose_from_command_line(uow, DESIRED) is None


async def test_what_changed_underneath_is_not_approved(sqlite_storage: Storage) -> None:
    house = await built(sqlite_storage)
    configurations = house.configurations
    async with sqlite_storage.unit_of_work() as uow:
        await configurations.apply(uow, DESIRED, by=SYSTEM)
        draft = await configurations.propose_from_command_line(uow, changed(daily_quota=1_000))
        assert draft is not None
        own = await configurations.take_up(uow, draft.id, by=admin(1, house.platform))
        await configurations.apply(uow, changed(status="suspended"), by=SYSTEM)
        code = await refused(configurations.approve(uow, own.id, by=admin(2, house.platform)))
        assert code is ApprovalProblem.CHANGED_UNDERNEATH
        standing = await present_document(uow)
    assert standing[AGREEMENT]["status"] == Standing.SUSPENDED.value
