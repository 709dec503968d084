"""Whether a pull may wait, and when it is tried again; pure."""

from datetime import datetime, timedelta
from typing import Final

from connectors.contracts.documents import Delivery
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import AccessHours, Service, WhenUnavailable
from idp.agencies.rules import next_opening
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Channel
from idp.exchange.decision.model import Reason
from idp.exchange.decision.rules import channel_of
from idp.exchange.model import Pull
from idp.exchange.outcomes import MAY_PASS

PASSING: Final = MAY_PASS | {Reason.QUOTA, Reason.OUT_OF_HOURS}
"""What passes by itself."""
NEW_AT_MIDNIGHT: Final = frozenset({Reason.QUOTA, Reason.REGISTRY_QUOTA})

WAITS_AT_MOST: Final = timedelta(hours=24)
FETCHED_WITHIN: Final = timedelta(hours=24)
READY_TOPIC: Final = "pull_ready"
ENDED_TOPIC: Final = "pull_ended"
"""Outbox topics; payload `pull_id` and `client_id`."""
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)


def may_wait(pull: Pull, detail: GdxDetail, service: Service | None, reason: Reason) -> bool:
    """True when the service chose waiting, and later is as good as now for this request."""
    # at a counter somebody stands and waits; the password of a document is told once, to who asks for it
    told_once = pull.format.needs_document and pull.delivery is Delivery.PASSWORD
    online = channel_of(detail.subject) is Channel.ONLINE
    chosen = service is not None and service.when_unavailable is WhenUnavailable.WAIT
    return reason in PASSING and chosen and online and not told_once


def next_try(reason: Reason, *, attempts: int, hours: AccessHours | None, now: datetime) -> datetime:
    """When it is tried again: a quota is new at midnight in Bangkok, everything else is asked after more rarely; and
    whatever it waits for, never before agreed `hours` begin, since nothing could be released then.
    """
    is_closed = next_opening(hours, now=now) > now
    may_pass = now if reason is Reason.OUT_OF_HOURS and is_closed else _passes_at(reason, attempts=attempts, now=now)
    return next_opening(hours, now=may_pass)


def _passes_at(reason: Reason, *, attempts: int, now: datetime) -> datetime:
    """When a reason other than the hours may have passed."""
    if reason in NEW_AT_MIDNIGHT:
        tomorrow = now.astimezone(BANGKOK).date() + timedelta(days=1)
        return datetime.combine(tomorrow, datetime.min.time(), BANGKOK)
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts, 10)
    return now + min(doubled, LONGEST_PAUSE)
