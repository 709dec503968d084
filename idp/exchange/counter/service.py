"""Use cases of the counter: an officer opens a card session or a handle, a program follows it, a pull rests on it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from connectors.contracts.identifiers import CitizenId
from idp.agencies.model import Member
from idp.agencies.rules import BY_NUMBER_BASES
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject
from idp.catalogue.model import SubjectSource
from idp.exchange.bases.model import Ground, basis_of
from idp.exchange.bases.service import Bases
from idp.exchange.counter import person_store, rules, store
from idp.exchange.counter.card_check import CardJudge
from idp.exchange.counter.model import (
    CitizenRef,
    CitizenRefId,
    CounterProblem,
    CounterSession,
    CounterSessionId,
    CounterView,
    MustWait,
    Opened,
    OpenedFor,
)
from idp.exchange.counter.officers import CounterOfficers
from idp.exchange.counter.soft_stop import limit_of
from idp.exchange.counter.supervision import supervision_of
from idp.exchange.decision.model import NotReady, Ready, Reason
from idp.exchange.mapping.model import PresentedCard
from idp.exchange.mapping.readers import OFF_THE_CARD
from idp.exchange.pull.counting import take_handle
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, ClientId, ServiceId, StationId, is_id, new_id
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.stations.desk import Desk
from idp.stations.model import CardPurpose, CardSession, CardSessionState, StationProblem, StationState
from idp.stations.service import Stations
from idp.stations.state_rules import StationView
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.subscribers.store import CITIZEN_ID

STAY: Final = timedelta(minutes=15)
"""How long what was opened may be used: one person's visit."""
LOOKED_BACK: Final = 10
"""How many of an officer's last numbers a new one is held against."""


class Counters:
    """Opens its own units of work where it asks readers and registries; what takes `uow` joins the caller's."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        subscribers: Subscribers,
        stations: Stations,
        desk: Desk,
        bases: Bases,
        judge: CardJudge,
        personal: PersonalData,
        blind_index: BlindIndex,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._subscribers = subscribers
        self._stations = stations
        self._desk = desk
        self._officers = CounterOfficers(agencies=agencies, bases=bases, audit=audit)
        self._judge = judge
        self._personal = personal
        self._blind_index = blind_index
        self._audit = audit
        self._randomness = randomness

    async def open_session(
        self, token: VerifiedAccessToken, *, service_id: ServiceId, case: str, station_id: StationId, ground: Ground
    ) -> CounterView:
        """Open a card session at a station of the officer's agency, and ask for the card when one is in.

        Raises Refused (NOT_AN_OFFICER, NO_RIGHT, CASE_NOT_FIT, and a BasisProblem), NotFound for a station or service
        that is not the agency's.
        """
        async with self._storage.unit_of_work() as uow:
            opened_for, officer = await self._officers.opened_for(uow, token, service_id, case)
            rights = await self._officers.rights(uow, opened_for, SubjectSource.CARD_SESSION)
            if not any(basis_of(ground) in right.bases for right in rights):
                raise Refused(CounterProblem.NO_RIGHT)
            station = await self._stations.active_of(uow, station_id, agency_id=officer.agency_id)
            # who has a place at one site works there: no card would ever be asked for anywhere else
            if officer.site not in ("", station.site):
                raise NotFound(StationProblem.UNKNOWN_STATION, "another site")
            session = CounterSession(
                id=CounterSessionId(new_id("cds", now=uow.now, randomness=self._randomness)),
                opened_for=opened_for,
                station_id=station.id,
                needs_registry=any(right.dataset not in OFF_THE_CARD for right in rights),
                card_session_id=None,
                card_verdict=None,
                opened_at=uow.now,
                expires_at=uow.now + STAY,
                ended_at=None,
            )
            await store.insert_session(uow, self._personal, session)
            await self._officers.state_ground(uow, session.id, opened_for, ground)
            await self._officers.note(uow, "counter.session_opened", opened_for, session=session.id, station=station.id)
        return await self.look(session.id, agency_id=opened_for.agency_id, client_id=opened_for.client_id)

    async def look(self, session_id: CounterSessionId, *, agency_id: AgencyId, client_id: ClientId) -> CounterView:
        """How the session of this client stands; asks for the card once one is in, and about it once it was read.

        Raises NotFound (UNKNOWN), also for another client's.
        """
        async with self._storage.reading() as uow:
            session = await store.find_session(uow, self._personal, session_id)
            if session is None or session.opened_for.holder != (agency_id, client_id):
                raise NotFound(CounterProblem.UNKNOWN)
        return await self._view(session, needs_registry=session.needs_registry)

    async def end(self, session_id: CounterSessionId, *, agency_id: AgencyId, client_id: ClientId) -> None:
        """End a session and throw away what was read; one that is over stays as it ended. Raises NotFound (UNKNOWN)."""
        async with self._storage.unit_of_work() as uow:
            session = await store.find_session(uow, self._personal, session_id)
            if session is None or session.opened_for.holder != (agency_id, client_id):
                raise NotFound(CounterProblem.UNKNOWN)
            if not await store.end_session(uow, session_id):
                return
            if session.card_session_id is not None:
                await self._stations.end(uow, session.card_session_id)
            await self._officers.note(uow, "counter.session_ended", session.opened_for, session=session_id)

    async def name_by_number(
        self, token: VerifiedAccessToken, *, citizen_id: CitizenId, service_id: ServiceId, case: str, ground: Ground
    ) -> CitizenRef:
        """A handle for a person who is not there. Every one counts, used or not.

        Raises Refused (NOT_AN_OFFICER, NOT_BY_NUMBER, CASE_NOT_FIT, and a BasisProblem), MustWait (TOO_MANY), NotFound.
        """
        async with self._storage.unit_of_work() as uow:
            opened_for, officer = await self._officers.opened_for(uow, token, service_id, case)
            rights = [
                right
                for right in await self._officers.rights(uow, opened_for, SubjectSource.CITIZEN_REF)
                if right.by_number and basis_of(ground) in right.bases & BY_NUMBER_BASES
            ]
            if not rights:
                raise Refused(CounterProblem.NOT_BY_NUMBER)
            person = await self._subscribers.find_by_citizen_id(uow, citizen_id)
            # attack row 47: an officer has no errand of the office with his own record
            if person is not None and person.id == officer.subscriber_id:
                raise Refused(CounterProblem.NOT_BY_NUMBER, "own number")
            flags = rules.flags_of(
                citizen_id,
                person=None if person is None else await self._subscribers.identity(uow, person.id),
                officer=await self._subscribers.identity(uow, officer.subscriber_id),
                named_before=await store.last_numbers(uow, self._personal, officer.id, limit=LOOKED_BACK),
            )
            ref = CitizenRef(
                id=CitizenRefId(new_id("ctr", now=uow.now, randomness=self._randomness)),
                opened_for=opened_for,
                citizen_id=citizen_id,
                opened_at=uow.now,
                expires_at=uow.now + STAY,
                flags=flags,
            )
            await store.insert_ref(uow, self._personal, ref)
            await self._keep_person(uow, ref.id, citizen_id)
            await self._officers.state_ground(uow, ref.id, opened_for, ground)
            event = AuditEvent(
                event="counter.named_by_number",
                actor=Actor(ActorKind.MEMBER, officer.id),
                subject=None if person is None else person.id,
                agency_id=opened_for.agency_id,
                client_id=opened_for.client_id,
                details={
                    "handle": ref.id,
                    "service": service_id,
                    "basis": basis_of(ground).value,
                    "flags": sorted(ref.flags),
                },
            )
            await self._audit.append(uow, event)
            a_day = max(right.daily_quota for right in rights)
            an_hour = await limit_of(uow, officer.id)
            if not await take_handle(uow, officer.id, service_id, an_hour=an_hour, a_day=a_day):
                raise MustWait(CounterProblem.TOO_MANY)
        return ref

    async def opened(
        self,
        subject: CardSessionSubject | CitizenRefSubject,
        dataset: str,
        *,
        agency_id: AgencyId,
        client_id: ClientId,
    ) -> Opened | None:
        """What a request of this client names, as it stands at this moment. Outside any transaction.

        None for what never was, and for another client's: its reader and the registry are not asked either.
        """
        match subject:
            case CardSessionSubject(card_session):
                return await self._opened_session(CounterSessionId(card_session), dataset, (agency_id, client_id))
            case CitizenRefSubject(citizen_ref):
                return await self._opened_ref(CitizenRefId(citizen_ref), (agency_id, client_id))

    async def person_of(
        self, uow: UnitOfWork, subject: CardSessionSubject | CitizenRefSubject
    ) -> CitizenId | PresentedCard:
        """Whom it is about: the number, or what their card said.

        Raises NotFound when it is over, Refused when what was read can be no card's.
        """
        if isinstance(subject, CitizenRefSubject):
            ref = await store.find_ref(uow, self._personal, CitizenRefId(subject.citizen_ref))
            if ref is None:
                raise NotFound(CounterProblem.UNKNOWN)
            return ref.citizen_id
        session = await store.find_session(uow, self._personal, CounterSessionId(subject.card_session))
        if session is None or session.card_session_id is None:
            raise NotFound(CounterProblem.UNKNOWN)
        data = await self._stations.read_of(uow, session.card_session_id)
        card = await self._stations.session(uow, session.card_session_id)
        return PresentedCard(data, card.read_at or uow.now)

    async def forget_expired(self, uow: UnitOfWork) -> int:
        """Drop the numbers in handles whose time is over; gives how many."""
        return await store.forget_numbers(uow)

    async def officer_of(self, uow: UnitOfWork, token: VerifiedAccessToken) -> Member:
        """See `CounterOfficers.officer_of`."""
        return await self._officers.officer_of(uow, token)

    async def opened_for(self, uow: UnitOfWork, anchor: str) -> OpenedFor | None:
        """For what a card session or handle was opened; None when it was forgotten."""
        opened: CounterSession | CitizenRef | None
        if is_id("cds", anchor):
            opened = await store.find_session(uow, self._personal, CounterSessionId(anchor))
        else:
            opened = await store.find_ref(uow, self._personal, CitizenRefId(anchor))
        return None if opened is None else opened.opened_for

    async def _keep_person(self, uow: UnitOfWork, anchor: str, citizen_id: CitizenId) -> None:
        digests = self._blind_index.digests(CITIZEN_ID, citizen_id.digits)
        await person_store.insert_person(uow, anchor, digests)

    async def _opened_session(
        self, session_id: CounterSessionId, dataset: str, asks: tuple[AgencyId, ClientId]
    ) -> Opened | None:
        async with self._storage.reading() as uow:
            session = await store.find_session(uow, self._personal, session_id)
            if session is None or session.opened_for.holder != asks:
                return None
            officer = await self._agencies.live_member(uow, session.opened_for.member_id)
        view = await self._view(session, needs_registry=dataset not in OFF_THE_CARD)
        return Opened(session_id, session.opened_for, session.station_id, officer, view.state)

    async def _opened_ref(self, ref_id: CitizenRefId, asks: tuple[AgencyId, ClientId]) -> Opened | None:
        async with self._storage.reading() as uow:
            ref = await store.find_ref(uow, self._personal, ref_id)
            if ref is None or ref.opened_for.holder != asks:
                return None
            officer = await self._agencies.live_member(uow, ref.opened_for.member_id)
            state: Ready | NotReady = Ready() if ref.expires_at > uow.now else NotReady(Reason.COUNTER_OVER)
            unsupervised = rules.unsupervised(await supervision_of(uow, ref.opened_for.agency_id))
            if officer is None or not rules.may_look_up(officer, agency_id=ref.opened_for.agency_id):
                state = NotReady(Reason.OFFICER_NOT_ENTITLED)
            elif (await self._subscribers.identity(uow, officer.subscriber_id)).citizen_id is None:
                # nobody in particular would be this system, whose right is another one: without a citizen's number
                # the registry knows no officer
                state = NotReady(Reason.OFFICER_NOT_SIGNED_IN)
            elif unsupervised is not None:
                state = unsupervised
        return Opened(ref_id, ref.opened_for, None, officer, state)

    async def _view(self, session: CounterSession, *, needs_registry: bool) -> CounterView:
        # 1. the counter's light, for an officer who is one still
        async with self._storage.reading() as uow:
            officer = await self._agencies.live_member(uow, session.opened_for.member_id)
            station = await self._stations.get(uow, session.station_id)
            unsupervised = rules.unsupervised(await supervision_of(uow, session.opened_for.agency_id))
            now = uow.now
        light = self._desk.light(station, now=now)
        if needs_registry and officer is not None:
            light = await self._desk.view(station.id, member=officer)
        # 2. its card: asked for once one is in, judged once it was read
        trouble = None
        is_over = rules.is_over(session, now=now)
        if session.card_session_id is None and officer is not None and not is_over:
            session, trouble = await self._ask_for_card(session, officer, light)
        card = await self._card_of(session)
        if card is not None and officer is not None and not is_over and session.card_verdict is None:
            session = await self._look_at_card(session, card, officer, needs_registry=needs_registry)
            # the registry may have taken its time: card and reader as they are by now
            async with self._storage.reading() as uow:
                card, station = await self._stations.session(uow, card.id), await self._stations.get(uow, station.id)
                now = uow.now
        # 3. what follows
        state = rules.state_of(
            session,
            card=card,
            light=light,
            slot_changed_at=None
            if card is None or station.presence is None
            else station.presence.changed_at.get(card.slot),
            is_checked=needs_registry,
            now=now,
        )
        if not rules.may_look_up(officer, agency_id=session.opened_for.agency_id):
            state = NotReady(Reason.OFFICER_NOT_ENTITLED)
        elif unsupervised is not None:
            state = unsupervised
        return CounterView(
            session=session,
            light=light,
            card=None if card is None else card.state_at(now),
            fault=None if card is None else card.fault,
            percent=0 if card is None else card.percent,
            state=state,
            trouble=trouble,
        )

    async def _ask_for_card(
        self, session: CounterSession, officer: Member, light: StationView
    ) -> tuple[CounterSession, StationProblem | None]:
        """Ask only while a citizen's card is in: else the officer's own would be read as the citizen's."""
        if light.state is not StationState.CITIZEN_AVAILABLE:
            return session, None
        try:
            async with self._storage.unit_of_work() as uow:
                asked = await self._stations.open_session(
                    uow,
                    station_id=session.station_id,
                    requested_by=officer,
                    purpose=CardPurpose.LOOK_UP,
                    # what nobody may see does not leave the card
                    with_photo=await self._officers.may_have_photo(uow, session.opened_for),
                )
                if not await store.attach_card(uow, session.id, asked.id):
                    raise _Raced
        except _Raced:
            async with self._storage.reading() as uow:
                return await store.find_session(uow, self._personal, session.id) or session, None
        except (Conflict, Refused) as busy:
            return session, busy.code if isinstance(busy.code, StationProblem) else StationProblem.STATION_BUSY
        return replace(session, card_session_id=asked.id), None

    async def _card_of(self, session: CounterSession) -> CardSession | None:
        if session.card_session_id is None:
            return None
        async with self._storage.reading() as uow:
            return await self._stations.session(uow, session.card_session_id)

    async def _look_at_card(
        self, session: CounterSession, card: CardSession, officer: Member, *, needs_registry: bool
    ) -> CounterSession:
        """The verdict on a card that was read, kept once there is one."""
        if card.state_at(self._storage.clock.now()) is not CardSessionState.READ:
            return session
        try:
            async with self._storage.reading() as uow:
                data = await self._stations.read_of(uow, card.id)
                is_known = await person_store.has_person(uow, session.id)
                own = (await self._subscribers.identity(uow, officer.subscriber_id)).citizen_id
            verdict = await self._judge.verdict(data, officer=own, asks_registry=needs_registry)
        except NotFound:
            return session  # taken out a moment ago
        except Refused:
            return await self._judged(session, Reason.CARD_NOT_VALID.value)  # what the reader sent can be no card's
        if not is_known:
            async with self._storage.unit_of_work() as uow:
                await self._keep_person(uow, session.id, data.citizen_id)
        return session if verdict is None else await self._judged(session, verdict)

    async def _judged(self, session: CounterSession, verdict: str) -> CounterSession:
        async with self._storage.unit_of_work() as uow:
            await store.save_verdict(uow, session.id, verdict)
        return replace(session, card_verdict=verdict)


class _Raced(Exception):
    """Another look asked for the card first: what this one did is rolled back."""
