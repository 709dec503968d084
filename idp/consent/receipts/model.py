"""What a receipt is, and what the room has to be told to write one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol

from idp.consent.model import ConsentRecord
from idp.kernel.ids import AuditEntryId, ConsentId
from idp.storage.storage import UnitOfWork

ReceiptId = NewType("ReceiptId", str)

RECEIPT_TYPE: Final = "consent-receipt+jwt"
"""The `typ` of the JWT (RFC 8725 §3.11: explicit typing): it is taken for no other token, and no other for it."""
SCHEMA: Final = "ISO/IEC TS 27560:2023"


class Stage(StrEnum):
    """Of which moment a receipt is."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Recipient:
    """The program that gets the data, and the name by which its sector knows the person (`sub`)."""

    name_th: str
    name_en: str
    policy_uri: str | None
    principal: str


class Recipients(Protocol):
    """Who knows the programs; fulfilled where programs and pairwise names are known."""

    async def of(self, uow: UnitOfWork, record: ConsentRecord) -> Recipient:
        """The recipient named in a consent."""


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """A signed receipt. `sha256` is the lower-case hex digest of `jwt`; the entry of the log names it."""

    id: ReceiptId
    consent_id: ConsentId
    stage: Stage
    jwt: str
    sha256: str
    issued_at: datetime
    audit_entry_id: AuditEntryId
