"""Use cases of the registries' health: standing around questions, adding up, the shutter."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from connectors.contracts.errors import RegistryError, RegistryOutcome, RegistryResting, RegistryUnavailable
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.catalogue.datasets import DATASETS
from idp.exchange.health import store
from idp.exchange.health.model import (
    LONGEST_REASON,
    SHORTEST_REASON,
    SHOWN_MINUTES,
    SNAPSHOT_LIFE,
    ClosedShutter,
    HealthProblem,
    Heard,
    ServiceView,
    Shut,
)
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId
from idp.keys.envelope import PersonalData
from idp.storage.storage import Storage, UnitOfWork

_TABLE, _REASON = "registry_shutter", "sealed_reason"
_OWNER = "registry_shutter"
"""Under whose data key reasons lie: they are about services, not about anybody."""
_TURNED_AWAY = frozenset({RegistryOutcome.OUT_OF_HOURS, RegistryOutcome.OVER_QUOTA, RegistryOutcome.BUSY})
_WORDS_ALL_THE_SAME = frozenset({RegistryOutcome.UNEXPLAINED, RegistryOutcome.NO_SESSION, RegistryOutcome.TOO_LARGE})


class RegistryHealth:
    """What this node hears of the registries, added to what the others do; and whom nobody asks."""

    def __init__(self, *, storage: Storage, personal: PersonalData, audit: AuditLog) -> None:
        self._storage = storage
        self._personal = personal
        self._audit = audit
        self._heard: dict[tuple[str, datetime], Counter[Heard]] = {}
        self._shut: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    @asynccontextmanager
    async def question(self, service: str) -> AsyncIterator[None]:
        """Raises Shut instead of asking; notes what comes of the question. Not to be entered in a unit of work."""
        if service in await self._shutters():
            raise Shut("nobody asks this service now")
        try:
            yield
        except RegistryError as error:
            self._note(service, _heard_in(error))
            raise
        else:
            self._note(service, Heard.ANSWERED)

    async def flush(self) -> None:
        """Add what this node heard to the store; what cannot be written is kept for the next time."""
        heard, self._heard = self._heard, {}
        if not heard:
            return
        try:
            async with self._storage.unit_of_work() as uow:
                # in one order, so that two nodes never wait for each other
                for service, minute in sorted(heard):
                    await store.add_minute(uow, service, minute, heard[service, minute])
                await store.forget_old(uow)
        except BaseException:
            for key, counts in heard.items():
                self._heard.setdefault(key, Counter()).update(counts)
            raise

    async def services(self, uow: UnitOfWork) -> tuple[ServiceView, ...]:
        """Every service of the catalogue with its last hour."""
        minutes = await store.minutes_since(uow, _minute(uow.now) - timedelta(minutes=SHOWN_MINUTES - 1))
        answers, waiting = await store.last_answers(uow), await store.waiting_by_dataset(uow)
        shutters = await store.shutters(uow)
        views = []
        for service, datasets in datasets_by_service().items():
            closed = None
            if (row := shutters.get(service)) is not None:
                sealed = bytes(row.sealed_reason)
                reason = await self._personal.open(
                    uow, _OWNER, table=_TABLE, column=_REASON, row=service, sealed=sealed
                )
                closed = ClosedShutter(row.shut_at, row.shut_by, reason.decode())
            views.append(
                ServiceView(
                    service=service,
                    datasets=datasets,
                    minutes=tuple(minutes.get(service, ())),
                    last_answer=answers.get(service),
                    waiting=sum(waiting.get(dataset, 0) for dataset in datasets),
                    shutter=closed,
                )
            )
        return tuple(views)

    async def shut(self, uow: UnitOfWork, service: str, *, reason: str, by: Actor, agency_id: AgencyId) -> None:
        """Nobody asks this service, on any node within `SNAPSHOT_LIFE`; pulls wait or are refused as services chose.

        Raises NotFound, Refused (REASON_NEEDED), Conflict (AS_IT_IS).
        """
        _expect_known(service)
        reason = reason.strip()
        if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
            raise Refused(HealthProblem.REASON_NEEDED)
        sealed = await self._personal.seal(
            uow, _OWNER, table=_TABLE, column=_REASON, row=service, value=reason.encode()
        )
        if not await store.close_shutter(uow, service, by=by.id, sealed_reason=sealed):
            raise Conflict(HealthProblem.AS_IT_IS)
        await self._record(uow, "registry.shut", service, by, agency_id)

    async def open(self, uow: UnitOfWork, service: str, *, by: Actor, agency_id: AgencyId) -> None:
        """Ask it again. Raises NotFound, Conflict (AS_IT_IS)."""
        _expect_known(service)
        if not await store.open_shutter(uow, service):
            raise Conflict(HealthProblem.AS_IT_IS)
        await self._record(uow, "registry.opened", service, by, agency_id)

    async def _shutters(self) -> frozenset[str]:
        now = self._storage.clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < SNAPSHOT_LIFE:
            async with self._storage.reading() as uow:
                self._shut = frozenset(await store.shutters(uow))
            self._read_at = now
        return self._shut

    def _note(self, service: str, heard: Heard) -> None:
        key = service, _minute(self._storage.clock.now())
        self._heard.setdefault(key, Counter())[heard] += 1

    async def _record(self, uow: UnitOfWork, event: str, service: str, by: Actor, agency_id: AgencyId) -> None:
        details = {"service": service}
        await self._audit.append(uow, AuditEvent(event=event, actor=by, agency_id=agency_id, details=details))


def datasets_by_service() -> dict[str, tuple[str, ...]]:
    """The wire services of the catalogue, each with the data sets that come from it; the card is no registry."""
    services: dict[str, tuple[str, ...]] = {}
    for dataset in DATASETS.values():
        if dataset.service != "card":
            services[dataset.service] = (*services.get(dataset.service, ()), dataset.id)
    return services


def _expect_known(service: str) -> None:
    if service not in datasets_by_service():
        raise NotFound(HealthProblem.UNKNOWN)


def _heard_in(error: RegistryError) -> Heard:
    if isinstance(error, RegistryResting):
        return Heard.RESTED
    if error.outcome in _TURNED_AWAY:
        return Heard.TURNED_AWAY
    is_silence = isinstance(error, RegistryUnavailable) and error.outcome not in _WORDS_ALL_THE_SAME
    return Heard.FAILED if is_silence else Heard.ANSWERED


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
