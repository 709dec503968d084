"""Everything that stands for one disclosure, in one bundle that proves itself elsewhere; values of the person have no
place in it.

Rules: Electronic Transactions Act sections 10 to 12 (facts/thai-registries, section 7.4); design, section 6 (Audit).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final

from sqlalchemy import Row, select

from idp.agencies.agreement_store import find_agreement
from idp.agencies.agreements.model import terms_to_json
from idp.agencies.model import Agreement
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.audit.proving import Proven, prove_entry
from idp.consent.receipts.model import Receipt
from idp.consent.receipts.service import Receipts
from idp.consent.service import Consents
from idp.exchange.bases.service import Bases
from idp.exchange.document.store import document
from idp.exchange.pull.cases import is_fit_case, open_case
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AgreementId, AuditEntryId, ConsentId, DisclosureId, ServiceId
from idp.keys.envelope import PersonalData
from idp.keys.signing import SigningKeys
from idp.storage.storage import Storage, UnitOfWork

MANIFEST_TYPE: Final = "evidence-manifest+jwt"
MAX_REASON: Final = 200
_ACCOUNT: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
NOT_KEPT: Final = frozenset({"sealed_case", "sealed_answer", "idempotency_digest", "request_digest", "burst"})
"""Columns of the disclosure that are sealed, or serve repeats alone."""
READ_ME: Final = """Evidence of one disclosure / หลักฐานของการเปิดเผยข้อมูลหนึ่งครั้ง

disclosure.json   who got which fields, when, for what, on which ground; no value / ใครได้ข้อมูลใด เมื่อใด เพื่ออะไร
log/*.json        entries of the log with their proofs: `idp audit check FILE --key KEY` / รายการในบันทึกพร้อมหลักฐาน
consent/          the receipts that the person has too (JWT, jwks.json), and what was shown / ใบรับความยินยอม
ground.json       the ground stated at the counter / หลักที่ระบุที่เคาน์เตอร์
agreement.json    the right as it stands now, and whether these are still the terms of the disclosure (by version);
                  every change of them is in the log / สิทธิตามข้อตกลง ณ เวลาที่ส่งออก และยังตรงกับเวลาที่เปิดเผยหรือไม่
service.json      the service as it stands now / บริการ ณ เวลาที่ส่งออก
document.json     digest of the document that left / ค่าแฮชของเอกสาร
manifest.jwt      SHA-256 of every file, signed by the issuer (jwks.json) / ค่าแฮชของทุกไฟล์ ลงลายมือชื่อโดยผู้ออก
"""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who takes a bundle out where nobody is signed in: the name in use among operators, as `somsri.k`, never a
    person's full name; and the account of the machine that the program ran under, which nobody types.
    """

    name: str
    account: str

    def __post_init__(self) -> None:
        if not all(_ACCOUNT.fullmatch(one) and is_fit_case(one) for one in (self.name, self.account)):
            raise ValueError("an operator is named by 1 to 64 of a-z, 0-9, . _ - and @")


class NoSuchDisclosure(LookupError):
    """There is no disclosure with this number."""


@dataclass(frozen=True, slots=True, repr=False)
class EvidenceFile:
    """One file of the bundle."""

    path: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Lower-case hex of what is in it."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class EvidenceBundle:
    """All files of one disclosure, the signed manifest last; and the entry of the log that says who took them out."""

    files: tuple[EvidenceFile, ...]
    exported_at: datetime
    audit_entry_id: AuditEntryId


class EvidenceBundles:
    """Bundles of evidence; that one was made is an entry of the log, with the reason. `log_key` is the log's."""

    def __init__(
        self,
        *,
        storage: Storage,
        agencies: Agencies,
        consents: Consents,
        receipts: Receipts,
        bases: Bases,
        personal: PersonalData,
        audit: AuditLog,
        keys: SigningKeys,
        log_key: str,
    ) -> None:
        self._storage = storage
        self._agencies = agencies
        self._consents = consents
        self._receipts = receipts
        self._bases = bases
        self._personal = personal
        self._audit = audit
        self._keys = keys
        self._log_key = log_key

    async def bundle(
        self, disclosure_id: DisclosureId, *, reason: str, by: Actor, operator: Operator | None = None
    ) -> EvidenceBundle:
        """All files, noted in the log. `operator` is who did it where that is no actor of ours.

        Raises NoSuchDisclosure, ValueError for a reason that the log may not hold, and what `SigningKeys.sign_jwt`
        raises.
        """
        if not 0 < len(reason.strip()) <= MAX_REASON or not is_fit_case(reason):
            raise ValueError("a reason is one line of at most 200 characters, without a citizen's number")
        async with self._storage.unit_of_work() as uow:
            row = await uow.first(select(disclosure).where(disclosure.c.id == disclosure_id))
            if row is None:
                raise NoSuchDisclosure
            event = AuditEvent(
                event="exchange.evidence_exported",
                actor=by,
                agency_id=row.agency_id,
                details={
                    "disclosure": disclosure_id,
                    "reason": reason,
                    **({} if operator is None else {"operator": operator.name, "account": operator.account}),
                },
            )
            audit_entry_id = await self._audit.append(uow, event)
        await self._keys.refresh()
        jwks = await self._keys.public_jwks()
        async with self._storage.reading() as uow:
            files = [
                EvidenceFile("README.txt", READ_ME.encode()),
                _json("jwks.json", jwks),
                _json("disclosure.json", await self._disclosure(uow, row)),
                await self._proof(uow, "disclosure", row.audit_entry_id),
                *await self._ground(uow, row),
                *await self._right(uow, row),
                *await _document(uow, disclosure_id),
            ]
        digests = {file.path: file.sha256 for file in files}
        now = self._storage.clock.now()
        claims = {
            "disclosure": disclosure_id,
            "iat": int(now.timestamp()),
            "sha256": digests,
        }
        manifest = await self._keys.sign_jwt(claims, typ=MANIFEST_TYPE)
        return EvidenceBundle((*files, EvidenceFile("manifest.jwt", manifest.encode())), now, audit_entry_id)

    async def _disclosure(self, uow: UnitOfWork, row: Row[Any]) -> dict[str, Any]:
        kept = {name: value for name, value in row._mapping.items() if name not in NOT_KEPT}
        owner = row.subscriber_id or row.agency_id
        case = await open_case(self._personal, uow, owner=owner, disclosure_id=row.id, sealed=row.sealed_case)
        agency = await self._agencies.agency(uow, row.agency_id)
        return kept | {"case": case, "agency": {"th": agency.name_th, "en": agency.name_en}}

    async def _ground(self, uow: UnitOfWork, row: Row[Any]) -> list[EvidenceFile]:
        """The consent with its receipts, or the ground that was stated for the card session, handle or request."""
        if row.consent_id is not None:
            return await self._consent(uow, ConsentId(row.consent_id))
        stated = None
        for anchor in (row.counter_id, row.id):
            stated = stated or (None if anchor is None else await self._bases.of(uow, anchor))
        return [] if stated is None else [_json("ground.json", {"basis": stated.basis.value, **asdict(stated)})]

    async def _consent(self, uow: UnitOfWork, consent_id: ConsentId) -> list[EvidenceFile]:
        record = await self._consents.get(uow, consent_id)
        if record is None:
            return []
        receipts = await self._receipts.kept(uow, record)
        shown = await self._consents.shown(uow, record)
        files = [_receipt_file(receipt) for receipt in receipts]
        files += [await self._proof(uow, f"receipt-{one.stage.value}", one.audit_entry_id) for one in receipts]
        return files if shown is None else [*files, EvidenceFile("consent/shown.json", shown.encode())]

    async def _right(self, uow: UnitOfWork, row: Row[Any]) -> list[EvidenceFile]:
        service = await self._agencies.service(uow, ServiceId(row.service_id))
        files = [_json("service.json", asdict(service))]
        if row.agreement_id is not None:
            agreement = await find_agreement(uow, AgreementId(row.agreement_id))
            files += [] if agreement is None else [_agreement_file(agreement, row, now=uow.now)]
        return files

    async def _proof(self, uow: UnitOfWork, name: str, entry_id: str) -> EvidenceFile:
        proof = await prove_entry(uow, AuditEntryId(entry_id))
        if isinstance(proof, Proven):
            return _json(f"log/{name}.json", proof.document(log_key=self._log_key))
        # sealed, and within a minute covered by a checkpoint: whoever needs the proof makes the bundle again
        return _json(f"log/{name}.pending.json", {"entry": entry_id, "log_key": self._log_key})


async def _document(uow: UnitOfWork, disclosure_id: DisclosureId) -> list[EvidenceFile]:
    row = await uow.first(select(document).where(document.c.disclosure_id == disclosure_id))
    if row is None:
        return []
    told = {name: value for name, value in row._mapping.items() if not isinstance(value, bytes)}
    return [_json("document.json", told)]


def _agreement_file(agreement: Agreement, row: Row[Any], *, now: datetime) -> EvidenceFile:
    """The terms that stand now, and by their version whether the disclosure rested on them."""
    told = {
        "terms_as_of": now,
        "version_at_disclosure": row.agreement_version,
        "are_terms_of_the_disclosure": agreement.version == row.agreement_version,
        "terms": terms_to_json(agreement),
    }
    return _json("agreement.json", told)


def _receipt_file(receipt: Receipt) -> EvidenceFile:
    return EvidenceFile(f"consent/receipt-{receipt.stage.value}.jwt", receipt.jwt.encode())


def _json(path: str, value: Mapping[str, Any]) -> EvidenceFile:
    return EvidenceFile(path, json.dumps(value, default=_plain, ensure_ascii=False, indent=1, sort_keys=True).encode())


def _plain(value: object) -> object:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case Enum():
            return value.value
        case frozenset() | set():
            return sorted(str(_plain(one)) for one in value)
        case _:
            return str(value)
