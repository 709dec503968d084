"""The jobs and how often each runs (seconds). A job is safe to run twice and on any node."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.contracts.errors import ConnectorError
from idp.agencies.onboarding.service import Onboarding
from idp.agencies.seats.service import Seats
from idp.approvals.service import Approvals
from idp.audit import facets
from idp.audit.sequencer import BATCH, SequencerFenced, sequence_pending, sign_checkpoint
from idp.authentication.other_device.service import OtherDevice
from idp.authorization.client_registration.request_log import forget_old_requests
from idp.authorization.deferred.service import DeferredRequests
from idp.consent.reminding import remind_of_ends
from idp.enrolment.provisional import Provisionals
from idp.enrolment.reviews.service import Reviews
from idp.enrolment.service import Enrolments
from idp.enrolment.unattended import face_tries
from idp.exchange.service import Exchange
from idp.kernel.errors import TuatonError
from idp.keys.audit_seals import CheckpointSigner
from idp.keys.calendar import LOOKED_AFTER_EVERY
from idp.keys.signing import SigningKeys
from idp.notices.service import Notices
from idp.notices.streams.delivering import Deliveries
from idp.oversight.owners.store import add_up_days
from idp.representation.companies.service import Companies
from idp.representation.mandates.papers import Papers
from idp.stations.service import Stations
from idp.storage.leases import take_lease
from idp.storage.outbox import OutboxMessage, claim, settle
from idp.storage.spent import drop_expired_spent
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.closing import Closings
from idp.subscribers.contacts.service import Contacts

logger = structlog.get_logger("worker")

OutboxHandler = Callable[[OutboxMessage], Awaitable[None]]

LEASE = timedelta(seconds=10)
OUTBOX_BATCH = 50
OUTBOX_RETRY = timedelta(seconds=30)

EXPECTED_FAILURES = (TuatonError, ConnectorError, SQLAlchemyError, OSError)
"""What a job or a message may fail with: it is tried again. Anything else is a mistake of ours and ends the worker."""


@dataclass(frozen=True, slots=True)
class Job:
    """A named piece of work and how long it rests in between.

    `runs_at_the_end`: once more when the worker is told to stop, so that a clean end leaves nothing waiting.
    """

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[object]]
    runs_at_the_end: bool = False


class AuditJobs:
    """Sequencing and checkpoints, by one worker at a time."""

    def __init__(self, *, storage: Storage, holder: str, signer: CheckpointSigner) -> None:
        self._storage = storage
        self._holder = holder
        self._signer = signer

    async def sequence(self) -> None:
        """Everything that waits gets its leaf; what comes meanwhile waits for the next round, not for a loop."""
        moved = BATCH
        while moved == BATCH:
            async with self._storage.unit_of_work() as uow:
                fence = await take_lease(uow, name="audit.sequencer", holder=self._holder, for_how_long=LEASE)
                if fence is None:
                    return
                try:
                    moved = await sequence_pending(uow, fence=fence)
                except SequencerFenced:
                    return

    async def checkpoint(self) -> None:
        """The tree as it stands is signed."""
        async with self._storage.unit_of_work() as uow:
            signer = self._signer
            await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)

    async def take_up(self) -> None:
        """What has a leaf can be found by those who look into the log."""
        taken = facets.BATCH
        while taken == facets.BATCH:
            async with self._storage.unit_of_work() as uow:
                taken = await facets.take_up(uow)


class OutboxJob:
    """Hands messages to the rooms above; a message whose handler fails comes back later."""

    def __init__(self, *, storage: Storage, handlers: Mapping[str, Sequence[OutboxHandler]]) -> None:
        self._storage = storage
        self._handlers = handlers

    async def deliver(self) -> None:
        """One batch of due messages, those that failed before after the others.

        A message that fails holds no other one up: it alone comes back later.
        """
        async with self._storage.unit_of_work() as uow:
            messages = await claim(uow, limit=OUTBOX_BATCH, retry_after=OUTBOX_RETRY)
        for message in messages:
            try:
                await self._hand_on(message)
            except EXPECTED_FAILURES as error:
                logger.warning(
                    "worker.message_failed", topic=message.topic, attempts=message.attempts, error=type(error).__name__
                )

    async def _hand_on(self, message: OutboxMessage) -> None:
        for handle in self._handlers[message.topic]:
            await handle(message)
        async with self._storage.unit_of_work() as uow:
            await settle(uow, message.id)


async def _done_in_a_unit(storage: Storage, work: Callable[[UnitOfWork], Awaitable[object]]) -> None:
    async with storage.unit_of_work() as uow:
        await work(uow)


def all_jobs(
    *,
    storage: Storage,
    holder: str,
    signing_keys: SigningKeys,
    signer: CheckpointSigner,
    outbox_handlers: Mapping[str, Sequence[OutboxHandler]],
    stations: Stations,
    enrolments: Enrolments,
    provisionals: Provisionals,
    notices: Notices,
    contacts: Contacts,
    deliveries: Deliveries,
    tell_of_expiries: Callable[[], Awaitable[None]],
    advance_unattended: Callable[[], Awaitable[int]],
    deferred: DeferredRequests,
    other_device: OtherDevice,
    exchange: Exchange,
    closings: Closings,
    reviews: Reviews,
    open_overdue_reviews: Callable[[], Awaitable[None]],
    companies: Companies,
    approvals: Approvals,
    seats: Seats,
    onboarding: Onboarding,
    papers: Papers,
    draw_samples: Callable[[], Awaitable[int]],
    watch_look_ups: Callable[[], Awaitable[int]],
    forget_look_ups: Callable[[UnitOfWork], Awaitable[object]],
    retain: Callable[[], Awaitable[None]],
) -> tuple[Job, ...]:
    """The worker's whole table of work."""

    def in_a_unit(work: Callable[[UnitOfWork], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        return partial(_done_in_a_unit, storage, work)

    async def sweep_card_sessions() -> None:
        async with storage.unit_of_work() as uow:
            await stations.sweep(uow)
            await stations.forget_expired(uow)

    async def close_due() -> None:
        await closings.close_due(storage)

    async def reopen_reviews() -> None:
        async with storage.unit_of_work() as uow:
            await reviews.reopen_expired(uow)
            await reviews.end_unanswered(uow)

    async def remind_of_meetings() -> None:
        async with storage.unit_of_work() as uow:
            await provisionals.remind_due(uow, notices)

    async def remind_of_consents() -> None:
        async with storage.unit_of_work() as uow:
            await remind_of_ends(uow, notices)

    async def end_unsigned() -> None:
        async with storage.unit_of_work() as uow:
            await companies.expire_due(uow)
            await approvals.expire_due(uow)
        async with storage.unit_of_work() as uow:
            await papers.end_unconfirmed(uow)

    audit = AuditJobs(storage=storage, holder=holder, signer=signer)
    outbox = OutboxJob(storage=storage, handlers=outbox_handlers)
    return (
        Job("outbox.deliver", 0.5, outbox.deliver, runs_at_the_end=True),
        Job("signals.send", 0.5, deliveries.send_due, runs_at_the_end=True),
        Job("signals.give_up", 600, deliveries.give_up),
        Job("signals.expiries", 3600, tell_of_expiries),
        Job("audit.sequence", 1, audit.sequence, runs_at_the_end=True),
        Job("audit.checkpoint", 30, audit.checkpoint, runs_at_the_end=True),
        Job("audit.take_up", 2, audit.take_up),
        Job("stations.sweep", 5, sweep_card_sessions),
        Job("enrolment.advance", 5, enrolments.advance_open),
        Job("enrolment.unattended", 10, advance_unattended),
        Job("enrolment.forget_face_tries", 3600, in_a_unit(face_tries.forget_old)),
        Job("enrolment.remind_of_meetings", 600, remind_of_meetings),
        Job("consent.remind_of_ends", 600, remind_of_consents),
        Job("keys.ensure", LOOKED_AFTER_EVERY.total_seconds(), signing_keys.ensure),
        Job("spent.forget", 60, in_a_unit(drop_expired_spent)),
        Job("deferred.forget", 600, in_a_unit(deferred.forget_expired)),
        Job("other_device.forget", 600, in_a_unit(other_device.forget_old)),
        Job("exchange.waiting", 5, exchange.advance_waiting),
        Job("exchange.finish_documents", 5, exchange.finish_documents),
        Job("exchange.forget", 600, in_a_unit(exchange.forget_expired)),
        Job("clients.forget_requests", 3600, in_a_unit(forget_old_requests)),
        Job("agencies.forget_invited", 600, in_a_unit(seats.forget_overdue)),
        Job("agencies.forget_applications", 3600, in_a_unit(onboarding.forget_overdue)),
        Job("subscribers.close_due", 300, close_due),
        Job("subscribers.forget_proofs", 3600, in_a_unit(contacts.forget)),
        Job("reviews.reopen", 300, reopen_reviews),
        Job("reviews.overdue", 600, open_overdue_reviews),
        Job("oversight.draw", 600, draw_samples),
        Job("oversight.watch", 60, watch_look_ups),
        Job("oversight.add_up_days", 600, in_a_unit(add_up_days)),
        Job("look_ups.forget", 60, in_a_unit(forget_look_ups)),
        Job("exchange.retain", 1800, retain),
        Job("representation.end_unsigned", 300, end_unsigned),
    )
