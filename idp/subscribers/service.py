"""Use cases of the room. Each joins the caller's unit of work and is audited in it."""

from collections.abc import Collection, Mapping, Sequence

import structlog

from connectors.contracts.identifiers import CitizenId, PassportNumber
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, Actor, ActorKind, AuditEvent
from idp.kernel.assurance import Ial
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import AgencyId, MemberId, SubscriberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.storage.outbox import enqueue
from idp.storage.storage import UnitOfWork
from idp.subscribers import life_store, rules, store
from idp.subscribers.attributes import Attributes
from idp.subscribers.hot_store import SealedPerson, find_people
from idp.subscribers.model import (
    REGISTRY,
    ActingMember,
    AttributeSource,
    ChangeReason,
    ContactDetails,
    Identity,
    LookKind,
    PastIdentity,
    Subscriber,
    SubscriberProblem,
    SubscriberStatus,
    Suspension,
)
from idp.subscribers.on_file import IdentityOnFile, identity_on_file

_TABLE = "subscriber"
_IDENTITY = "sealed_identity"
_CONTACT = "sealed_contact"
_NAMED_IN_ALARM = 3
_REASON = "sealed_suspension_reason"

STOPPED, RESTORED, PROOFED = "stopped", "restored", "proofed"  # `change` of the topic subscriber_changed


class Subscribers:
    """Who exists: creates, finds, raises, suspends and lifts."""

    def __init__(
        self,
        *,
        personal: PersonalData,
        blind_index: BlindIndex,
        audit: AuditLog,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._personal = personal
        self._audit = audit
        self._randomness = randomness
        self._attributes = Attributes(personal=personal, blind_index=blind_index, audit=audit, randomness=randomness)

    async def create(self, uow: UnitOfWork, *, identity: Identity, ial: Ial, by: Actor) -> SubscriberId:
        """A new active subscriber. Raises Conflict (ALREADY_ENROLLED) when a number is known."""
        subscriber_id = SubscriberId(new_id("sub", now=uow.now, randomness=self._randomness))
        sealed = await self._seal(uow, subscriber_id, _IDENTITY, store.identity_to_bytes(identity))
        await store.insert_subscriber(uow, subscriber_id=subscriber_id, ial=ial, sealed_identity=sealed)
        await self._attributes.index(uow, subscriber_id, identity)
        await self._note(uow, "subscriber.created", subscriber_id, by, {"ial": ial.value})
        return subscriber_id

    async def raise_ial(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        *,
        identity: Identity,
        ial: Ial,
        by: Actor,
        source: AttributeSource = AttributeSource.CARD,
        why: ChangeReason = ChangeReason.RENEWAL,
    ) -> Ial:
        """Take newer evidence of the same person: fresh attributes, and the level if it is higher; never lower.

        Gives the level that holds now. Raises NotFound (UNKNOWN), Conflict (NOT_ACTIVE), Refused (OTHER_PERSON).
        """
        present = await self._held(uow, subscriber_id)
        reached = max(present.ial, ial)
        if not await store.raise_level(uow, subscriber_id=subscriber_id, ial=reached):
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        await self._replace_attributes(uow, subscriber_id, identity, source=source, why=why, by=by)
        details = {"ial_before": present.ial.value, "ial": reached.value}
        await self._note(uow, "subscriber.proofed_again", subscriber_id, by, details)
        await self._tell(uow, subscriber_id, PROOFED, **details)
        return reached

    async def replace_passport(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, identity: Identity, ial: Ial, by: Actor
    ) -> None:
        """The same person has a newer passport: that it is the same is for the caller, who held the row.

        The old number finds nobody from now on, enrols nobody anew, and stays in the history; ids stay.

        Raises NotFound (UNKNOWN), Conflict (NOT_ACTIVE; ALREADY_ENROLLED: the new one is somebody's), Refused
        (OTHER_PERSON: the citizen number is another, or there was no passport).
        """
        present, before = await self._held(uow, subscriber_id), await self.identity(uow, subscriber_id)
        rules.validate_new_passport(before=before, after=identity)
        reached = max(present.ial, ial)
        if not await store.raise_level(uow, subscriber_id=subscriber_id, ial=reached):
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        assert before.passport is not None, "validated above"
        if not await store.retire_passport(uow, subscriber_id, self._attributes.digests(before.passport)[1]):
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        source, why = AttributeSource.PASSPORT, ChangeReason.NEW_PASSPORT
        await self._attributes.replace(uow, subscriber_id, before, identity, source=source, why=why, by=by)
        details = {"ial_before": present.ial.value, "ial": reached.value}
        await self._note(uow, "subscriber.passport_replaced", subscriber_id, by, details)
        await self._tell(uow, subscriber_id, PROOFED, **details)

    async def is_replaced(self, uow: UnitOfWork, passport: PassportNumber) -> bool:
        """True for a passport whose holder has a newer one here."""
        _, digests = self._attributes.digests(passport)
        return await store.find_by_index(uow, store.REPLACED_PASSPORT, digests) is not None

    async def change_attributes(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        *,
        identity: Identity,
        source: AttributeSource,
        why: ChangeReason,
        by: Actor,
    ) -> tuple[str, ...]:
        """Hold newer attributes of the same person; those before stay in the history. Gives the names that changed.

        Raises NotFound (UNKNOWN), Conflict (CLOSED), Refused (OTHER_PERSON).
        """
        await self._held(uow, subscriber_id)
        return await self._replace_attributes(uow, subscriber_id, identity, source=source, why=why, by=by)

    async def note_look(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: ActingMember, what: LookKind
    ) -> None:
        """A member of the staff opened something of this person: an entry, and a line that the person sees.

        Raises NotFound (UNKNOWN).
        """
        await self.get(uow, subscriber_id)
        look_id = new_id("loo", now=uow.now, randomness=self._randomness)
        await life_store.insert_look(uow, look_id=look_id, subscriber_id=subscriber_id, by=by, what=what)
        details = {"what": what.value}
        await self._note(uow, "subscriber.looked_at", subscriber_id, by.actor, details, agency_id=by.agency_id)

    async def is_closed(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
        """True when nothing of the person is left. Raises NotFound (UNKNOWN)."""
        return (await self.get(uow, subscriber_id)).status is SubscriberStatus.CLOSED

    async def hold(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Subscriber:
        """The subscriber, kept until the commit. Raises NotFound (UNKNOWN), Conflict (CLOSED)."""
        return await self._held(uow, subscriber_id)

    async def history(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> tuple[PastIdentity, ...]:
        """The attributes that were held before, oldest first. Raises NotFound (UNKNOWN), SealBroken."""
        enrolled_at = (await self.get(uow, subscriber_id)).enrolled_at
        return await self._attributes.history(uow, subscriber_id, since=enrolled_at)

    async def find_by_citizen_id(self, uow: UnitOfWork, citizen_id: CitizenId) -> Subscriber | None:
        """The subscriber with this number, by the blind index."""
        return await store.find_by_index(uow, *self._attributes.digests(citizen_id))

    async def find_by_passport(self, uow: UnitOfWork, passport: PassportNumber) -> Subscriber | None:
        """The subscriber known by this passport, by the blind index."""
        return await store.find_by_index(uow, *self._attributes.digests(passport))

    async def get(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Subscriber:
        """The subscriber with this id. Raises NotFound (UNKNOWN)."""
        found = await store.find(uow, subscriber_id)
        if found is None:
            raise NotFound(SubscriberProblem.UNKNOWN)
        return found

    async def identity(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Identity:
        """The attributes, opened. Raises NotFound (UNKNOWN), SealBroken."""
        sealed = await store.sealed_identity(uow, subscriber_id)
        if sealed is None:
            raise NotFound(SubscriberProblem.UNKNOWN)
        return store.identity_from_bytes(await self._open(uow, subscriber_id, _IDENTITY, sealed))

    async def identities(
        self, uow: UnitOfWork, subscriber_ids: Collection[SubscriberId]
    ) -> dict[SubscriberId, Identity]:
        """The attributes of these people, opened, in one read; who closed theirs, or whose do not open, is left out."""
        found, unreadable = {}, []
        for one in await find_people(uow, subscriber_ids):
            try:
                opened = self._opened(one, _IDENTITY, one.sealed_identity)
                found[one.subscriber_id] = store.identity_from_bytes(opened)
            except SealBroken:
                # one record that nobody can read takes no list from everybody
                unreadable.append(one.subscriber_id)
        if unreadable:  # the operator learns of it: once a page, however many there are
            alarm = structlog.get_logger("alarm")
            alarm.error("subscriber.unreadable", records=len(unreadable), first=unreadable[:_NAMED_IN_ALARM])
        return found

    async def contact(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> ContactDetails | None:
        """What the person said of themselves, opened; None when nothing was. Raises SealBroken."""
        sealed = await store.sealed_contact(uow, subscriber_id)
        if sealed is None:
            return None
        return store.contact_from_bytes(await self._open(uow, subscriber_id, _CONTACT, sealed))

    def opened(self, person: SealedPerson) -> tuple[IdentityOnFile, ContactDetails | None]:
        """The attributes and what the person said of themselves, opened to be told. Raises SealBroken."""
        identity = identity_on_file(self._opened(person, _IDENTITY, person.sealed_identity))
        if person.sealed_contact is None:
            return identity, None
        return identity, store.contact_from_bytes(self._opened(person, _CONTACT, person.sealed_contact))

    async def save_contact(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        contact: ContactDetails,
        *,
        by: Actor,
        changed: Sequence[str] = (),
    ) -> None:
        """Keep what the person says of themselves, in place of what was said before; `changed` are names of details.

        Raises Conflict (NOT_ACTIVE).
        """
        sealed = await self._seal(uow, subscriber_id, _CONTACT, store.contact_to_bytes(contact))
        if not await store.save_contact(uow, subscriber_id=subscriber_id, sealed=sealed):
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        await self._note(uow, "subscriber.contact_changed", subscriber_id, by, {"changed": list(changed)})

    async def suspension_reason(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> str | None:
        """Why the identity is suspended, in the words of who did it; None when it is not."""
        sealed = await store.sealed_suspension_reason(uow, subscriber_id)
        return None if sealed is None else (await self._open(uow, subscriber_id, _REASON, sealed)).decode()

    async def page(self, uow: UnitOfWork, *, after: SubscriberId | None, limit: int) -> Sequence[Subscriber]:
        """The next `limit` subscribers, newest first; no attribute is a key of the order."""
        return await store.page(uow, after=after, limit=limit)

    async def suspend(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: ActingMember, reason: str) -> None:
        """Stop an identity at once, everywhere: live predicates refuse it from this commit on.

        Raises NotFound (UNKNOWN), Refused (OWN_RECORD, REASON_MISSING), Conflict (NOT_ACTIVE).
        """
        present = await self.get(uow, subscriber_id)
        rules.validate_suspension(subscriber=present, by=by, reason=reason)
        sealed = await self._seal(uow, subscriber_id, _REASON, reason.strip().encode())
        suspension = Suspension(by=by.member_id, by_person=by.person, at=uow.now)
        if not await store.save_suspension(
            uow, subscriber_id=subscriber_id, suspension=suspension, sealed_reason=sealed
        ):
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        await life_store.delete_closing(uow, subscriber_id)
        await self._note(uow, "subscriber.suspended", subscriber_id, by.actor, {}, agency_id=by.agency_id)
        await self._tell(uow, subscriber_id, STOPPED)

    async def suspend_by_registry(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, reason: str) -> bool:
        """The register says that nobody may use this identity any more. It takes an officer's suspension over.

        False when it is closed, or stopped by the register already. Raises NotFound (UNKNOWN).
        """
        present = await store.hold(uow, subscriber_id)
        if present is None:
            raise NotFound(SubscriberProblem.UNKNOWN)
        is_done = present.suspension is not None and present.suspension.is_by_registry
        if present.status is SubscriberStatus.CLOSED or is_done:
            return False
        sealed = await self._seal(uow, subscriber_id, _REASON, reason.encode())
        suspension = Suspension(by=MemberId(REGISTRY), by_person=SubscriberId(REGISTRY), at=uow.now)
        states = (*rules.SUSPENDABLE, SubscriberStatus.SUSPENDED)
        await store.save_suspension(
            uow, subscriber_id=subscriber_id, suspension=suspension, sealed_reason=sealed, of=states
        )
        await life_store.delete_closing(uow, subscriber_id)
        await self._note(uow, "subscriber.suspended", subscriber_id, SYSTEM, {"by": REGISTRY})
        await self._tell(uow, subscriber_id, STOPPED)
        return True

    async def lift(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: ActingMember) -> None:
        """Give a suspended identity back; another person than the one who suspended it.

        Raises NotFound (UNKNOWN), Refused (OWN_RECORD, NEEDS_TWO), Conflict (NOT_SUSPENDED, SAME_PERSON).
        """
        # kept until the commit: the register may take the suspension over at any moment, and then two are needed
        present = await store.hold(uow, subscriber_id)
        if present is None:
            raise NotFound(SubscriberProblem.UNKNOWN)
        rules.validate_lifting(subscriber=present, by=by)
        if not await store.clear_suspension(uow, subscriber_id=subscriber_id, lifted_by=by.person):
            raise Conflict(SubscriberProblem.NOT_SUSPENDED)
        await self._note(uow, "subscriber.lifted", subscriber_id, by.actor, {}, agency_id=by.agency_id)
        await self._tell(uow, subscriber_id, RESTORED)

    async def lift_together(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, by: Actor, agency_id: AgencyId
    ) -> None:
        """Give a suspended identity back; that two persons want it is for the caller.

        Raises Conflict (NOT_SUSPENDED).
        """
        if not await store.clear_suspension(uow, subscriber_id=subscriber_id):
            raise Conflict(SubscriberProblem.NOT_SUSPENDED)
        await self._note(uow, "subscriber.lifted", subscriber_id, by, {}, agency_id=agency_id)
        await self._tell(uow, subscriber_id, RESTORED)

    async def freeze(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """The owner stops the own identity at once, everywhere: live predicates refuse it from this commit on.

        Raises Conflict (NOT_ACTIVE).
        """
        active, frozen = SubscriberStatus.ACTIVE, SubscriberStatus.FROZEN
        if not await store.change_status(uow, subscriber_id=subscriber_id, of=active, to=frozen):
            raise Conflict(SubscriberProblem.NOT_ACTIVE)
        # whoever freezes doubts that everything was the owner's doing
        await life_store.delete_closing(uow, subscriber_id)
        await self._note(uow, "subscriber.frozen", subscriber_id, _owner(subscriber_id), {})
        await self._tell(uow, subscriber_id, STOPPED)

    async def unfreeze(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """The owner takes the freezing back; that it is the owner, by two proofs, is for the caller.

        Raises Conflict (NOT_FROZEN): also for an identity that an officer suspended meanwhile.
        """
        active, frozen = SubscriberStatus.ACTIVE, SubscriberStatus.FROZEN
        if not await store.change_status(uow, subscriber_id=subscriber_id, of=frozen, to=active):
            raise Conflict(SubscriberProblem.NOT_FROZEN)
        await self._note(uow, "subscriber.unfrozen", subscriber_id, _owner(subscriber_id), {})
        await self._tell(uow, subscriber_id, RESTORED)

    async def _held(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Subscriber:
        present = await store.hold(uow, subscriber_id)
        if present is None:
            raise NotFound(SubscriberProblem.UNKNOWN)
        if present.status is SubscriberStatus.CLOSED:
            raise Conflict(SubscriberProblem.CLOSED)
        return present

    async def _replace_attributes(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        identity: Identity,
        *,
        source: AttributeSource,
        why: ChangeReason,
        by: Actor,
    ) -> tuple[str, ...]:
        """The row is held: what is read here is what is replaced."""
        before = await self.identity(uow, subscriber_id)
        rules.validate_same_person(before=before, after=identity)
        identity = rules.with_numbers_of(before, identity)
        return await self._attributes.replace(uow, subscriber_id, before, identity, source=source, why=why, by=by)

    def _opened(self, person: SealedPerson, column: str, sealed: bytes) -> bytes:
        row = person.subscriber_id
        return self._personal.open_with(person.key, table=_TABLE, column=column, row=row, sealed=sealed)

    async def _open(self, uow: UnitOfWork, subscriber_id: SubscriberId, column: str, sealed: bytes) -> bytes:
        return await self._personal.open(
            uow, subscriber_id, table=_TABLE, column=column, row=subscriber_id, sealed=sealed
        )

    async def _seal(self, uow: UnitOfWork, subscriber_id: SubscriberId, column: str, value: bytes) -> bytes:
        return await self._personal.seal(
            uow, subscriber_id, table=_TABLE, column=column, row=subscriber_id, value=value
        )

    async def _note(
        self,
        uow: UnitOfWork,
        event: str,
        subscriber_id: SubscriberId,
        by: Actor,
        details: Mapping[str, str | list[str]],
        *,
        agency_id: AgencyId | None = None,
    ) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event, actor=by, subject=subscriber_id, agency_id=agency_id, outcome="ok", details=details
            ),
        )

    async def _tell(self, uow: UnitOfWork, subscriber_id: SubscriberId, change: str, **levels: str) -> None:
        payload = {"subscriber_id": subscriber_id, "change": change, **levels}
        await enqueue(uow, topic="subscriber_changed", payload=payload, randomness=self._randomness)


def _owner(subscriber_id: SubscriberId) -> Actor:
    return Actor(ActorKind.SUBSCRIBER, subscriber_id)
