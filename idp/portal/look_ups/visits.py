"""Visits of officers: begun here, opened at the data exchange with the officer's own token, ended at both."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from idp.agencies.model import Member
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.kernel.clock import Clock
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError
from idp.kernel.ids import MemberId, new_id
from idp.kernel.randomness import Randomness, system_randomness
from idp.keys.envelope import PersonalData
from idp.portal.look_ups import store
from idp.portal.look_ups.gateway import NotDone
from idp.portal.look_ups.model import (
    DiaryEntry,
    EntryId,
    LookUpProblem,
    OfficerToken,
    Outcome,
    Visit,
    VisitId,
    VisitKind,
)
from idp.portal.look_ups.purposes import Purposes
from idp.portal.look_ups.ways import Ways
from idp.storage.storage import Storage, UnitOfWork

STAY: Final = timedelta(minutes=15)
"""As long as the data exchange keeps a card session or a handle."""
TOKEN_LIFE: Final = timedelta(minutes=5)
ENDING_TAKES: Final = 5.0
"""Seconds at most."""


class Visits:
    """Opens its own units of work: between them issuer and exchange are asked."""

    def __init__(
        self,
        *,
        storage: Storage,
        personal: PersonalData,
        audit: AuditLog,
        ways: Ways,
        purposes: Purposes,
        clock: Clock,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._storage = storage
        self._personal = personal
        self._audit = audit
        self._ways = ways
        self._purposes = purposes
        self._clock = clock
        self._randomness = randomness

    async def begin(
        self,
        officer: Member,
        kind: VisitKind,
        *,
        service_id: Any,
        case: str,
        ground: Mapping[str, Any],
        station_id: Any = None,
        number: str | None = None,
        others: Sequence[MemberId] = (),
    ) -> Visit:
        """A visit, before anything is opened for it; whatever the officer had open is ended.

        So is what the same person had open in `others`, the posts elsewhere: nobody looks up for two at a time.
        """
        posts = (officer.id, *others)
        while True:
            await self.end_all(posts)
            async with self._storage.unit_of_work() as uow:
                await store.hold_posts(uow, posts)
                if any([await store.running_visits(uow, self._personal, one) for one in posts]):
                    continue  # begun meanwhile, by a second press or in another tab: the later one stands
                visit = Visit(
                    id=VisitId(new_id("lkv", now=uow.now, randomness=self._randomness)),
                    member_id=officer.id,
                    agency_id=officer.agency_id,
                    service_id=service_id,
                    kind=kind,
                    case=case,
                    ground=ground,
                    station_id=station_id,
                    number=number,
                    anchor=None,
                    token=None,
                    photo_request=None,
                    photo_reason=None,
                    opened_at=uow.now,
                    expires_at=uow.now + STAY,
                    ended_at=None,
                )
                await store.insert_visit(uow, self._personal, visit)
                await self._note(uow, "look_up.visit_begun", visit, kind=kind.value, basis=visit.basis.value)
                return visit

    async def open(self, visit: Visit, access_token: str, *, language: str) -> Visit:
        """Open the card session or the handle with the officer's own token. Raises NotDone, Unavailable, Conflict."""
        exchange = await self._ways.exchange(visit.agency_id, language=language)
        said = {"purpose": visit.service_id, "case": visit.case, "basis": dict(visit.ground)}
        if visit.kind is VisitKind.NUMBER:
            opened = await exchange.name_by_number(access_token, citizen_id=visit.number or "", **said)
        else:
            opened = await exchange.open_session(access_token, station=visit.station_id, **said)
        try:
            return await self.with_token(visit, access_token, anchor=str(opened["id"]), number=None)
        except Conflict:
            # it ended while the exchange opened the card session, of which nobody else knows
            token = OfficerToken(access_token, self._clock.now() + TOKEN_LIFE)
            await self._end_session(replace(visit, anchor=str(opened["id"]), token=token))
            raise

    async def with_token(self, visit: Visit, access_token: str, **changes: Any) -> Visit:
        """The visit with another token of its officer, and what else changed; the one before ends. Raises Conflict
        (OVER).
        """
        token = OfficerToken(access_token, self._clock.now() + TOKEN_LIFE)
        saved = await self.save(replace(visit, token=token, **changes))
        await self._revoke(visit, visit.token)
        return saved

    async def save(self, visit: Visit) -> Visit:
        """Save what the visit has become. Raises Conflict (OVER) when it was ended meanwhile."""
        async with self._storage.unit_of_work() as uow:
            if not await store.save_visit(uow, self._personal, visit):
                raise Conflict(LookUpProblem.OVER)
        return visit

    async def mine(self, visit_id: str, officer: Member) -> Visit:
        """The officer's own visit, running or over. Raises NotFound (UNKNOWN), the same for another's."""
        async with self._storage.reading() as uow:
            visit = await store.find_visit(uow, self._personal, visit_id)
        if visit is None or (visit.member_id, visit.agency_id) != (officer.id, officer.agency_id):
            raise NotFound(LookUpProblem.UNKNOWN)
        return visit

    async def running(self, visit_id: str, officer: Member) -> Visit:
        """The officer's own visit. Raises NotFound (UNKNOWN), Conflict (OVER)."""
        visit = await self.mine(visit_id, officer)
        if visit.is_over(self._clock.now()):
            raise Conflict(LookUpProblem.OVER)
        return visit

    async def current(self, officer: Member) -> Visit | None:
        """What this officer has open."""
        async with self._storage.reading() as uow:
            found = await store.running_visits(uow, self._personal, officer.id)
        return found[0] if found else None

    async def of_agency(self, visit_id: str, officer: Member) -> Visit:
        """A colleague's visit that runs. Raises NotFound (UNKNOWN), the same for the officer's own."""
        async with self._storage.reading() as uow:
            visit = await store.find_visit(uow, self._personal, visit_id)
            now = uow.now
        if visit is None or visit.agency_id != officer.agency_id or visit.member_id == officer.id or visit.is_over(now):
            raise NotFound(LookUpProblem.UNKNOWN)
        return visit

    async def with_photo_requests(self, officer: Member) -> Sequence[Visit]:
        """Visits of colleagues who asked for a photo of the registry."""
        async with self._storage.reading() as uow:
            found = await store.visits_with_photo_requests(uow, self._personal, officer.agency_id)
        return [visit for visit in found if visit.member_id != officer.id]

    async def end(self, visit: Visit) -> None:
        """End a visit, its card session and the officer's token. Here it is over whoever else answers or not."""
        async with self._storage.unit_of_work() as uow:
            # as it is by now: its card session may have been opened since it was read
            latest = await store.lock_visit(uow, self._personal, visit.id)
            if latest is None or not await store.save_visit(uow, self._personal, latest.ended(uow.now)):
                return
            await self._note(uow, "look_up.visit_ended", latest)
        try:
            async with asyncio.timeout(ENDING_TAKES):
                await asyncio.gather(self._end_session(latest), self._revoke(latest, latest.token))
        except TimeoutError:
            return  # both end by themselves; whoever leaves is not kept waiting

    async def end_all(self, member_ids: Sequence[MemberId]) -> None:
        """End whatever these members have open: another visit begins, or they leave."""
        for member_id in member_ids:
            async with self._storage.reading() as uow:
                running = await store.running_visits(uow, self._personal, member_id)
            for visit in running:
                await self.end(visit)

    async def asking(self, visit: Visit, dataset: str) -> None:
        """Say in the log who asks, before it is asked: a company's release hangs on no card session that would."""
        if visit.kind is not VisitKind.COMPANY:
            return
        async with self._storage.unit_of_work() as uow:
            await self._note(uow, "look_up.asked", visit, dataset=dataset)

    async def write(
        self,
        visit: Visit,
        dataset: str,
        outcome: Outcome,
        *,
        code: str | None = None,
        disclosure_id: str | None = None,
        pull_id: str | None = None,
    ) -> DiaryEntry:
        """One line of the officer's diary, and of the log: who had what looked up. Before anybody sees the answer."""
        async with self._storage.unit_of_work() as uow:
            entry = DiaryEntry(
                id=EntryId(new_id("lke", now=uow.now, randomness=self._randomness)),
                visit_id=visit.id,
                member_id=visit.member_id,
                agency_id=visit.agency_id,
                service_id=visit.service_id,
                dataset=dataset,
                outcome=outcome,
                code=code,
                disclosure_id=disclosure_id,
                pull_id=pull_id,
                at=uow.now,
                case=visit.case,
            )
            await store.insert_entry(uow, self._personal, entry)
            await self._note_done(uow, visit, entry)
        return entry

    async def became(
        self,
        visit: Visit,
        entry: DiaryEntry,
        outcome: Outcome,
        *,
        code: str | None = None,
        disclosure_id: str | None = None,
    ) -> None:
        """What became of a request that waited, in the diary and in the log. Before anybody sees the answer."""
        changed = replace(entry, outcome=outcome, pull_id=None, code=code, disclosure_id=disclosure_id)
        async with self._storage.unit_of_work() as uow:
            await store.save_entry(uow, self._personal, changed)
            await self._note_done(uow, visit, changed)

    async def _note_done(self, uow: UnitOfWork, visit: Visit, entry: DiaryEntry) -> None:
        told = {
            "dataset": entry.dataset,
            "outcome": entry.outcome.value,
            "code": entry.code,
            "disclosure": entry.disclosure_id,
        }
        await self._note(uow, "look_up.done", visit, **{name: text for name, text in told.items() if text})

    async def _end_session(self, visit: Visit) -> None:
        if visit.kind is not VisitKind.CARD or visit.anchor is None:
            return
        try:
            exchange = await self._ways.exchange(visit.agency_id, language="en")
            await exchange.end_session(await self.following(visit), visit.anchor)
        except (NotDone, TuatonError):
            return  # it ends by itself after its time

    async def following(self, visit: Visit) -> str:
        """A token with which the card session is followed and ended. Raises Refused (NO_PURPOSE) without any right."""
        async with self._storage.reading() as uow:
            offer = await self._purposes.any_offer(uow, visit)
        if offer is None:
            raise Refused(LookUpProblem.NO_PURPOSE)
        return await self._ways.session_token(visit, offer)

    async def _revoke(self, visit: Visit, token: OfficerToken | None) -> None:
        if token is not None:
            await self._ways.revoke(visit.agency_id, token.text)

    async def _note(self, uow: UnitOfWork, event: str, visit: Visit, **details: str) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event=event,
                actor=Actor(ActorKind.MEMBER, visit.member_id),
                agency_id=visit.agency_id,
                details={"visit": visit.id, "service": visit.service_id, **details},
            ),
        )
