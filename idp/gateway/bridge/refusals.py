"""What the bridge refuses by itself is written down: in the log where a program was proven, else on the node."""

from typing import Final

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.gateway.bridge.model import BridgeReason, WireRefusal
from idp.kernel.ids import SubscriberId
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

ABOUT_PEOPLE: Final = frozenset(
    {
        BridgeReason.NO_CARD_SESSION,
        BridgeReason.OTHER_PERSON,
        BridgeReason.OTHER_PURPOSE,
        BridgeReason.NO_OFFICER,
        BridgeReason.NOT_OFFERED,
    }
)
"""Each of these is an entry of its own: somebody may be going through numbers."""
REMEMBERED: Final = 10_000


class BridgeRefusals:
    """Writes them down. Other refusals alike within a minute are one entry, so that nobody fills the log."""

    def __init__(
        self, *, storage: Storage, subscribers: Subscribers, audit: AuditLog, security_log: SecurityLog
    ) -> None:
        self._storage = storage
        self._subscribers = subscribers
        self._audit = audit
        self._security_log = security_log
        self._noted: dict[tuple[str, str, str], int] = {}

    async def note(self, row: str, refusal: WireRefusal) -> None:
        """One refusal at this row of the route table; nothing of the address or its parameters."""
        access = refusal.access
        if access is None:
            self._security_log.note("bridge.refused", row=row, reason=refusal.reason.value)
            return
        if refusal.reason not in ABOUT_PEOPLE and not self._is_new((access.client_id, row, refusal.reason.value)):
            return
        agent = refusal.agent
        told = {"row": row, "reason": refusal.reason.value, "officer": None if agent is None else agent.member_id}
        async with self._storage.unit_of_work() as uow:
            event = AuditEvent(
                event="bridge.refused",
                actor=Actor(ActorKind.CLIENT, access.client_id),
                outcome="refused",
                subject=await self._about(uow, refusal),
                agency_id=access.agency_id,
                client_id=access.client_id,
                details={name: value for name, value in told.items() if value is not None},
            )
            await self._audit.append(uow, event)

    async def _about(self, uow: UnitOfWork, refusal: WireRefusal) -> SubscriberId | None:
        """Whose number was named, where that person has a digital ID: as the log's pseudonym."""
        if refusal.about is None:
            return None
        person = await self._subscribers.find_by_citizen_id(uow, refusal.about)
        return None if person is None else person.id

    def _is_new(self, like: tuple[str, str, str]) -> bool:
        minute = int(self._storage.clock.now().timestamp() // 60)
        if self._noted.get(like) == minute:
            return False
        if len(self._noted) >= REMEMBERED:
            self._noted = {known: at for known, at in self._noted.items() if at == minute}
        self._noted[like] = minute
        return True
