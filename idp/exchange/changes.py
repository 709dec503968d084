"""What changed since an earlier release to the same program, told without keeping a value (S6, reporting).

A keyed digest of each field is kept with the disclosure: it says equal or not, and nothing to who has the store alone.
Rules: NDID's salted hashes (facts/thai-registries, section 6.2).
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, Index, Table, Text, delete, insert, select

from idp.catalogue.model import Basis
from idp.exchange.pull.records import Asked
from idp.kernel.ids import DisclosureId, SubscriberId
from idp.keys.files import FIRST_VERSION, RootKeys
from idp.keys.keyed_digest import KeyedDigest
from idp.storage.metadata import Instant, JsonText, metadata
from idp.storage.storage import UnitOfWork

KEPT_FOR: Final = timedelta(days=400)
"""Longer than any consent: a yearly report can still be compared."""
DIGEST_BYTES: Final = 16
BY_FIELD: Final = ("labels", "dates")
"""Members of a payload that have one entry for each field."""

Digests = Mapping[str, str]
"""Field to the hex digest of its value."""

field_digest = Table(
    "field_digest",
    metadata,
    Column("disclosure_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("subscriber_id", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("digests", JsonText, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_field_digest_expires_at", "expires_at"),
    Index("ix_field_digest_subscriber_id", "subscriber_id"),
)


class Changes:
    """Compares releases of one person's data set to one client."""

    def __init__(self, root_keys: RootKeys) -> None:
        self._digest = KeyedDigest(root_keys.derive("changed-fields", version=FIRST_VERSION))

    async def since(
        self, uow: UnitOfWork, asked: Asked, payload: dict[str, Any], digests: Digests, since: DisclosureId
    ) -> dict[str, Any]:
        """The payload with only what differs from that release, and the names of the fields that are as they were.

        Where no such release of this client about this person is known: everything, and `since` is null.
        """
        before = await _find(uow, asked, since)
        same = {name for name, digest in digests.items() if before is not None and before.get(name) == digest}
        return _only_changed(payload, same, since=None if before is None else since)

    async def keep(self, uow: UnitOfWork, asked: Asked, disclosure_id: DisclosureId, digests: Digests) -> None:
        """Keep the digests, in the transaction that discloses; nothing where no second release can follow."""
        kept = self.kept(asked, digests)
        if kept is None:
            return
        await uow.execute(
            insert(field_digest).values(
                disclosure_id=disclosure_id,
                client_id=asked.pull.access_token.client_id,
                subscriber_id=asked.pull.access_token.subscriber_id,
                dataset=asked.detail.dataset,
                digests=kept,
                expires_at=uow.now + KEPT_FOR,
            )
        )

    def kept(self, asked: Asked, digests: Digests) -> dict[str, str] | None:
        """The digests to keep with a release; None where no second one can follow."""
        if asked.pull.access_token.subscriber_id is None or not digests or asked.detail.uses < 2:
            return None
        return dict(digests)

    def digests(self, asked: Asked, fields: Mapping[str, Any]) -> Digests:
        """Of a person's fields by consent. A digest is of this client, person, data set and field: none equals that of
        another.
        """
        token = asked.pull.access_token
        if asked.detail.basis is not Basis.CONSENT or token.subscriber_id is None or asked.juristic_id is not None:
            return {}
        place = (token.client_id, token.subscriber_id, asked.detail.dataset)
        return {
            name: self._digest.of(json.dumps([*place, name, value], sort_keys=True).encode())[:DIGEST_BYTES].hex()
            for name, value in fields.items()
        }


async def forget_digests(uow: UnitOfWork) -> int:
    """Drop digests whose time is over; gives how many."""
    return await uow.changed(delete(field_digest).where(field_digest.c.expires_at <= uow.now))


async def forget_digests_of(uow: UnitOfWork, subscriber_id: SubscriberId) -> int:
    """Drop the digests about a person whose identity was closed; gives how many."""
    return await uow.changed(delete(field_digest).where(field_digest.c.subscriber_id == subscriber_id))


async def _find(uow: UnitOfWork, asked: Asked, since: DisclosureId) -> Digests | None:
    token = asked.pull.access_token
    own = (
        field_digest.c.disclosure_id == since,
        field_digest.c.client_id == token.client_id,
        field_digest.c.subscriber_id == token.subscriber_id,
        field_digest.c.dataset == asked.detail.dataset,
        field_digest.c.expires_at > uow.now,
    )
    row = await uow.first(select(field_digest.c.digests).where(*own))
    return None if row is None else row.digests


def _only_changed(payload: dict[str, Any], same: set[str], *, since: DisclosureId | None) -> dict[str, Any]:
    def without(members: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in members.items() if name not in same}

    source = payload["source"]
    return (
        payload
        | {name: without(payload[name]) for name in ("fields", *BY_FIELD)}
        | {
            "order": [name for name in payload["order"] if name not in same],
            "source": source | {"fields": without(source["fields"])},
            "since": since,
            "unchanged": [name for name in payload["order"] if name in same],
        }
    )
