"""Officers' sessions with the population registry: opened at DOPA's own agent, asked after here.

The PIN is typed into DOPA's agent and never comes near us. What the registry says of a session is sealed, for one
officer at one station, and counts for five seconds; then it is asked again (nevers, 7).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.contracts.identifiers import CitizenId
from connectors.contracts.officer_sessions import AgentPermission, AgentState, OfficerSessionPort, OfficerTrouble
from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.errors import Refused
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.stations import officer_store
from idp.stations.model import OfficerProblem, OfficerSession, Presence, Station
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

LOOK_LIFE: Final = timedelta(seconds=5)
"""How old the registry's word may be."""
LONGEST: Final = timedelta(hours=8)
"""As long as a member's session in the portal: after that the PIN is entered anew, which ends the old session first."""
REMEMBERED: Final = timedelta(days=1)
"""How long it is known when a session began: one that was forgotten too early would begin anew without a PIN."""
ASK_SECONDS: Final = 2.0

_KIND: Final = "officer_session"


@dataclass(frozen=True, slots=True)
class OfficerState:
    """An officer at a station: the open session, or why there is none (None: nobody has signed in yet)."""

    session: OfficerSession | None
    trouble: OfficerProblem | None


class AmiSessions:
    """Opens its own units of work: between two of them the registry is asked."""

    def __init__(
        self,
        *,
        storage: Storage,
        subscribers: Subscribers,
        registry: OfficerSessionPort,
        sealer: TokenSealer,
        audit: AuditLog,
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._registry = registry
        self._sealer = sealer
        self._audit = audit

    async def state_of(self, officer: Member, station: Station) -> OfficerState:
        """The officer's session at this station, never older than five seconds or than the last change of cards."""
        # 1. what was heard a moment ago still counts
        async with self._storage.reading() as uow:
            known = await self._known(uow, officer, station)
            if known is not None and _is_fresh(known.looked_at, station.presence, uow.now):
                return _state(known, uow.now)
            citizen_id = (await self._subscribers.identity(uow, officer.subscriber_id)).citizen_id
        # 2. else the registry is asked; whoever has no citizen number is no officer of the registry
        if citizen_id is None:
            return OfficerState(None, OfficerProblem.NO_PERMISSION)
        said = await self._registry.permission(citizen_id, deadline_seconds=ASK_SECONDS)
        # 3. and what it says is kept
        async with self._storage.unit_of_work() as uow:
            return await self._keep(uow, officer, station, before=known, said=said, citizen_id=citizen_id)

    async def require(self, officer: Member, station: Station) -> OfficerSession:
        """The open session. Raises Refused with the reason why there is none."""
        state = await self.state_of(officer, station)
        if state.session is None:
            raise Refused(state.trouble or OfficerProblem.NOT_SIGNED_IN)
        return state.session

    async def note_citizen(self, officer: Member, station: Station, session: OfficerSession) -> None:
        """The first citizen's card has come after the officer's was taken out: from now on there is no hurry."""
        if session.first_citizen_at is not None:
            return
        async with self._storage.unit_of_work() as uow:
            known = await self._known(uow, officer, station)
            if known is not None and known.session is not None and known.session.opened_at == session.opened_at:
                noted = OfficerSession(session.opened_at, known.looked_at, uow.now)
                await self._save(uow, officer, station, _Known(noted, known.trouble, known.looked_at))

    async def _keep(
        self,
        uow: UnitOfWork,
        officer: Member,
        station: Station,
        *,
        before: "_Known | None",
        said: AgentPermission,
        citizen_id: CitizenId,
    ) -> OfficerState:
        old = None if before is None else before.session
        # nevers, 7: "AgentID = the signed-in officer"; the connector looked already, here it is decided
        is_open = said.state is not AgentState.NOT_AVAILABLE and said.agent_id == citizen_id
        # silence ends no session and begins none: else eight hours would begin anew after it, without a PIN
        session = old if said.trouble is OfficerTrouble.UNKNOWN else None
        if is_open:
            session = OfficerSession(
                opened_at=uow.now if old is None else old.opened_at,
                looked_at=uow.now,
                first_citizen_at=None if old is None else old.first_citizen_at,
            )
        trouble = None if said.trouble is None else OfficerProblem(said.trouble.value)
        present = _Known(session, trouble, uow.now)
        await self._save(uow, officer, station, present)
        state = _state(present, uow.now)
        was_open = before is not None and _state(before, before.looked_at).session is not None
        if was_open != (state.session is not None):
            await self._note(uow, officer, station, "closed" if was_open else "opened", state.trouble)
        return state

    async def _known(self, uow: UnitOfWork, officer: Member, station: Station) -> "_Known | None":
        row = await officer_store.find_sealed(uow, station.id, officer.id)
        if row is None:
            return None
        try:
            opened = self._sealer.open(_KIND, row.sealed, now=uow.now)
        except (SealBroken, SealExpired):
            return None
        # sealed for this officer at this station: a row that was copied over says nothing
        if (opened["station"], opened["member"]) != (station.id, officer.id):
            return None
        looked_at = _moment(opened["looked_at"])
        assert looked_at is not None
        opened_at = _moment(opened["opened_at"])
        session = None
        if opened_at is not None:
            session = OfficerSession(opened_at, looked_at, _moment(opened["first_citizen_at"]))
        trouble = None if opened["trouble"] is None else OfficerProblem(opened["trouble"])
        return _Known(session, trouble, looked_at)

    async def _save(self, uow: UnitOfWork, officer: Member, station: Station, known: "_Known") -> None:
        session = known.session
        ends_at = uow.now + REMEMBERED
        content: dict[str, Any] = {
            "station": station.id,
            "member": officer.id,
            "looked_at": known.looked_at.timestamp(),
            "opened_at": None if session is None else session.opened_at.timestamp(),
            "first_citizen_at": _seconds(None if session is None else session.first_citizen_at),
            "trouble": None if known.trouble is None else known.trouble.value,
        }
        sealed = self._sealer.seal(_KIND, content, expires_at=ends_at)
        await officer_store.save_sealed(
            uow, station.id, officer.id, sealed=sealed, looked_at=known.looked_at, ends_at=ends_at
        )

    async def _note(
        self, uow: UnitOfWork, officer: Member, station: Station, what: str, trouble: OfficerProblem | None
    ) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=f"officer_session.{what}",
                actor=Actor(ActorKind.MEMBER, officer.id),
                agency_id=officer.agency_id,
                details={"station": station.id, "code": "" if trouble is None else trouble.value},
            ),
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """The registry's last word, as it was sealed; while there is trouble, `session` is what was known before it."""

    session: OfficerSession | None
    trouble: OfficerProblem | None
    looked_at: datetime


def _state(known: _Known, now: datetime) -> OfficerState:
    """What the registry's last word is worth.

    Nothing while there is trouble; and a session that is too old is none, however open it is there.
    """
    if known.trouble is not None:
        return OfficerState(None, known.trouble)
    if known.session is not None and now - known.session.opened_at >= LONGEST:
        return OfficerState(None, OfficerProblem.SESSION_ENDED)
    return OfficerState(known.session, None)


def _is_fresh(looked_at: datetime, presence: Presence | None, now: datetime) -> bool:
    """A card that came or went since may have changed everything."""
    has_changed = presence is not None and any(moment > looked_at for moment in presence.changed_at.values())
    return not has_changed and timedelta(0) <= now - looked_at < LOOK_LIFE


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
