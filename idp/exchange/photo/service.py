"""Use cases of photos: an officer asks, a second one agrees, the first one sees it, once."""

import asyncio
from typing import Final

from connectors.contracts.errors import RegistryError, RegistryUnavailable, WrongPerson
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry_desk import Asker
from connectors.contracts.registry_photo import PhotosOf
from idp.agencies.model import Agreement, Member
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.service import Agencies
from idp.authorization.grants.store import signed_in_at
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject
from idp.catalogue.model import Channel
from idp.catalogue.photo import PHOTO
from idp.exchange.bases.service import Bases
from idp.exchange.counter.model import Opened
from idp.exchange.counter.service import Counters
from idp.exchange.decision.model import Reason
from idp.exchange.mapping.model import PresentedCard
from idp.exchange.model import ExchangeProblem
from idp.exchange.outcomes import reason_of
from idp.exchange.photo import rules, store
from idp.exchange.photo.model import (
    LASTS,
    MayNotShow,
    PhotoDecision,
    PhotoFacts,
    PhotoProblem,
    PhotoRequest,
    PhotoRequestId,
    PhotoView,
    ShownPhoto,
)
from idp.exchange.photo.records import PhotoRecords, error_of
from idp.exchange.pull import counting
from idp.exchange.pull.model import Chain
from idp.exchange.pull.store import hold_links
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import new_id
from idp.kernel.randomness import Randomness
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers

DEADLINE_SECONDS: Final = 5.0

PhotoSubject = CardSessionSubject | CitizenRefSubject


class Photos:
    """Opens its own units of work. No byte of a photo reaches one."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        namings: SecurityNamings,
        subscribers: Subscribers,
        counters: Counters,
        bases: Bases,
        records: PhotoRecords,
        photos_of: PhotosOf,
        randomness: Randomness,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._namings = namings
        self._subscribers = subscribers
        self._counters = counters
        self._bases = bases
        self._records = records
        self._photos_of = photos_of
        self._randomness = randomness
        self._deadline = deadline_seconds

    async def ask(self, token: VerifiedAccessToken, subject: PhotoSubject) -> PhotoView:
        """The officer who opened a card session or handle asks for the photo of its person.

        Raises Refused (NOT_AN_OFFICER, NO_RIGHT and what the decision says), Unavailable; both on record, and seen by
        the person.
        """
        # whoever is no officer has no reader and no registry asked
        async with self._storage.reading() as uow:
            officer = await self._counters.officer_of(uow, token)
        opened = await self._opened(token, subject)
        async with self._storage.unit_of_work() as uow:
            request = PhotoRequest(
                id=PhotoRequestId(new_id("pho", now=uow.now, randomness=self._randomness)),
                anchor=opened.anchor,
                agency_id=officer.agency_id,
                client_id=token.client_id,
                service_id=opened.opened_for.service_id,
                officer_id=officer.id,
                officer_person=officer.subscriber_id,
                opened_at=uow.now,
                expires_at=uow.now + LASTS,
            )
            # what another officer opened is that officer's errand, and that officer's line in the person's log
            is_own = opened.opened_for.member_id == officer.id
            chain = await self._chain(uow, token, request, opened)
            decision = (
                rules.decide_asking(await self._facts(uow, request, opened), now=uow.now)
                if is_own
                else MayNotShow(Reason.OFFICER_NOT_ENTITLED)
            )
            if not isinstance(decision, MayNotShow):
                await store.insert_request(uow, request)
                await self._records.note(uow, "photo.asked", request, chain, token)
            else:
                await self._records.refuse(uow, request, chain, token, opened.opened_for.case, decision.reason)
        if isinstance(decision, MayNotShow):
            raise error_of(decision.reason)
        return PhotoView(request, opened.opened_for, officer.position_th, officer.position_en)

    async def look(self, token: VerifiedAccessToken, request_id: str) -> PhotoView:
        """What is asked for, for a look-up officer of that agency at that program.

        Raises Refused (NOT_AN_OFFICER), NotFound (UNKNOWN).
        """
        async with self._storage.reading() as uow:
            await self._counters.officer_of(uow, token)
            return await self._view(uow, await self._own(uow, token, request_id))

    async def agree(self, token: VerifiedAccessToken, request_id: str) -> PhotoView:
        """A second officer of the agency agrees that this photo is shown to the first one, for that purpose and case.

        With a sign-in that came after the request. Raises Refused (NOT_AN_OFFICER, SAME_PERSON, NOT_AT_THIS_MOMENT),
        Conflict (OVER, ALREADY_AGREED), NotFound (UNKNOWN).
        """
        async with self._storage.unit_of_work() as uow:
            second = await self._counters.officer_of(uow, token)
            request = await self._own(uow, token, request_id)
            began = None if token.grant_id is None else await signed_in_at(uow, token.grant_id)
            problem = rules.agreeing_problem(request, second, signed_in_at=began, now=uow.now)
            if problem in (PhotoProblem.SAME_PERSON, PhotoProblem.NOT_AT_THIS_MOMENT):
                raise Refused(problem)
            if problem is not None or not await store.agree(uow, request.id, by=second):
                raise Conflict(problem or PhotoProblem.ALREADY_AGREED)
            await self._records.note_agreed(uow, request, second)
            agreed = await store.find_request(uow, request.id)
            assert agreed is not None
            return await self._view(uow, agreed)

    async def show(self, token: VerifiedAccessToken, request_id: str) -> ShownPhoto:
        """The photo, once, to the officer who asked.

        Raises Refused, Conflict (NOT_AGREED, OVER) and Unavailable; then nothing left, and what was refused is on
        record.
        """
        # 1. the officer's own request, agreed to, in time, not shown yet
        async with self._storage.reading() as uow:
            officer = await self._counters.officer_of(uow, token)
            request = await self._own(uow, token, request_id)
            _require_state(request, officer, rules.state_problem(request, now=uow.now))
        # 2. what was opened, as it stands at this moment
        opened = await self._opened(token, _subject_of(request))
        # 3. decide, and commit the decision to the log before the registry is asked
        async with self._storage.unit_of_work() as uow:
            chain = await self._chain(uow, token, request, opened)
            decision = rules.decide_showing(await self._facts(uow, request, opened), now=uow.now)
            if isinstance(decision, MayNotShow):
                await self._records.refuse(uow, request, chain, token, opened.opened_for.case, decision.reason)
            else:
                await self._records.note(uow, "photo.decided", request, chain, token)
            person = None if isinstance(decision, MayNotShow) else await self._person(uow, request)
            asker = Asker(officer=(await self._subscribers.identity(uow, officer.subscriber_id)).citizen_id)
        if isinstance(decision, MayNotShow) or person is None:
            raise error_of(decision.reason if isinstance(decision, MayNotShow) else Reason.COUNTER_OVER)
        # 4. the registry, under a deadline, as the officer; an answer about anyone else is discarded with an alarm
        jpeg = await self._fetch(token, request, chain, opened, person, asker)
        # 5. the counter once more; 6. every predicate again, in the transaction that spends the agreement; 7. out
        again = await self._opened(token, _subject_of(request))
        return await self._disclose(token, request, again, jpeg)

    async def _disclose(
        self, token: VerifiedAccessToken, request: PhotoRequest, opened: Opened, jpeg: bytes
    ) -> ShownPhoto:
        async with self._storage.unit_of_work() as uow:
            chain = await self._chain(uow, token, request, opened)
            await hold_links(uow, chain)
            await store.hold(uow, request)
            held = await self._facts(uow, request, opened)
            decision: PhotoDecision = rules.decide_showing(held, now=uow.now)
            is_first = not isinstance(decision, MayNotShow) and await store.spend(uow, request, chain)
            is_counted = (
                is_first and chain.agreement_id is not None and await counting.take_from_quota(uow, chain.agreement_id)
            )
            if is_counted:
                shown = await self._records.shown(uow, request, chain, token, opened.opened_for.case)
                return ShownPhoto(shown, jpeg)
            if is_first:
                # the last of the day went meanwhile: the agreement stays spent, which errs on the safe side
                decision = MayNotShow(Reason.QUOTA)
            reason = decision.reason if isinstance(decision, MayNotShow) else Reason.CHANGED_MEANWHILE
            await self._records.refuse(uow, request, chain, token, opened.opened_for.case, reason)
        raise error_of(reason)

    async def _fetch(
        self,
        token: VerifiedAccessToken,
        request: PhotoRequest,
        chain: Chain,
        opened: Opened,
        person: CitizenId,
        asker: Asker,
    ) -> bytes:
        try:
            answer = await self._ask_registry(request, person, asker)
        except RegistryError as error:
            reason = reason_of(error)
            async with self._storage.unit_of_work() as uow:
                await self._records.refuse(uow, request, chain, token, opened.opened_for.case, reason)
            raise error_of(reason) from error
        return answer

    async def _ask_registry(self, request: PhotoRequest, person: CitizenId, asker: Asker) -> bytes:
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._photos_of(asker).photo(
                    person, deadline_seconds=self._deadline, idempotency_key=request.id
                )
        except TimeoutError as error:
            raise RegistryUnavailable("no whole answer within the deadline") from error
        # nevers, 4: "an answer about someone else passed on"
        if answer.record.citizen_id != person:
            raise WrongPerson("the registry answered about somebody else")
        return answer.record.jpeg

    async def _opened(self, token: VerifiedAccessToken, subject: PhotoSubject) -> Opened:
        """What the officer opened for this program. Raises Refused (COUNTER_UNKNOWN), the same for another client's."""
        opened = await self._counters.opened(subject, PHOTO.id, agency_id=token.agency_id, client_id=token.client_id)
        if opened is None:
            raise Refused(ExchangeProblem.COUNTER_UNKNOWN)
        return opened

    async def _own(self, uow: UnitOfWork, token: VerifiedAccessToken, request_id: str) -> PhotoRequest:
        found = await store.find_request(uow, PhotoRequestId(request_id))
        if found is None or (found.agency_id, found.client_id) != (token.agency_id, token.client_id):
            raise NotFound(PhotoProblem.UNKNOWN)
        return found

    async def _view(self, uow: UnitOfWork, request: PhotoRequest) -> PhotoView:
        opened_for = await self._counters.opened_for(uow, request.anchor)
        asker = await self._agencies.live_member(uow, request.officer_id)
        if opened_for is None or asker is None:
            raise NotFound(PhotoProblem.UNKNOWN)
        return PhotoView(request, opened_for, asker.position_th, asker.position_en)

    async def _person(self, uow: UnitOfWork, request: PhotoRequest) -> CitizenId | None:
        try:
            found = await self._counters.person_of(uow, _subject_of(request))
        except (NotFound, Refused):
            return None  # nothing read, or no longer
        return found.data.citizen_id if isinstance(found, PresentedCard) else found

    async def _chain(self, uow: UnitOfWork, token: VerifiedAccessToken, request: PhotoRequest, opened: Opened) -> Chain:
        agreement = await self._agreement(uow, request)
        person = await self._person(uow, request)
        about = None if person is None else await self._subscribers.find_by_citizen_id(uow, person)
        return Chain(
            client_id=request.client_id,
            grant_id=token.grant_id,
            subscriber_id=None,
            consent_id=None,
            agreement_id=None if agreement is None else agreement.id,
            counter_id=opened.anchor,
            officer=request.officer_id,
            about=None if about is None else about.id,
            agreement_version=None if agreement is None else agreement.version,
        )

    async def _agreement(self, uow: UnitOfWork, request: PhotoRequest) -> Agreement | None:
        return await self._agencies.agreement_for(
            uow, request.agency_id, request.service_id, PHOTO.id, uow.now, channel=Channel.COUNTER
        )

    async def _facts(self, uow: UnitOfWork, request: PhotoRequest, opened: Opened) -> PhotoFacts:
        agreement = await self._agreement(uow, request)
        services = await self._agencies.services_named(uow, [request.service_id])
        evidence = await self._bases.of(uow, opened.anchor)
        scope = counting.TokenScope(request.id, PHOTO.id, None)
        counted = await counting.count_releases(uow, None if agreement is None else agreement.id, scope)
        return PhotoFacts(
            agency_id=request.agency_id,
            service=services.get(request.service_id),
            agreement=agreement,
            is_named=await self._namings.is_named(uow, request.agency_id),
            asker=await self._agencies.live_member(uow, request.officer_id),
            asker_is_granted=await self._agencies.officer_is_granted(uow, request.officer_id, PHOTO.id),
            second=None if request.second_id is None else await self._agencies.live_member(uow, request.second_id),
            by_number=isinstance(_subject_of(request), CitizenRefSubject),
            ground=None if evidence is None else evidence.basis,
            state=opened.state,
            released_today=counted.today,
        )


def _subject_of(request: PhotoRequest) -> PhotoSubject:
    by_card = request.anchor.startswith("cds_")
    return CardSessionSubject(request.anchor) if by_card else CitizenRefSubject(request.anchor)


def _require_state(request: PhotoRequest, officer: Member, problem: PhotoProblem | None) -> None:
    # the second officer agreed that the first one sees it, and nobody else
    if officer.id != request.officer_id:
        raise NotFound(PhotoProblem.UNKNOWN)
    if problem is not None:
        raise Conflict(problem)
