"""Identifiers: a prefix that names the kind, then 128 bits that sort by time (48 bits of milliseconds, 80 random).

Sorting by time keeps B-trees dense (facts/openid-performance, section 2.3). Service and client ids are chosen names.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType

SubscriberId = NewType("SubscriberId", str)
MemberId = NewType("MemberId", str)
AgencyId = NewType("AgencyId", str)
ServiceId = NewType("ServiceId", str)
AgreementId = NewType("AgreementId", str)
OfficerGrantId = NewType("OfficerGrantId", str)
ClientId = NewType("ClientId", str)
StationId = NewType("StationId", str)
CardSessionId = NewType("CardSessionId", str)
EnrolmentId = NewType("EnrolmentId", str)
EvidenceId = NewType("EvidenceId", str)
ConsentId = NewType("ConsentId", str)
GrantId = NewType("GrantId", str)
PasskeyId = NewType("PasskeyId", str)
SsoSessionId = NewType("SsoSessionId", str)
DisclosureId = NewType("DisclosureId", str)
DocumentId = NewType("DocumentId", str)
AuditEntryId = NewType("AuditEntryId", str)

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in CROCKFORD for low in CROCKFORD]


def new_id(prefix: str, *, now: datetime, randomness: Callable[[int], bytes]) -> str:
    """A fresh identifier, `prefix_` and 26 characters of Crockford base 32."""
    milliseconds = int(now.timestamp() * 1000)
    number = int.from_bytes(milliseconds.to_bytes(6, "big") + randomness(10), "big")
    # ten bits at a time
    digits = [_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)]
    return f"{prefix}_{''.join(digits)}"


def made_at(identifier: str) -> datetime:
    """When an identifier of ours was made, to the millisecond; for chosen ones ValueError."""
    number = 0
    for digit in identifier.partition("_")[2]:
        number = number * 32 + CROCKFORD.index(digit)
    return datetime.fromtimestamp((number >> 80) / 1000, UTC)


def is_id(prefix: str, text: str) -> bool:
    """True when `text`, which came from outside, has the form of an identifier of this kind."""
    return re.fullmatch(f"{prefix}_[0-9A-Z]{{26}}", text) is not None
