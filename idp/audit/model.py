"""What an entry says. Names, ids, hashes and codes only: never a personal value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

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
    return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
