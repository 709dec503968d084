"""A log as years of use would leave it: entries, leaves, tiles, and by what entries are found."""

import base64
import hashlib
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert

from idp.audit.facets import audit_facet
from idp.audit.proofs import fold
from idp.audit.store import audit_entry, audit_head, audit_leaf, audit_pending, audit_tile
from idp.audit.tree import Frontier
from idp.kernel.ids import new_id
from idp.storage.storage import Storage
from tests.long.agency_volume import SPAN, which_agency
from tests.long.writing import BATCH, write, writing

EVENTS: Final = (
    *("exchange.decided",) * 30, *("exchange.released",) * 28, *("authorization.issued",) * 20,
    *("session.started",) * 12, *("consent.given",) * 5, *("portal.refused",) * 2, *("exchange.refused",) * 2,
    "enrolment.completed",
)  # fmt: skip
RARE: Final = "signing_keys.made"
"""One in a hundred thousand."""
TILE: Final = 256
SUBJECTS: Final = 1_000_000


async def fill_log(
    storage: Storage, entries: int, agencies: Sequence[str], members: Sequence[str], dice: random.Random
) -> None:
    """As sequencing them one by one would have left them."""
    async with writing(storage.engine, audit_facet) as connection:
        for table in (audit_pending, audit_facet, audit_leaf, audit_tile, audit_entry, audit_head):
            await connection.execute(table.delete())
        began = storage.clock.now() - SPAN
        growing: list[list[bytes]] = [[]]
        written = [0]
        for first in range(0, entries, BATCH):
            size = min(BATCH, entries - first)
            rows = [_entry(first + place, entries, began, agencies, members, dice) for place in range(size)]
            await write(connection, audit_entry, (row[0] for row in rows))
            await write(connection, audit_leaf, (row[1] for row in rows))
            await write(connection, audit_facet, (row[2] for row in rows))
            tiles: list[dict[str, Any]] = []
            for row in rows:
                _grow(row[1]["leaf_hash"], growing, written, tiles)
            await write(connection, audit_tile, iter(tiles))
        rest = [
            {"level": level, "tile_index": written[level], "hashes": b"".join(hashes)}
            for level, hashes in enumerate(growing)
            if level and hashes
        ]
        await write(connection, audit_tile, iter(rest))
        head = {"id": 1, "size": entries, "peaks": _frontier(entries, growing).to_bytes(), "fence": 0}
        await connection.execute(insert(audit_head).values(head))


def _grow(leaf: bytes, growing: list[list[bytes]], written: list[int], tiles: list[dict[str, Any]]) -> None:
    level, carried = 0, leaf
    growing[0].append(carried)
    while len(growing[level]) == TILE:
        full = growing[level]
        tiles.append({"level": level, "tile_index": written[level], "hashes": b"".join(full)})
        growing[level], written[level] = [], written[level] + 1
        level, carried = level + 1, fold(full)
        if level == len(growing):
            growing.append([])
            written.append(0)
        growing[level].append(carried)


def _frontier(size: int, growing: list[list[bytes]]) -> Frontier:
    """The complete subtrees, largest first: what fills no tile of its level, cut by the bits of how many they are."""
    peaks: list[bytes] = []
    for level in reversed(range(len(growing))):
        hashes = growing[level]
        place, count = 0, len(hashes)
        while count:
            width = 1 << (count.bit_length() - 1)
            peaks.append(fold(hashes[place : place + width]))
            place, count = place + width, count - width
    assert len(peaks) == size.bit_count(), (len(peaks), size)
    return Frontier(size, tuple(peaks))


def _entry(
    place: int, entries: int, began: datetime, agencies: Sequence[str], members: Sequence[str], dice: random.Random
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    at = began + SPAN * (place / entries)
    milliseconds = int(at.timestamp() * 1000)
    entry_id = new_id("aud", now=at, randomness=dice.randbytes)
    event = RARE if place % 100_000 == 50_000 else EVENTS[dice.randrange(len(EVENTS))]
    refused = event.endswith("refused")
    agency, actor, kind = agencies[which_agency(agencies, dice)], members[dice.randrange(len(members))], "member"
    subject = base64.urlsafe_b64encode(hashlib.sha256(b"%d" % dice.randrange(SUBJECTS)).digest()).decode()[:43]
    canonical = (
        f'{{"actor":{{"id":"{actor}","kind":"{kind}"}},"agency":"{agency}","at":{milliseconds},'
        f'"client":null,"details":{{"dataset":"dopa.person","disclosure":"dis_{entry_id[4:]}"}},"event":"{event}",'
        f'"id":"{entry_id}","outcome":"{"refused" if refused else "ok"}","subject":"{subject}","v":1}}'
    ).encode()
    leaf = hashlib.sha256(b"\x00" + canonical).digest()
    return (
        {"id": entry_id, "canonical": canonical, "leaf_hash": leaf, "mac": leaf},
        {"leaf_index": place, "entry_id": entry_id, "leaf_hash": leaf},
        {
            "leaf_index": place, "at": milliseconds, "event": event, "refused": refused, "actor_kind": kind,
            "actor": actor, "agency": agency, "subject": subject,
        },
    )  # fmt: skip
