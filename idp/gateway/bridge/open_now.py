"""What an officer has open at this moment: the wire names a person by number, the card in the reader says whether."""

from dataclasses import dataclass

from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.identifiers import CitizenId
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject
from idp.catalogue.model import Basis
from idp.exchange.bases.service import Bases
from idp.exchange.counter.model import CitizenRefId, CounterSessionId, CounterView, OpenedFor
from idp.exchange.counter.service import Counters
from idp.exchange.counter.store import find_ref, find_session
from idp.exchange.mapping.model import PresentedCard
from idp.gateway.bridge import store
from idp.gateway.bridge.callers import Caller
from idp.gateway.bridge.model import BridgeReason, WireRefusal
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import MemberId, ServiceId
from idp.keys.envelope import PersonalData
from idp.storage.storage import Storage, UnitOfWork

Named = CardSessionSubject | CitizenRefSubject


@dataclass(frozen=True, slots=True)
class OpenNow:
    """What a call may rest on: purpose, case and ground are those that the officer opened it with."""

    subject: Named
    service_id: ServiceId
    case: str
    basis: Basis


class OpenAtCounters:
    """Looks through the agent's own card sessions and handles at the program that calls, and no other's."""

    def __init__(self, *, storage: Storage, counters: Counters, bases: Bases, personal: PersonalData) -> None:
        self._storage = storage
        self._counters = counters
        self._bases = bases
        self._personal = personal

    async def about(self, caller: Caller, citizen_id: CitizenId) -> OpenNow:
        """What is open about the person with this number. Raises WireRefusal.

        "never by number unless the right by_number": a handle was made under that right, and is judged by it again.
        """
        member_id = _officer(caller)
        async with self._storage.reading() as uow:
            sessions = await store.open_sessions(uow, caller.access, member_id)
            handles = await store.open_handles(uow, caller.access, member_id)
            opened: list[Named] = [*sessions, *handles]
            seen = [(one, await self._person_of(uow, one)) for one in opened]
            own = next((one for one, number in seen if number == citizen_id), None)
            found = None if own is None else await self._opened(uow, own)
        if found is not None:
            return found
        if sessions and all(number is None for one, number in seen if isinstance(one, CardSessionSubject)):
            # a look asks for the card once one is in: the next call finds it read
            await self._look(caller, sessions[0])
            raise _refused(caller, BridgeReason.NO_CARD_SESSION, RegistryOutcome.NO_SESSION, citizen_id)
        if sessions:
            raise _refused(caller, BridgeReason.OTHER_PERSON, RegistryOutcome.NO_RIGHT, citizen_id)
        raise _refused(caller, BridgeReason.NO_CARD_SESSION, RegistryOutcome.NO_SESSION, citizen_id)

    async def state(self, caller: Caller) -> CounterView | None:
        """How the newest card session of this agent stands, None where there is none; asks for the card as it looks."""
        member_id = _officer(caller)
        async with self._storage.reading() as uow:
            sessions = await store.open_sessions(uow, caller.access, member_id)
        return await self._look(caller, sessions[0]) if sessions else None

    async def _look(self, caller: Caller, subject: CardSessionSubject) -> CounterView | None:
        access = caller.access
        try:
            return await self._counters.look(
                CounterSessionId(subject.card_session), agency_id=access.agency_id, client_id=access.client_id
            )
        except NotFound:
            return None  # ended a moment ago

    async def _person_of(self, uow: UnitOfWork, subject: Named) -> CitizenId | None:
        try:
            person = await self._counters.person_of(uow, subject)
        except (NotFound, Refused):
            return None  # nothing read, or no longer
        return person.data.citizen_id if isinstance(person, PresentedCard) else person

    async def _opened(self, uow: UnitOfWork, subject: Named) -> OpenNow | None:
        anchor, opened_for = await self._opened_for(uow, subject)
        ground = await self._bases.of(uow, anchor)
        if opened_for is None or ground is None:
            return None
        return OpenNow(subject, opened_for.service_id, opened_for.case, ground.basis)

    async def _opened_for(self, uow: UnitOfWork, subject: Named) -> tuple[str, OpenedFor | None]:
        match subject:
            case CardSessionSubject(anchor):
                session = await find_session(uow, self._personal, CounterSessionId(anchor))
                return anchor, None if session is None else session.opened_for
            case CitizenRefSubject(anchor):
                ref = await find_ref(uow, self._personal, CitizenRefId(anchor))
                return anchor, None if ref is None else ref.opened_for


def _officer(caller: Caller) -> MemberId:
    if caller.agent.member_id is None:
        raise _refused(caller, BridgeReason.NO_OFFICER, RegistryOutcome.NO_SESSION)
    return caller.agent.member_id


def _refused(
    caller: Caller, reason: BridgeReason, outcome: RegistryOutcome, about: CitizenId | None = None
) -> WireRefusal:
    return WireRefusal(reason, outcome, access=caller.access, agent=caller.agent, about=about)
