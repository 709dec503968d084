"""Use cases of receipts: issue one once, and find it again."""

import hashlib

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import SYSTEM, AuditEvent
from idp.consent.model import ConsentProblem, ConsentRecord
from idp.consent.receipts import rules, store
from idp.consent.receipts.model import RECEIPT_TYPE, Receipt, ReceiptId, Recipients, Stage
from idp.consent.receipts.rules import Particulars
from idp.consent.service import Consents
from idp.kernel.errors import Conflict, NotFound, Unavailable
from idp.kernel.ids import ConsentId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.keys.signing import SigningKeys
from idp.storage.storage import Storage, UnitOfWork


class Receipts:
    """Signed receipts, one for each decision and one for each withdrawal. `issuer` is the address of the provider."""

    def __init__(
        self,
        *,
        storage: Storage,
        keys: SigningKeys,
        consents: Consents,
        agencies: Agencies,
        recipients: Recipients,
        personal: PersonalData,
        audit: AuditLog,
        randomness: Randomness,
        issuer: str,
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._consents = consents
        self._agencies = agencies
        self._recipients = recipients
        self._personal = personal
        self._audit = audit
        self._randomness = randomness
        self._issuer = issuer

    async def latest(self, consent_id: ConsentId) -> Receipt:
        """The receipt of the consent as it stands: made by the worker at the decision, or here where it is not yet.

        Safe to call twice and on several nodes: what was issued first is what everybody gets. Raises NotFound (no such
        consent, or its owner's identity was closed), Conflict (another node issues it at this moment), Unavailable
        (nothing can be signed now).
        """
        async with self._storage.reading() as uow:
            record = await self._known(uow, consent_id)
        given = await self._of(record, Stage.GIVEN, former=None)
        if rules.stage_of(record) is Stage.GIVEN:
            return given
        return await self._of(record, Stage.WITHDRAWN, former=given)

    async def kept(self, uow: UnitOfWork, record: ConsentRecord) -> tuple[Receipt, ...]:
        """The receipts that were issued for a consent, the first one first."""
        found = [await store.find_receipt(uow, self._personal, record, stage) for stage in Stage]
        return tuple(receipt for receipt in found if receipt is not None)

    async def _of(self, record: ConsentRecord, stage: Stage, *, former: Receipt | None) -> Receipt:
        async with self._storage.reading() as uow:
            kept = await store.find_receipt(uow, self._personal, record, stage)
            if kept is not None:
                return kept
            known = await self._particulars(uow, record, former)
        # the keys are asked for, and a module may sign, outside any transaction
        await self._keys.refresh()
        now = self._storage.clock.now()
        receipt_id = ReceiptId(new_id("rcp", now=now, randomness=self._randomness))
        claims = rules.receipt_claims(known, receipt_id=receipt_id, stage=stage, issued_at=now)
        try:
            jwt = await self._keys.sign_jwt(claims, typ=RECEIPT_TYPE)
        except LookupError as error:
            # between two keys nothing is signed; what asks again later finds the next one
            raise Unavailable(ConsentProblem.PAPER_NOT_MADE, "no active signing key") from error
        async with self._storage.unit_of_work() as uow:
            return await self._keep(uow, record, receipt_id, stage, jwt)

    async def _keep(
        self, uow: UnitOfWork, record: ConsentRecord, receipt_id: ReceiptId, stage: Stage, jwt: str
    ) -> Receipt:
        """Keep what was signed, or give what another signed first. Raises NotFound for a closed identity."""
        first = await store.find_receipt(uow, self._personal, record, stage)
        if first is not None:
            return first
        sha256 = hashlib.sha256(jwt.encode()).hexdigest()
        entry_id = await self._audit.append(uow, _issued(record, receipt_id, stage, sha256))
        made = Receipt(receipt_id, record.id, stage, jwt, sha256, uow.now, entry_id)
        try:
            kept = await store.insert_receipt(uow, self._personal, record, made)
        except SealBroken as error:
            raise NotFound(ConsentProblem.UNKNOWN) from error
        if not kept:
            raise Conflict(ConsentProblem.RECEIPT_IN_THE_MAKING)
        return made

    async def _known(self, uow: UnitOfWork, consent_id: ConsentId) -> ConsentRecord:
        record = await self._consents.get(uow, consent_id)
        if record is None:
            raise NotFound(ConsentProblem.UNKNOWN)
        return record

    async def _particulars(self, uow: UnitOfWork, record: ConsentRecord, former: Receipt | None) -> Particulars:
        return Particulars(
            record=record,
            agency=await self._agencies.agency(uow, record.agency_id),
            service=None if record.service_id is None else await self._agencies.service(uow, record.service_id),
            recipient=await self._recipients.of(uow, record),
            shown=await self._consents.shown(uow, record),
            issuer=self._issuer,
            former_sha256=None if former is None else former.sha256,
        )


def _issued(record: ConsentRecord, receipt_id: ReceiptId, stage: Stage, sha256: str) -> AuditEvent:
    """The entry: by its digest the person's own copy stays provable, whatever becomes of ours."""
    return AuditEvent(
        event="consent.receipt_issued",
        actor=SYSTEM,
        subject=record.subscriber_id,
        agency_id=record.agency_id,
        client_id=record.client_id,
        details={"consent": record.id, "receipt": receipt_id, "of": stage.value, "receipt_sha256": sha256},
    )
