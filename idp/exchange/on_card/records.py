"""What is put on record about a photo on the screen and about an officer's copy: never a value, never a byte."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from idp.audit.log import AuditLog
from idp.catalogue.card_photo import CARD_PHOTO
from idp.exchange.decision.model import Reason
from idp.exchange.on_card.model import NotReleased
from idp.exchange.papers import count_papers
from idp.exchange.pull import counting
from idp.exchange.pull.cases import seal_case
from idp.exchange.pull.model import Chain, Disclosure
from idp.exchange.pull.records import Asked, audit_event, disclosure_of
from idp.exchange.pull.store import find_burst, insert_or_count
from idp.kernel.ids import AuditEntryId, DisclosureId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.storage.storage import UnitOfWork


class OnCardRecords:
    """Every method joins the caller's unit of work, in which everything was judged a moment ago."""

    def __init__(self, *, audit: AuditLog, personal: PersonalData, randomness: Randomness) -> None:
        self._audit = audit
        self._personal = personal
        self._randomness = randomness

    def new_disclosure_id(self, uow: UnitOfWork) -> DisclosureId:
        """A fresh id."""
        return DisclosureId(new_id("dis", now=uow.now, randomness=self._randomness))

    async def shown(self, uow: UnitOfWork, asked: Asked, chain: Chain) -> DisclosureId:
        """The photo is on the screen: one line of the owner's log for each card session, which counts the times.

        The first time takes one of the day's quota. Raises NotReleased when that is used up.
        """
        if await counting.take_under_token(uow, asked.token_scope, uses=1):
            await self._take_quota(uow, chain)
        burst = sha256(f"{CARD_PHOTO.id}|{chain.counter_id}".encode()).digest()
        disclosure_id = await find_burst(uow, burst) or self.new_disclosure_id(uow)
        record = await self._audited(uow, "exchange.photo_shown", asked, chain, disclosure_id, asked.detail.fields, {})
        await insert_or_count(uow, record, sealed_case=await seal_case(self._personal, uow, record), burst=burst)
        return disclosure_id

    async def decided(self, uow: UnitOfWork, asked: Asked, chain: Chain, fields: tuple[str, ...]) -> AuditEntryId:
        """It was decided that a copy may be made; the document names this entry."""
        event = audit_event("exchange.decided", asked, chain, refused=None, fields=list(fields))
        return await self._audit.append(uow, event)

    async def released(
        self,
        uow: UnitOfWork,
        asked: Asked,
        chain: Chain,
        *,
        disclosure_id: DisclosureId,
        fields: tuple[str, ...],
        **details: Any,
    ) -> Disclosure:
        """One data set leaves with a copy: a line of its own. Raises NotReleased when the day's quota is used up."""
        await self._take_quota(uow, chain)
        await count_papers(uow, asked.detail.purpose, asked.detail.dataset)
        record = await self._audited(uow, "exchange.released", asked, chain, disclosure_id, fields, details)
        sealed_case = await seal_case(self._personal, uow, record)
        # each copy is a line of its own, however many there are in a minute
        await insert_or_count(uow, record, sealed_case=sealed_case, burst=sha256(disclosure_id.encode()).digest())
        return record

    async def _take_quota(self, uow: UnitOfWork, chain: Chain) -> None:
        if chain.agreement_id is None or not await counting.take_from_quota(uow, chain.agreement_id):
            raise NotReleased(Reason.QUOTA)

    async def _audited(
        self,
        uow: UnitOfWork,
        event: str,
        asked: Asked,
        chain: Chain,
        disclosure_id: DisclosureId,
        fields: tuple[str, ...],
        details: dict[str, Any],
    ) -> Disclosure:
        record = disclosure_of(
            asked,
            chain,
            disclosure_id=disclosure_id,
            fields=fields,
            reason=None,
            at=uow.now,
            audit_entry_id=AuditEntryId(""),
        )
        said = audit_event(event, asked, chain, refused=None, disclosure=disclosure_id, fields=list(fields), **details)
        return replace(record, audit_entry_id=await self._audit.append(uow, said))
