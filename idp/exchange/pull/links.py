"""What a link of a release is: which row is behind it, and when that row counts. Said here, and nowhere else.

The decision reads these conditions, every statement that discloses holds them (design, section 2, "Pull data").
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, exists

from idp.agencies.store import agreement, live_agreement
from idp.authorization.client_registration.store import client, live_client
from idp.authorization.grants.store import grant, live_grant
from idp.consent.store import consent, live_consent
from idp.exchange.decision.model import Link
from idp.representation.mandates.store import live_mandate, mandate
from idp.storage.metadata import Moment
from idp.subscribers.store import live_subscriber, subscriber


@dataclass(frozen=True, slots=True)
class LinkRow:
    """The row behind a link: in `table`, found by `key`; it counts while `live` holds."""

    table: Table
    key: Column[Any]
    live: Callable[[Moment], ColumnElement[bool]]

    def stands(self, row_id: Any, now: Moment, *further: ColumnElement[bool]) -> ColumnElement[bool]:
        """The row of this id (a value, or a column of another row) is there and counts."""
        return exists().where(self.key == row_id, self.live(now), *further).correlate_except(self.table)


ROWS: Final[Mapping[Link, LinkRow]] = MappingProxyType(
    {
        Link.CLIENT: LinkRow(client, client.c.id, live_client),
        Link.AGREEMENT: LinkRow(agreement, agreement.c.id, live_agreement),
        Link.SUBSCRIBER: LinkRow(subscriber, subscriber.c.id, live_subscriber),
        Link.GRANT: LinkRow(grant, grant.c.id, live_grant),
        Link.MANDATE: LinkRow(mandate, mandate.c.id, live_mandate),
        Link.CONSENT: LinkRow(consent, consent.c.id, live_consent),
    }
)
"""Every link but what an officer opened, which is of two kinds (`store.holding`)."""
