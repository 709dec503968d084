"""Officers of an agency who look people up by number, their supervisor, and the worker that follows them up."""

import secrets
from dataclasses import dataclass

from connectors.contracts.identifiers import CitizenId, check_digit
from idp.agencies.model import Member, Role
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.catalogue.model import Basis
from idp.exchange.counter.model import CitizenRef, CitizenRefId, LookUpFlag, OpenedFor
from idp.exchange.counter.person_store import insert_person
from idp.exchange.counter.soft_stop import limit_of
from idp.exchange.counter.store import insert_ref
from idp.exchange.pull.cases import seal_case
from idp.exchange.pull.counting import take_handle
from idp.exchange.pull.model import Chain, Disclosure, Outcome
from idp.exchange.pull.store import insert_or_count
from idp.kernel.ids import ClientId, DisclosureId, ServiceId, new_id
from idp.kernel.randomness import system_randomness
from idp.subscribers.store import CITIZEN_ID
from tests.exchange.world import service
from tests.portal.auditing.house import Desk, PortalHouse

SERVICE = ServiceId("counter-check")
CLIENT = ClientId("program")


def number(serial: int) -> CitizenId:
    digits = f"11{serial:010d}"
    return CitizenId.parse(digits + check_digit(digits))


@dataclass
class Watch:
    """One agency: an officer, a supervisor."""

    portal: PortalHouse
    officer: Member
    supervisor: Member

    async def look_up(
        self, serial: int = 1000, *, case: str = "ทส 7/2569", flags: frozenset[LookUpFlag] = frozenset(LookUpFlag)
    ) -> CitizenRef:
        """The officer named somebody."""
        ground = self.portal.rooms.ground
        async with ground.storage.unit_of_work() as uow:
            ref = CitizenRef(
                id=CitizenRefId(new_id("ctr", now=uow.now, randomness=system_randomness)),
                opened_for=OpenedFor(self.officer.agency_id, CLIENT, self.officer.id, SERVICE, case),
                citizen_id=number(serial),
                opened_at=uow.now,
                expires_at=uow.now,
                flags=flags,
            )
            await insert_ref(uow, ground.personal, ref)
            await insert_person(uow, ref.id, ground.blind_index.digests(CITIZEN_ID, ref.citizen_id.digits))
        return ref

    async def name_all(self) -> int:
        """The officer names as many as go in this hour: how many."""
        ground, named = self.portal.rooms.ground, 0
        while True:
            async with ground.storage.unit_of_work() as uow:
                an_hour = await limit_of(uow, self.officer.id)
                if not await take_handle(uow, self.officer.id, SERVICE, an_hour=an_hour, a_day=1000):
                    return named
            await self.look_up(50 * named, case=str(named), flags=frozenset())
            named += 1

    async def disclosed(self, ref: CitizenRef, outcome: Outcome = Outcome.RELEASED) -> DisclosureId:
        """What came of it is on record."""
        ground = self.portal.rooms.ground
        async with ground.storage.unit_of_work() as uow:
            chain = Chain(
                client_id=CLIENT,
                grant_id=None,
                subscriber_id=None,
                consent_id=None,
                agreement_id=None,
                counter_id=ref.id,
                officer=self.officer.id,
                about=None,
            )
            event = AuditEvent(
                event="exchange.released",
                actor=Actor(ActorKind.MEMBER, self.officer.id),
                agency_id=self.officer.agency_id,
            )
            record = Disclosure(
                id=DisclosureId(new_id("dis", now=uow.now, randomness=system_randomness)),
                chain=chain,
                agency_id=self.officer.agency_id,
                service_id=SERVICE,
                dataset="dopa.person",
                juristic_id=None,
                fields=("name_th",),
                basis=Basis.DUTY,
                case=ref.opened_for.case,
                outcome=outcome,
                reason=None,
                at=uow.now,
                audit_entry_id=await ground.audit.append(uow, event),
                access_token_id="token",
            )
            sealed = await seal_case(ground.personal, uow, record)
            await insert_or_count(uow, record, sealed_case=sealed, burst=secrets.token_bytes(8))
        return record.id

    async def noticed(self) -> None:
        """What the worker does every minute."""
        await self.portal.rooms.oversight.alarms.watch()

    async def sit_down(self) -> Desk:
        return await self.portal.signed_in(self.supervisor)


async def set_watch(portal: PortalHouse, code: str = "employment-2") -> Watch:
    officer, supervisor = await portal.hire(code, Role.LOOKUP_OFFICER), await portal.hire(code, Role.SUPERVISOR)
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        known = await portal.rooms.agencies.services_named(uow, [SERVICE])
        if not known:
            await portal.rooms.agencies.register_service(uow, service(SERVICE, officer.agency_id), by=SYSTEM)
    return Watch(portal, officer, supervisor)
