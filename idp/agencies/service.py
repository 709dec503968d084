"""Use cases of the agencies room:

read who may ask for what, and register it. Every write is audited with who did it.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Final, TypeVar, assert_never

from idp.agencies import agreement_store, member_store, rules, store
from idp.agencies.agreement_book import AgreementBook
from idp.agencies.member_end import tell_of_end
from idp.agencies.model import (
    AccessHours,
    Agency,
    AgencyKind,
    AgencyProblem,
    Agreement,
    AgreementKind,
    Member,
    Role,
    Service,
    Site,
    Standing,
)
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Basis, Channel
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, AgreementId, MemberId, ServiceId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.storage.storage import UnitOfWork

AGENCY_TERMS: Final = ("name_th", "name_en", "status", "parent_id", "sites", "owns")

Record = TypeVar("Record", Agency, Agreement, Service)


class Agencies:
    """What is known of agencies. Every method joins the caller's unit of work."""

    def __init__(self, *, audit: AuditLog, randomness: Randomness) -> None:
        self._book = AgreementBook(audit=audit, randomness=randomness)
        self._audit = audit
        self._randomness = randomness

    async def agency(self, uow: UnitOfWork, agency_id: AgencyId) -> Agency:
        """The agency, live or not. Raises NotFound."""
        return _found(await store.find_agency(uow, agency_id), "agency")

    async def agency_by_code(self, uow: UnitOfWork, code: str) -> Agency | None:
        """The agency with that short name, live or not."""
        return await store.find_agency_by_code(uow, code)

    async def service(self, uow: UnitOfWork, service_id: ServiceId) -> Service:
        """The service, live or not. Raises NotFound."""
        return _found(await store.find_service(uow, service_id), "service")

    async def agencies_named(self, uow: UnitOfWork, agency_ids: Collection[AgencyId]) -> dict[AgencyId, Agency]:
        """Several agencies at once; unknown ids are left out."""
        return await store.find_agencies(uow, agency_ids)

    async def services_named(self, uow: UnitOfWork, service_ids: Collection[ServiceId]) -> dict[ServiceId, Service]:
        """Several services at once; unknown ids are left out."""
        return await store.find_services(uow, service_ids)

    async def services_of(self, uow: UnitOfWork, agency_id: AgencyId) -> tuple[Service, ...]:
        """The services of one agency, by id."""
        return await store.find_all_services(uow, of=agency_id)

    async def members_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[Member, ...]:
        """The live memberships of one person, oldest first."""
        return await member_store.find_live_members_of(uow, subscriber_id, now=uow.now)

    async def live_members_at(self, uow: UnitOfWork, agency_id: AgencyId, role: Role) -> tuple[Member, ...]:
        """The live members of an agency with this role, oldest first."""
        return await member_store.find_live_members_at(uow, agency_id, role=role, now=uow.now)

    async def has_members(self, uow: UnitOfWork) -> bool:
        """True when anybody is or was a member of any agency."""
        return await member_store.has_members(uow)

    async def live_member(self, uow: UnitOfWork, member_id: MemberId) -> Member | None:
        """The member while it counts, else None."""
        return await member_store.find_live_member(uow, member_id, now=uow.now)

    async def agreement_for(
        self,
        uow: UnitOfWork,
        agency_id: AgencyId,
        service_id: ServiceId,
        dataset: str,
        now: datetime,
        *,
        channel: Channel,
    ) -> Agreement | None:
        """The agreement in force for an agency's service, a data set and a channel."""
        return await agreement_store.find_live_agreement(
            uow, agency_id=agency_id, service_id=service_id, dataset=dataset, channel=channel, now=now
        )

    async def by_law(self, uow: UnitOfWork, agency_id: AgencyId, service_id: ServiceId) -> tuple[Agreement, ...]:
        """What an agency's service may have by a duty of the agency, whatever a person consents to."""
        return await agreement_store.find_live_of_service(
            uow, agency_id=agency_id, service_id=service_id, basis=Basis.DUTY, now=uow.now
        )

    async def officer_is_granted(self, uow: UnitOfWork, member_id: MemberId, dataset: str) -> bool:
        """True while the data's owner lets this officer have the data set in person."""
        grant = await agreement_store.find_live_officer_grant(uow, member_id, dataset, now=uow.now)
        return grant is not None and rules.officer_may(grant, dataset=dataset, now=uow.now)

    async def ceiling(self, uow: UnitOfWork, agency_id: AgencyId, details: Sequence[GdxDetail]) -> None:
        """Raise Refused(BEYOND_RIGHT) unless every detail lies within the agency's right by some channel.

        Who may be asked for: which officer asks, and when, is judged at each release. The caller audits the refusal.
        """
        for detail in details:
            overreach = await self._overreach(uow, agency_id, detail)
            if overreach is not None:
                raise Refused(AgencyProblem.BEYOND_RIGHT, f"{detail.dataset}: {overreach}")

    async def _overreach(self, uow: UnitOfWork, agency_id: AgencyId, detail: GdxDetail) -> rules.Overreach | None:
        """In which respect a detail goes beyond the right by every channel, None when it does not by one."""
        service = await store.find_service(uow, detail.purpose)
        own_service = service if service is not None and service.agency_id == agency_id else None
        named = rules.Overreach.AGREEMENT
        for channel in Channel:
            overreach = await self._judge(uow, agency_id, detail, own_service, channel)
            if overreach is None:
                return None
            # of several the first that says more than that there is no agreement
            named = overreach if named is rules.Overreach.AGREEMENT else named
        return named

    async def _judge(
        self, uow: UnitOfWork, agency_id: AgencyId, detail: GdxDetail, service: Service | None, channel: Channel
    ) -> rules.Overreach | None:
        """In which respect a detail goes beyond the right by one channel, None when it does not."""
        agreement = await self.agreement_for(uow, agency_id, detail.purpose, detail.dataset, uow.now, channel=channel)
        judged = rules.ceiling(
            agreement, detail, service=service, channel=channel, officer_is_granted=True, now=uow.now
        )
        match judged:
            case rules.WithinRight() | rules.OutOfHours():
                return None
            case rules.BeyondRight(overreach):
                return overreach
            case never:
                assert_never(never)

    async def register_agency(
        self,
        uow: UnitOfWork,
        *,
        code: str,
        name_th: str,
        name_en: str,
        kind: AgencyKind,
        by: Actor,
        parent_id: AgencyId | None = None,
        sites: Sequence[Site] = (),
        owns: Collection[str] = (),
    ) -> Agency:
        """Register an agency under a short name nobody has.

        Raises Conflict (the name is taken, or somebody owns one of its data sets), NotFound (parent).
        """
        if await store.find_agency_by_code(uow, code) is not None:
            raise Conflict(AgencyProblem.ALREADY_EXISTS, "agency code")
        if parent_id is not None:
            await self.agency(uow, parent_id)
        agency = Agency(
            id=AgencyId(self._new_id(uow, "agc")),
            code=code,
            name_th=name_th,
            name_en=name_en,
            kind=kind,
            status=Standing.ACTIVE,
            parent_id=parent_id,
            sites=tuple(sites),
            owns=frozenset(owns),
        )
        await self._expect_sole_owner(uow, agency)
        await store.insert_agency(uow, agency)
        await self._record(uow, "agency.registered", by, agency.id, code=code, kind=kind.value, owns=sorted(owns))
        return agency

    async def owners(self, uow: UnitOfWork) -> tuple[Agency, ...]:
        """Every agency that owns data, live or not, by code: a few."""
        return await store.find_all_agencies(uow, owning=True)

    async def owner_of(self, uow: UnitOfWork, dataset: str) -> Agency | None:
        """The live agency that owns a data set, None where none was registered."""
        owners = (one for one in await self.owners(uow) if dataset in one.owns)
        return next((one for one in owners if one.status is Standing.ACTIVE), None)

    async def change_agency(self, uow: UnitOfWork, agency: Agency, *, by: Actor) -> None:
        """Save an agency's new names, place, sites, owned data sets and standing; what it is never changes.

        Raises NotFound, Refused (AGENCY_NOT_POSSIBLE: another kind or code, an own ancestor, an ended one), Conflict
        (ALREADY_EXISTS: an owned data set).
        """
        present = await self.agency(uow, agency.id)
        if (present.code, present.kind) != (agency.code, agency.kind) or present.status is Standing.ENDED:
            raise Refused(AgencyProblem.AGENCY_NOT_POSSIBLE, "code, kind or end")
        if agency.id in await self._ancestors(uow, agency.parent_id):
            raise Refused(AgencyProblem.AGENCY_NOT_POSSIBLE, "parent")
        await self._expect_sole_owner(uow, agency)
        await store.update_agency(uow, agency)
        changed = sorted(name for name in AGENCY_TERMS if getattr(present, name) != getattr(agency, name))
        await self._record(uow, "agency.changed", by, agency.id, changed=changed, status=agency.status.value)

    async def _ancestors(self, uow: UnitOfWork, parent_id: AgencyId | None) -> list[AgencyId]:
        ancestors: list[AgencyId] = []
        while parent_id is not None and parent_id not in ancestors:
            ancestors.append(parent_id)
            parent_id = (await self.agency(uow, parent_id)).parent_id
        return ancestors

    async def _expect_sole_owner(self, uow: UnitOfWork, agency: Agency) -> None:
        for other in await self.owners(uow):
            if other.id != agency.id and other.owns & agency.owns:
                raise Conflict(AgencyProblem.ALREADY_EXISTS, "owner of the data set")

    async def change_service(self, uow: UnitOfWork, service: Service, *, by: Actor) -> None:
        """Save a service's new words, levels and limits; its agency stays.

        Raises NotFound, Refused (SERVICE_NOT_POSSIBLE).
        """
        present = await self.service(uow, service.id)
        agency = await self.agency(uow, present.agency_id)
        impossible = rules.impossible_service_term(service, agency=agency)
        if service.agency_id != present.agency_id or present.status is Standing.ENDED or impossible is not None:
            raise Refused(AgencyProblem.SERVICE_NOT_POSSIBLE, "agency or end" if impossible is None else impossible)
        await store.update_service(uow, service)
        changed = sorted(
            one.name for one in fields(Service) if getattr(present, one.name) != getattr(service, one.name)
        )
        await self._record(uow, "agency.service_changed", by, service.agency_id, service=service.id, changed=changed)

    async def register_service(self, uow: UnitOfWork, service: Service, *, by: Actor) -> Service:
        """Register a service under its chosen id. Raises NotFound (no such agency), Conflict (id taken),
        Refused(SERVICE_NOT_POSSIBLE).
        """
        agency = await self.agency(uow, service.agency_id)
        impossible = rules.impossible_service_term(service, agency=agency)
        if impossible is not None:
            raise Refused(AgencyProblem.SERVICE_NOT_POSSIBLE, impossible.value)
        if await store.find_service(uow, service.id) is not None:
            raise Conflict(AgencyProblem.ALREADY_EXISTS, "service id")
        await store.insert_service(uow, service)
        await self._record(uow, "agency.service_registered", by, service.agency_id, service=service.id)
        return service

    async def grant_agreement(
        self,
        uow: UnitOfWork,
        *,
        agency_id: AgencyId,
        service_id: ServiceId,
        dataset: str,
        fields: Collection[str],
        bases: Collection[Basis],
        channel: Channel,
        kind: AgreementKind,
        reference_no: str,
        granted_by: str,
        valid_from: datetime,
        valid_until: datetime,
        daily_quota: int,
        by: Actor,
        hours: AccessHours | None = None,
        by_number: bool = False,
        officers_need_grant: bool = False,
    ) -> Agreement:
        """Put an agreement in force; one at a time for a service, a data set and a channel.

        Raises NotFound (service), Refused(AGREEMENT_NOT_POSSIBLE), Conflict(ALREADY_EXISTS).
        """
        agreement = Agreement(
            id=AgreementId(self._new_id(uow, "agr")),
            agency_id=agency_id,
            service_id=service_id,
            dataset=dataset,
            fields=frozenset(fields),
            bases=frozenset(bases),
            channel=channel,
            kind=kind,
            reference_no=reference_no,
            granted_by=granted_by,
            valid_from=valid_from,
            valid_until=valid_until,
            daily_quota=daily_quota,
            hours=hours,
            by_number=by_number,
            officers_need_grant=officers_need_grant,
        )
        service = await self.service(uow, service_id)
        asking = await self.agency(uow, agency_id)
        impossible = rules.impossible_term(agreement, service=service, kind=asking.kind)
        if impossible is not None:
            raise Refused(AgencyProblem.AGREEMENT_NOT_POSSIBLE, impossible.value)
        await agreement_store.hold_service(uow, service_id)
        if await agreement_store.has_rival(uow, agreement):
            raise Conflict(AgencyProblem.ALREADY_EXISTS, "agreement in force")
        await self._book.begin(uow, agreement, by=by)
        return agreement

    async def suspend_agreement(self, uow: UnitOfWork, agreement_id: AgreementId, *, by: Actor) -> None:
        """Stop an agreement: nothing is released under it from this instant. Raises NotFound unless it was active."""
        present = _found(await agreement_store.find_agreement(uow, agreement_id), "agreement")
        if present.status is not Standing.ACTIVE:
            raise NotFound(AgencyProblem.UNKNOWN, "active agreement")
        await self._book.change(uow, replace(present, status=Standing.SUSPENDED), of=present, by=by)

    async def add_member(
        self,
        uow: UnitOfWork,
        *,
        agency_id: AgencyId,
        subscriber_id: SubscriberId,
        position_th: str,
        position_en: str,
        roles: Collection[Role],
        expires_at: datetime,
        by: Actor,
    ) -> Member:
        """Let a subscriber act for an agency. Raises NotFound (agency), Conflict (already a member)."""
        await self.agency(uow, agency_id)
        present = await self.members_of(uow, subscriber_id)
        if any(member.agency_id == agency_id for member in present):
            raise Conflict(AgencyProblem.ALREADY_EXISTS, "member")
        member = Member(
            id=MemberId(self._new_id(uow, "mem")),
            agency_id=agency_id,
            subscriber_id=subscriber_id,
            position_th=position_th,
            position_en=position_en,
            roles=frozenset(roles),
            expires_at=expires_at,
            status=Standing.ACTIVE,
        )
        await member_store.insert_member(uow, member)
        await self._record(
            uow,
            "agency.member_added",
            by,
            agency_id,
            subject=subscriber_id,
            member=member.id,
            roles=sorted(role.value for role in member.roles),
        )
        return member

    async def end_member(self, uow: UnitOfWork, member_id: MemberId, *, by: Actor) -> None:
        """End a membership for good. Raises NotFound when there is none to end."""
        ended = await member_store.end_member(uow, member_id)
        if ended is None:
            raise NotFound(AgencyProblem.UNKNOWN, "member")
        await tell_of_end(uow, ended.subscriber_id, randomness=self._randomness)
        await self._record(uow, "agency.member_ended", by, ended.agency_id, member=member_id)

    def _new_id(self, uow: UnitOfWork, prefix: str) -> str:
        return new_id(prefix, now=uow.now, randomness=self._randomness)

    async def _record(
        self,
        uow: UnitOfWork,
        event: str,
        by: Actor,
        agency_id: AgencyId,
        *,
        subject: SubscriberId | None = None,
        **details: str | list[str],
    ) -> None:
        entry = AuditEvent(
            event=event,
            actor=by,
            subject=subject,
            agency_id=agency_id,
            client_id=None,
            outcome="ok",
            details=details,
        )
        await self._audit.append(uow, entry)


def _found(record: Record | None, kind: str) -> Record:
    if record is None:
        raise NotFound(AgencyProblem.UNKNOWN, kind)
    return record
