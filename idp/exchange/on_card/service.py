"""Use cases of a card in the reader: its photo on the officer's screen, and the officer's own sealed copy."""

from dataclasses import dataclass, replace
from typing import Any

from connectors.contracts.documents import Delivery
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from idp.agencies.service import Agencies
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.card_photo import CARD_PHOTO, IN_COPY, ON_SCREEN
from idp.catalogue.gdx import CardSessionSubject, GdxDetail
from idp.catalogue.model import Channel, DataSet
from idp.catalogue.population import CARD_IDENTITY
from idp.exchange.bases.service import Bases
from idp.exchange.counter.model import CounterProblem, CounterSession, CounterSessionId
from idp.exchange.counter.service import Counters
from idp.exchange.counter.store import find_session
from idp.exchange.decision.model import Reason, Refuse, Release, Wait
from idp.exchange.decision.rules import decide_release, decide_repeat
from idp.exchange.document.model import MadeDocument
from idp.exchange.document.service import Documents, Particulars
from idp.exchange.mapping.model import Fetched, PresentedCard
from idp.exchange.mapping.readers import CARD_READERS
from idp.exchange.model import ExchangeProblem, Pull, PullFormat
from idp.exchange.on_card.model import COPIES_AT_ONCE, CopyWanted, NotReleased, OfficerCopy, ShownCardPhoto
from idp.exchange.on_card.records import OnCardRecords
from idp.exchange.pull.facts import FactsReader
from idp.exchange.pull.ledger import DisclosureLedger
from idp.exchange.pull.model import FAILURES, Chain
from idp.exchange.pull.records import PROBLEMS, Asked, payload_bytes, payload_of
from idp.exchange.pull.store import hold_links
from idp.kernel.errors import Conflict, NotFound, Refused, TuatonError, Unavailable
from idp.kernel.ids import DisclosureId, DocumentId
from idp.keys.envelope import PersonalData
from idp.stations.service import Stations
from idp.storage.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True, repr=False)
class _Copying:
    """A committed decision to make a copy. `photo` is the request for the photo in it, where the right says so."""

    asked: Asked
    chain: Chain
    fields: tuple[str, ...]
    card: PresentedCard
    particulars: Particulars
    disclosure_id: DisclosureId
    document_id: DocumentId
    photo: Asked | None


class OnCard:
    """Opens its own units of work. Nothing it hands over can be had a second time."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        counters: Counters,
        stations: Stations,
        bases: Bases,
        facts: FactsReader,
        ledger: DisclosureLedger,
        documents: Documents,
        records: OnCardRecords,
        personal: PersonalData,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._counters = counters
        self._stations = stations
        self._bases = bases
        self._facts = facts
        self._ledger = ledger
        self._documents = documents
        self._records = records
        self._personal = personal
        self._making = 0

    async def show_photo(self, token: VerifiedAccessToken, session_id: CounterSessionId) -> ShownCardPhoto:
        """The photo off the card in the reader, for the officer's screen.

        Raises NotFound (UNKNOWN), Refused (NOT_AN_OFFICER, and what the decision says), Conflict (PHOTO_NOT_HERE, and
        where the card is out), Unavailable; what was refused is on record, and the person sees it.
        """
        # 1. the session, for who holds it; 2. may it be seen? what may not is not even opened
        asked = await self._asked(token, session_id, CARD_PHOTO, frozenset({ON_SCREEN}))
        await self._require_possible(asked)
        # 3. the bytes, in this process or in none
        jpeg = await self._photo(session_id)
        if jpeg is None:
            raise Conflict(CounterProblem.PHOTO_NOT_HERE, "the card gave none")
        # 4. the reader once more; 5. every predicate again, in the transaction that discloses; 6. out
        asked = await self._again(asked)
        try:
            async with self._storage.unit_of_work() as uow:
                chain = await self._held(uow, asked)
                return ShownCardPhoto(await self._records.shown(uow, asked, chain), jpeg)
        except NotReleased as ended:
            raise await self._refused(asked, ended.reason) from ended

    async def copy(self, token: VerifiedAccessToken, session_id: CounterSessionId, wanted: CopyWanted) -> OfficerCopy:
        """What the card says as the officer's own sealed PDF, with the photo where the right says so.

        Raises as `show_photo` does, and Unavailable (DOCUMENT_NOT_MADE) without a time-stamp: a copy that waits for one
        would have to be kept.
        """
        if self._making >= COPIES_AT_ONCE:
            raise Unavailable(ExchangeProblem.DOCUMENT_NOT_MADE, "busy")
        self._making += 1
        try:
            # 1. the session; 2. decide, and commit the decision to the log
            copying = await self._decide_copy(await self._asked(token, session_id, CARD_IDENTITY, wanted.fields))
            # 3. the photo, in this process or in none; 4. the file: nobody has it yet
            jpeg = None if copying.photo is None else await self._photo(session_id)
            if jpeg is None:
                copying = replace(copying, photo=None)
            made = await self._make(copying, wanted, jpeg)
            # 5. the reader once more; 6. every predicate again, in the transaction that discloses; 7. out
            return await self._hand_over(copying, made)
        finally:
            self._making -= 1

    async def _asked(
        self,
        token: VerifiedAccessToken,
        session_id: CounterSessionId,
        dataset: DataSet,
        fields: frozenset[str] | None,
    ) -> Asked:
        async with self._storage.reading() as uow:
            session = await find_session(uow, self._personal, session_id)
            if session is None or session.opened_for.holder != (token.agency_id, token.client_id):
                raise NotFound(CounterProblem.UNKNOWN)
            await self._require_holder(uow, token, session)
            evidence = await self._bases.of(uow, session_id)
            if evidence is None:
                raise Refused(ExchangeProblem.BASIS_NOT_PROVEN)
            service = await self._agencies.service(uow, session.opened_for.service_id)
            names = await self._right_of(uow, session, dataset) if fields is None else fields
        if not names <= set(dataset.field_names):
            raise Refused(CounterProblem.MALFORMED, "fields")
        detail = GdxDetail(
            dataset=dataset.id,
            subject=CardSessionSubject(session_id),
            purpose=service.id,
            basis=evidence.basis,
            case=session.opened_for.case,
            fields=tuple(name for name in dataset.field_names if name in names),
            formats=("json", "pdf"),
            uses=service.uses,
            valid_until=None,
        )
        # what the officer's program has on the officer's word is judged as what it has on its own: the officer is who
        # asks, never whom it is about
        as_program = replace(token, subscriber_id=None, consent_id=None, acr=None, details=(detail,))
        pull = Pull(as_program, dataset.id, PullFormat.PDF, Delivery.SEALED, detail.case, idempotency_key="")
        return await self._again(Asked(pull, detail, detail.case))

    async def _require_holder(self, uow: UnitOfWork, token: VerifiedAccessToken, session: CounterSession) -> None:
        """The officer who opened the session, or the program with a token of its own that names it (RFC 9396)."""
        if token.subscriber_id is None:
            named = {detail.subject for detail in token.details}
            if CardSessionSubject(session.id) not in named:
                raise Refused(ExchangeProblem.NOT_IN_TOKEN)
            return
        officer = await self._counters.officer_of(uow, token)
        # what another officer opened is that officer's errand, and that officer's line in the person's log
        if officer.id != session.opened_for.member_id:
            raise Refused(CounterProblem.NOT_AN_OFFICER)

    async def _right_of(self, uow: UnitOfWork, session: CounterSession, dataset: DataSet) -> frozenset[str]:
        opened = session.opened_for
        right = await self._agencies.agreement_for(
            uow, opened.agency_id, opened.service_id, dataset.id, uow.now, channel=Channel.COUNTER
        )
        return frozenset(dataset.field_names) if right is None else right.fields

    async def _again(self, asked: Asked) -> Asked:
        """With the session as it stands at this moment; outside any transaction."""
        return replace(asked, opened=await self._facts.opened(asked))

    async def _judge(self, uow: UnitOfWork, asked: Asked, chain: Chain) -> tuple[str, ...] | Reason:
        """The fields that may leave, or why none may.

        A photo that was on the screen may be there again: quota and hours limit card sessions, and it is the same one.
        Copies are limited by the quota alone: how often a program pulls says nothing about how many the officer prints.
        """
        agreement = await self._facts.agreement(uow, asked)
        facts = await self._facts.facts(uow, asked, chain, agreement, None)
        is_shown_again = asked.detail.fields == (ON_SCREEN,) and facts.released_before > 0
        decide = decide_repeat if is_shown_again else decide_release
        by_own_path = asked.detail.dataset == CARD_PHOTO.id
        match decide(replace(facts, by_own_path=by_own_path, released_before=0), now=uow.now):
            case Release(fields):
                return fields
            case Wait(reason) | Refuse(reason):
                return reason

    async def _chain(self, uow: UnitOfWork, asked: Asked) -> Chain:
        return await self._facts.chain(uow, asked, await self._facts.agreement(uow, asked))

    async def _held(self, uow: UnitOfWork, asked: Asked) -> Chain:
        """The chain, held until the transaction ends, and judged once more. Raises NotReleased."""
        chain = await self._chain(uow, asked)
        await hold_links(uow, chain)
        judged = await self._judge(uow, asked, chain)
        if isinstance(judged, Reason):
            raise NotReleased(judged)
        return chain

    async def _require_possible(self, asked: Asked) -> None:
        async with self._storage.reading() as uow:
            judged = await self._judge(uow, asked, await self._chain(uow, asked))
        if isinstance(judged, Reason):
            raise await self._refused(asked, judged)

    async def _refused(self, asked: Asked, reason: Reason) -> TuatonError:
        async with self._storage.unit_of_work() as uow:
            await self._ledger.refuse(uow, asked, await self._chain(uow, asked), reason)
        return _error(reason)

    async def _photo(self, session_id: CounterSessionId) -> bytes | None:
        """The JPEG; None where the card gave none. Raises Conflict in a process that did not ask for this card."""
        async with self._storage.reading() as uow:
            session = await find_session(uow, self._personal, session_id)
            if session is None or session.card_session_id is None:
                raise Conflict(CounterProblem.PHOTO_NOT_HERE)
            if not await self._stations.has_photo(uow, session.card_session_id):
                return None
            try:
                return await self._stations.photo_of(uow, session.card_session_id)
            except NotFound as gone:
                raise Conflict(CounterProblem.PHOTO_NOT_HERE) from gone

    async def _decide_copy(self, asked: Asked) -> _Copying:
        async with self._storage.unit_of_work() as uow:
            chain = await self._chain(uow, asked)
            judged = await self._judge(uow, asked, chain)
            card = None if isinstance(judged, Reason) else await self._card(uow, asked)
            if not isinstance(judged, Reason) and card is not None:
                return await self._decided(uow, asked, chain, judged, card)
            reason = judged if isinstance(judged, Reason) else Reason.COUNTER_OVER
            await self._ledger.refuse(uow, asked, chain, reason)
        raise _error(reason)

    async def _card(self, uow: UnitOfWork, asked: Asked) -> PresentedCard | None:
        try:
            card = await self._facts.subject(uow, asked)
        except (NotFound, Refused):
            return None  # taken out this moment
        return card if isinstance(card, PresentedCard) else None

    async def _decided(
        self, uow: UnitOfWork, asked: Asked, chain: Chain, fields: tuple[str, ...], card: PresentedCard
    ) -> _Copying:
        photo = _photo_in(asked)
        may_not = await self._judge(uow, photo, await self._chain(uow, photo))
        return _Copying(
            asked=asked,
            chain=chain,
            fields=fields,
            card=card,
            particulars=Particulars(
                agency=await self._agencies.agency(uow, asked.pull.access_token.agency_id),
                service=await self._agencies.service(uow, asked.detail.purpose),
                dataset=CARD_IDENTITY,
                basis=asked.detail.basis,
                case=asked.case,
                decision_entry=await self._records.decided(uow, asked, chain, fields),
                issued_at=uow.now,
                printed_by=await self._facts.printed_by(uow, asked),
            ),
            disclosure_id=self._records.new_disclosure_id(uow),
            document_id=self._documents.new_document_id(uow),
            photo=None if isinstance(may_not, Reason) else photo,
        )

    async def _make(self, copying: _Copying, wanted: CopyWanted, jpeg: bytes | None) -> MadeDocument:
        said: Fetched = CARD_READERS[CARD_IDENTITY.id](copying.card)
        payload: dict[str, Any] = payload_of(
            copying.asked,
            said,
            copying.fields,
            disclosure_id=copying.disclosure_id,
            document_id=copying.document_id,
            now=self._storage.clock.now(),
        )
        try:
            return await self._documents.make_copy(
                copying.document_id,
                particulars=copying.particulars,
                payload=payload,
                payload_json=payload_bytes(payload),
                delivery=wanted.delivery,
                photo=jpeg,
            )
        except (DocumentError, TimestampUnavailable) as error:
            raise await self._refused(copying.asked, Reason.DOCUMENT_NOT_MADE) from error

    async def _hand_over(self, copying: _Copying, made: MadeDocument) -> OfficerCopy:
        asked = await self._again(copying.asked)
        photo = None if copying.photo is None else replace(copying.photo, opened=asked.opened)
        try:
            async with self._storage.unit_of_work() as uow:
                chain = await self._held(uow, asked)
                photo_chain = None if photo is None else await self._held(uow, photo)
                record = await self._records.released(
                    uow,
                    asked,
                    chain,
                    disclosure_id=copying.disclosure_id,
                    fields=copying.fields,
                    document=made.id,
                    document_sha256=made.sha256,
                )
                if photo is not None and photo_chain is not None:
                    await self._records.released(
                        uow,
                        photo,
                        photo_chain,
                        disclosure_id=self._records.new_disclosure_id(uow),
                        fields=photo.detail.fields,
                        document=made.id,
                    )
                await self._documents.note_copy(uow, made, record)
        except NotReleased as ended:
            raise await self._refused(asked, ended.reason) from ended
        return OfficerCopy(copying.disclosure_id, made, photo is not None)


def _photo_in(asked: Asked) -> Asked:
    """The request for the photo in the copy that `asked` is for."""
    return replace(asked, detail=replace(asked.detail, dataset=CARD_PHOTO.id, fields=(IN_COPY,)))


def _error(reason: Reason) -> TuatonError:
    kind: type[TuatonError] = Refused
    if reason is Reason.CHANGED_MEANWHILE:
        kind = Conflict
    elif reason in FAILURES:
        kind = Unavailable
    return kind(PROBLEMS[reason], reason.value)
