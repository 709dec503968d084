"""Messages of the rooms that agencies are told of, and who hears of whom.

Deny by default: of a person only a client hears that has a grant about that person or a consent of them; of an
agreement only the agency's own programs; of a pull the client that it is of. A message may be seen twice:
each stream is told of it once.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from idp.agencies.agreement_book import AGREEMENT_CHANGED
from idp.app.rooms import Rooms
from idp.app.signal_rooms import receiver_of
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.claims import names_for_id_token, names_for_userinfo
from idp.catalogue.gdx import GdxDetail, SelfSubject
from idp.exchange.waiting.rules import ENDED_TOPIC, READY_TOPIC
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, ClientId, ConsentId, SsoSessionId, SubscriberId
from idp.notices.streams.model import Signal, SignalKind
from idp.notices.streams.rules import rfc3339
from idp.representation.model import MandateId
from idp.storage.outbox import OutboxMessage
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import PROOFED, RESTORED, STOPPED
from idp.worker.jobs import OutboxHandler

_NAMES: Final = ("name", "given_name", "middle_name", "family_name", "title")

CLAIMS_OF_ATTRIBUTE: Final[Mapping[str, frozenset[str]]] = {
    "name_th": frozenset([*_NAMES, *(f"{name}#th" for name in _NAMES)]),
    "name_en": frozenset(f"{name}{suffix}" for name in _NAMES for suffix in ("#en", "_en")),
    "birth_date": frozenset({"birthdate"}),
    "sex": frozenset({"gender"}),
}
"""Which claims are others when an attribute is. Numbers have no place here: that one changed is told to nobody."""

EXPIRY_DAYS: Final = (30, 7, 1)
"""How long before its end an agency is reminded of an agreement."""

KIND_OF_CHANGE: Final[Mapping[str, SignalKind]] = {
    STOPPED: SignalKind.IDENTITY_DISABLED,
    RESTORED: SignalKind.IDENTITY_ENABLED,
    PROOFED: SignalKind.ASSURANCE_CHANGED,
}


class SignalHandlers:
    """Each message is the cause of what agencies are told."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._storage = rooms.ground.storage

    def table(self) -> Mapping[str, Sequence[OutboxHandler]]:
        """Topic to handlers, of the topics that no other room hears of."""
        return {
            READY_TOPIC: [self.tell_of_pull],
            ENDED_TOPIC: [self.tell_of_pull],
            AGREEMENT_CHANGED: [self.tell_of_agreement],
        }

    async def tell_of_withdrawal(self, message: OutboxMessage) -> None:
        """`consent_withdrawn`: the client that it was given to."""
        async with self._storage.unit_of_work() as uow:
            record = await self._rooms.consents.get(uow, ConsentId(message.payload["consent_id"]))
            if record is None:
                return
            service = {} if record.service_id is None else {"service": record.service_id}
            facts = {"consent": record.id, **service, "datasets": [detail.dataset for detail in record.details]}
            signal = Signal(
                kind=SignalKind.CONSENT_WITHDRAWN,
                cause=message.id,
                at=record.withdrawn_at or uow.now,
                subscriber_id=record.subscriber_id,
                facts=facts,
            )
            await self._tell(uow, [record.client_id], signal)

    async def tell_of_session(self, message: OutboxMessage) -> None:
        """`session_ended`: the clients that signed the person in by it."""
        session_id = SsoSessionId(message.payload["session_id"])
        async with self._storage.unit_of_work() as uow:
            # a program may know the session as the person's own, and as that of somebody for whom the person acted
            grants = await self._rooms.grants.of_session(uow, session_id)
            for client_id, subscriber_id in dict.fromkeys((one.client_id, one.subscriber_id) for one in grants):
                signal = Signal(
                    kind=SignalKind.SESSION_REVOKED,
                    cause=f"{message.id} {subscriber_id}",
                    at=uow.now,
                    subscriber_id=subscriber_id,
                    session_id=session_id,
                )
                await self._tell(uow, [client_id], signal)

    async def tell_of_standing(self, message: OutboxMessage) -> None:
        """`subscriber_changed`: stopped, given back, or proofed to another level; of an end see `tell_of_end`."""
        kind = KIND_OF_CHANGE.get(message.payload.get("change", ""))
        if kind is None:
            return
        if kind is not SignalKind.ASSURANCE_CHANGED:
            await self._tell_around(message, kind, {})
        elif (levels := _levels(message.payload, prefix=self._rooms.signals.acr_prefix)) is not None:
            await self._tell_around(message, kind, levels)

    async def tell_of_end(self, message: OutboxMessage) -> None:
        """`subscriber_closed`: before its grants are ended, by which we know whom to tell."""
        await self._tell_around(message, SignalKind.IDENTITY_PURGED, {})

    async def tell_of_attributes(self, message: OutboxMessage) -> None:
        """`attributes_changed`: names of what changed, each client those that it may know."""
        subscriber_id, changed = SubscriberId(message.payload["subscriber_id"]), message.payload["changed"].split()
        async with self._storage.unit_of_work() as uow:
            known: dict[ClientId, set[str]] = {}
            for grant in await self._rooms.grants.live_of(uow, subscriber_id):
                client = await self._rooms.clients.live(uow, grant.client_id)
                if client is not None and grant.subscriber_id == subscriber_id:
                    known.setdefault(client.id, set()).update(await self._names_told(uow, grant, client, changed))
            for client_id, names in known.items():
                # CAEP §3.2 has the new values: the one that is nobody's secret is when it was (OpenID Core §5.1)
                facts = {"claims": {"updated_at": int(uow.now.timestamp())}, "changed": sorted(names)}
                signal = Signal(
                    kind=SignalKind.CLAIMS_CHANGED,
                    cause=message.id,
                    at=uow.now,
                    subscriber_id=subscriber_id,
                    facts=facts,
                )
                await self._tell(uow, [client_id] if names else [], signal)

    async def tell_of_mandate_end(self, message: OutboxMessage) -> None:
        """`mandate_ended`: the clients at which it was used, before its grants are ended."""
        mandate_id = message.payload["mandate_id"]
        async with self._storage.unit_of_work() as uow:
            grants = await self._rooms.grants.of_mandate(uow, MandateId(mandate_id))
            for client_id, subscriber_id in {(grant.client_id, grant.subscriber_id) for grant in grants}:
                signal = Signal(
                    kind=SignalKind.MANDATE_ENDED,
                    cause=f"{message.id} {subscriber_id}",
                    at=uow.now,
                    subscriber_id=subscriber_id,
                )
                await self._tell(uow, [client_id], signal)

    async def tell_of_pull(self, message: OutboxMessage) -> None:
        """`pull_ready`, `pull_ended`: the client that waits for it; payload `pull_id` and `client_id`."""
        kind = SignalKind.PULL_READY if message.topic == READY_TOPIC else SignalKind.PULL_ENDED
        async with self._storage.unit_of_work() as uow:
            signal = Signal(kind=kind, cause=message.id, at=uow.now, about=message.payload["pull_id"])
            await self._tell(uow, [ClientId(message.payload["client_id"])], signal)

    async def tell_of_agreement(self, message: OutboxMessage) -> None:
        """`agreement_changed`: every program of the agency; payload `agreement_id`, `agency_id`, `status`."""
        payload = message.payload
        async with self._storage.unit_of_work() as uow:
            signal = Signal(
                kind=SignalKind.AGREEMENT_CHANGED,
                cause=message.id,
                at=uow.now,
                about=payload["agreement_id"],
                facts={"status": payload["status"]},
            )
            programs = await self._rooms.signals.streams.listening(uow, agency_id=AgencyId(payload["agency_id"]))
            await self._tell(uow, programs, signal)

    async def tell_of_expiries(self) -> None:
        """The calendar: an agency's programs hear 30, 7 and 1 day before that an agreement ends. For the worker.

        Each once, by the day to which the agreement holds at present; after an outage the nearest of them alone.
        """
        async with self._storage.unit_of_work() as uow:
            for one in await self._rooms.agreements.expiring(uow, days=max(EXPIRY_DAYS)):
                agreement = one.agreement
                near = min(days for days in EXPIRY_DAYS if agreement.valid_until - uow.now <= timedelta(days=days))
                until = agreement.valid_until
                signal = Signal(
                    kind=SignalKind.AGREEMENT_EXPIRING,
                    cause=f"{agreement.id} {until.isoformat()} {near}",
                    at=uow.now,
                    about=agreement.id,
                    facts={"dataset": agreement.dataset, "valid_until": rfc3339(until), "days": near},
                )
                programs = await self._rooms.signals.streams.listening(uow, agency_id=agreement.agency_id)
                await self._tell(uow, programs, signal)

    async def _tell_around(self, message: OutboxMessage, kind: SignalKind, facts: Mapping[str, str]) -> None:
        """Tell the clients that have anything to do with the person of the message."""
        subscriber_id = SubscriberId(message.payload["subscriber_id"])
        async with self._storage.unit_of_work() as uow:
            signal = Signal(kind=kind, cause=message.id, at=uow.now, subscriber_id=subscriber_id, facts=facts)
            await self._tell(uow, await self._rooms.grants.clients_around(uow, subscriber_id), signal)

    async def _tell(self, uow: UnitOfWork, client_ids: Collection[ClientId], signal: Signal) -> None:
        for client_id in client_ids:
            # also a client that is suspended now: what waits for it leaves once it is answered again
            client = await self._rooms.clients.get(uow, client_id)
            if client is not None:
                await self._rooms.signals.streams.tell(uow, receiver_of(client), signal)

    async def _names_told(
        self, uow: UnitOfWork, grant: Grant, client: Client, changed: Collection[str]
    ) -> frozenset[str]:
        """Of what changed the names that this grant lets its client know: claims, and `data set/field`."""
        claims = {claim for name in changed for claim in CLAIMS_OF_ATTRIBUTE.get(name, ())}
        told = {*names_for_userinfo(grant, client, grant.scope), *names_for_id_token(grant, client, grant.scope)}
        fields = {
            f"{detail.dataset}/{name}"
            for detail in grant.details
            if isinstance(detail.subject, SelfSubject) and await self._is_within_right(uow, client, detail)
            for name in detail.fields
            if name in changed and name in CLAIMS_OF_ATTRIBUTE
        }
        return frozenset(claims & told | fields)

    async def _is_within_right(self, uow: UnitOfWork, client: Client, detail: GdxDetail) -> bool:
        try:
            await self._rooms.agencies.ceiling(uow, client.agency_id, [detail])
        except Refused:
            return False
        return True


def _levels(payload: Mapping[str, str], *, prefix: str) -> Mapping[str, str] | None:
    """The members of CAEP §3.4; None when the level is what it was."""
    before, now = Ial(payload["ial_before"]), Ial(payload["ial"])
    if before == now:
        return None
    return {
        "namespace": f"{prefix}:ial",
        "current_level": now.value,
        "previous_level": before.value,
        "change_direction": "increase" if now > before else "decrease",
    }
