"""The agents' side of the room: who polls, what request lies there for him, what he answers.

A request is a row; the node that holds the agent's poll looks at its station's rows every 200 ms, the answer is a row
again: any node may die, the row decides (design, section 2, Agent).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from connectors.contracts.card_wire import REQUEST_TYP
from idp.agencies.model import Standing
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.security_log import SecurityLog
from idp.kernel.clock import Clock
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import StationId
from idp.keys.encryption import ServerEncryptionKey
from idp.keys.signing import SigningKeys
from idp.stations import rules, store
from idp.stations.model import CardSession, Outcome, Station, StationProblem, StationStatus, VerifiedAnswer
from idp.stations.service import DATA_STAY
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

LOOK_EVERY: Final = 0.2
HOLD_POLL: Final = 20.0
REQUEST_LIFE: Final = timedelta(seconds=120)


class MailSlots:
    """Takes hellos, hands out signed card requests, takes answers. Opens its own units of work."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        signing: SigningKeys,
        encryption: ServerEncryptionKey,
        audit: AuditLog,
        security_log: SecurityLog,
        clock: Clock,
        issuer: str,
        minimum_agent_version: str = "0.1",
        hold_poll: float = HOLD_POLL,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._signing = signing
        self._encryption = encryption
        self._audit = audit
        self._security_log = security_log
        self._clock = clock
        self._issuer = issuer
        self._minimum_agent_version = minimum_agent_version
        self._hold_poll = hold_poll

    async def hello(self, message: str) -> Station:
        """Who polls, as the station is now that it has said so.

        Raises Refused (UNKNOWN_STATION, BAD_MESSAGE, REPLAYED, NOT_ACTIVE, VIRTUAL_REFUSED, AGENT_TOO_OLD).
        """
        # 1. whose key, and did it sign
        station = await self._station_named_in(message)
        try:
            hello = rules.verify_hello(
                message=message,
                expected_station=station,
                expected_audience=self._issuer,
                now=self._clock.now(),
            )
        except Refused as refused:
            self._unproven(refused)
            raise
        try:
            async with self._storage.unit_of_work() as uow:
                # 2. believed at present, and fit to serve
                await self._validate_live(uow, station)
                self._validate_agent(station, is_virtual=hello.is_virtual, agent_version=hello.agent_version)
                # 3. once only
                if not await spend(
                    uow,
                    kind=SpentKind.STATION_HELLO,
                    scope=station.id,
                    secret=hello.token_id,
                    expires_at=hello.expires_at,
                ):
                    raise Refused(StationProblem.REPLAYED)
                # 4. seen
                presence = await store.save_presence(uow, station, hello)
        except Refused as refused:
            await self._refused(station, "station.hello_refused", refused)
            if refused.code is StationProblem.AGENT_TOO_OLD:
                async with self._storage.unit_of_work() as uow:
                    await store.mark_too_old(uow, station.id)
            raise
        return replace(station, presence=presence)

    async def next_request(
        self, station: Station, *, is_gone: Callable[[], Awaitable[bool]], gives_way: bool = False
    ) -> str | None:
        """A signed card request or end for this station, waited for up to the poll's time; None when nothing came.

        `is_gone` says whether the agent hung up: nothing is handed to a line nobody listens on. One that `gives_way`
        ends as soon as the station has said hello again. Raises Refused (NOT_ACTIVE) as soon as the station is ended or
        has another key.
        """
        heard_at = station.presence.seen_at if gives_way and station.presence is not None else None
        deadline = asyncio.get_running_loop().time() + self._hold_poll
        while True:
            async with self._storage.reading() as uow:
                work = await store.work_of(uow, station.id)
            # a station that is ended, or has another key now, is told so at the next look
            if work.status is not StationStatus.ACTIVE or work.public_jwk != station.public_jwk:
                raise Refused(StationProblem.NOT_ACTIVE)
            if work.untold_end is not None and not await is_gone():
                return await self._hand_out_end(station, work.untold_end)
            if work.waiting is not None and not await is_gone():
                request = await self._hand_out(station, work.waiting)
                if request is not None:
                    return request
            is_out_of_date = heard_at is not None and work.seen_at is not None and work.seen_at > heard_at
            if is_out_of_date or asyncio.get_running_loop().time() >= deadline or await is_gone():
                return None
            await asyncio.sleep(LOOK_EVERY)

    async def progress(self, message: str) -> None:
        """Note how far a read has come, for whoever waits at the screen.

        Raises Refused (UNKNOWN_STATION, BAD_MESSAGE, NOT_ACTIVE), Conflict (SESSION_OVER) when nobody waits for it.
        """
        station = await self._station_named_in(message)
        try:
            progress = rules.verify_progress(
                message=message,
                expected_station=station,
                expected_audience=self._issuer,
                now=self._clock.now(),
            )
        except Refused as refused:
            self._unproven(refused)
            raise
        async with self._storage.unit_of_work() as uow:
            await self._validate_live(uow, station)
            # sent again it changes nothing: progress only grows
            if not await store.save_progress(uow, progress, station_id=station.id):
                raise Conflict(StationProblem.SESSION_OVER)

    async def answer(self, message: str) -> None:
        """Take an answer into its session.

        Raises as `hello` does, and Refused (SESSION_EXPIRED), Conflict (SESSION_OVER).
        """
        # 1. whose key, and did it sign
        station = await self._station_named_in(message)
        try:
            answer = rules.verify_answer(
                message=message,
                expected_station=station,
                expected_audience=self._issuer,
                now=self._clock.now(),
            )
        except Refused as refused:
            self._unproven(refused)
            raise
        try:
            async with self._storage.unit_of_work() as uow:
                # 2. believed at present, and fit to serve
                await self._validate_live(uow, station)
                self._validate_agent(station, is_virtual=answer.is_virtual, agent_version=answer.agent_version)
                # 3. once only
                if not await spend(
                    uow,
                    kind=SpentKind.STATION_ANSWER,
                    scope=station.id,
                    secret=answer.token_id,
                    expires_at=answer.expires_at,
                ):
                    raise Refused(StationProblem.REPLAYED)
                # 4. into the session it belongs to, if that still waits
                await self._take(uow, station, answer)
        except (Refused, Conflict) as refused:
            await self._refused(station, "card_session.answer_refused", refused)
            raise

    async def _take(self, uow: UnitOfWork, station: Station, answer: VerifiedAnswer) -> None:
        session = await store.find_session(uow, answer.card_session_id)
        if session is None:
            raise Refused(StationProblem.BAD_MESSAGE, "no such session")
        rules.validate_answer_in_session(answer=answer, session=session, expected_station=station.id, now=uow.now)
        if not await store.save_answer(uow, answer, expires_at=uow.now + DATA_STAY):
            raise Conflict(StationProblem.SESSION_OVER)
        details = {
            "station": station.id,
            "card_session": session.id,
            "fault": answer.fault.value if answer.fault else "",
        }
        await self._audit.append(
            uow,
            AuditEvent(
                event=_EVENTS[answer.outcome],
                actor=Actor(ActorKind.STATION, station.id),
                agency_id=station.agency_id,
                details=details,
            ),
        )

    async def _hand_out(self, station: Station, session: CardSession) -> str | None:
        await self._signing.refresh()  # first: what is marked as handed out must be signed
        async with self._storage.unit_of_work() as uow:
            if not await store.mark_taken(uow, session.id):
                return None
            agency = await self._agencies.agency(uow, station.agency_id)
        return await self._sign(
            station,
            session,
            {
                "kind": "read",
                "purpose": dict(rules.PURPOSE_TEXTS[session.purpose]),
                "requested_by": agency.name_th,
                "slot": session.slot,
                "with_photo": session.with_photo,
                "data_key": self._encryption.public_jwk(),
                "photo_key": dict(session.photo_public_jwk),
                "passport_key": self._passport_key(session),
            },
        )

    def _passport_key(self, session: CardSession) -> dict[str, Any] | None:
        if session.passport_key_jwe is None:
            return None
        key: dict[str, Any] = json.loads(self._encryption.decrypt(session.passport_key_jwe))
        return key

    async def _hand_out_end(self, station: Station, session: CardSession) -> str | None:
        await self._signing.refresh()
        async with self._storage.unit_of_work() as uow:
            if not await store.mark_end_told(uow, session.id):
                return None
        return await self._sign(station, session, {"kind": "end"})

    async def _sign(self, station: Station, session: CardSession, claims: dict[str, Any]) -> str:
        now = self._clock.now()
        return await self._signing.sign_jwt(
            {
                "iss": self._issuer,
                "aud": station.id,
                "iat": int(now.timestamp()),
                "exp": int((now + REQUEST_LIFE).timestamp()),
                "jti": session.id,
                "nonce": session.nonce,
                **claims,
            },
            typ=REQUEST_TYP,
        )

    async def _station_named_in(self, message: str) -> Station:
        try:
            station_id = rules.station_named_in(message)
        except Refused as refused:
            self._unproven(refused)
            raise
        async with self._storage.reading() as uow:
            station = await store.find_station(uow, StationId(station_id))
        if station is None:
            unknown = Refused(StationProblem.UNKNOWN_STATION)
            self._unproven(unknown)
            raise unknown
        return station

    async def _validate_live(self, uow: UnitOfWork, station: Station) -> None:
        """Is the station still believed, by the very key that was looked at? Raises Refused (NOT_ACTIVE)."""
        present = await store.find_station(uow, station.id)
        if present is None or present.public_jwk != station.public_jwk:
            raise Refused(StationProblem.NOT_ACTIVE)
        try:
            agency = await self._agencies.agency(uow, station.agency_id)
        except NotFound as error:
            raise Refused(StationProblem.NOT_ACTIVE) from error
        rules.validate_station(station=present, agency_is_live=agency.status is Standing.ACTIVE)

    def _validate_agent(self, station: Station, *, is_virtual: bool, agent_version: str) -> None:
        rules.validate_agent(
            station=station,
            is_virtual=is_virtual,
            agent_version=agent_version,
            minimum_version=self._minimum_agent_version,
        )

    def _unproven(self, refused: Refused) -> None:
        self._security_log.note("stations.message_refused", code=refused.code.value, reason=refused.detail)

    async def _refused(self, station: Station, event: str, refused: TuatonError) -> None:
        async with self._storage.unit_of_work() as uow:
            await self._audit.append(
                uow,
                AuditEvent(
                    event=event,
                    actor=Actor(ActorKind.STATION, station.id),
                    agency_id=station.agency_id,
                    outcome="refused",
                    details={"code": refused.code.value, "reason": refused.detail},
                ),
            )


_EVENTS: Final = {
    Outcome.READ: "card_session.read",
    Outcome.FAULT: "card_session.failed",
    Outcome.DECLINED: "card_session.declined",
    Outcome.REMOVED: "card_session.card_removed",
}
