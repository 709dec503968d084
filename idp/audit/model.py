"""What an entry says. Names, ids, hashes and codes only: never a personal value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

from idp.kernel.ids import AgencyId, AuditEntryId, ClientId, SubscriberId

FORMAT_VERSION = 1


class ActorKind(StrEnum):
    """Who acted."""

    CLIENT = "client"
    MEMBER = "member"
    SUBSCRIBER = "subscriber"
    STATION = "station"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, by id; a subscriber's id is written as the log's pseudonym."""

    kind: ActorKind
    id: str


SYSTEM = Actor(ActorKind.SYSTEM, "tuaton")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act or refusal. `event` is `room.past_tense`; `details` hold names of fields, ids, hashes, codes, counts."""

    event: str
    actor: Actor
    outcome: Literal["ok", "refused"] = "ok"
    subject: SubscriberId | None = None
    agency_id: AgencyId | None = None
    client_id: ClientId | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is written: canonical bytes, their leaf hash, and the MAC that seals it until it has a leaf."""

    id: AuditEntryId
    canonical: bytes
    leaf_hash: bytes
    mac: bytes


def canonical_bytes(
    event: AuditEvent, *, entry_id: AuditEntryId, at: datetime, actor_id: str, subject: str | None
) -> bytes:
    """The bytes that are hashed: JSON, sorted keys, no spaces, UTF-8. `at` in milliseconds since 1970."""
    members = {
        "v": FORMAT_VERSION,
        "id": entry_id,
        "at": int(at.timestamp() * 1000),
        "event": event.event,
        "outcome": event.outcome,
        "actor": {"kind": event.actor.kind.value, "id": actor_id},
        "subject": subject,
        "agency": event.agency_id,
        "client": event.client_id,
        "details": dict(event.details),
    }
    return msgspec.json.encode(members, order="deterministic")
