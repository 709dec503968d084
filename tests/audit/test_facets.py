"""Finding entries: each that has a leaf, by any mixture of facets, page by page; and what the proofs of a page say."""

import json
import secrets
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from idp.audit import facets, store
from idp.audit.extract import ExtractEntry, check_extract, extract_content
from idp.audit.facets import Facets, find_events, find_page, take_up
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.proof_check import NotProven
from idp.audit.proving import prove_leaves
from idp.kernel.ids import AgencyId, SubscriberId
from idp.storage.storage import Storage
from tests.audit.log import SIGNER, sequence
from tests.clock import FrozenClock

LOG = AuditLog(mac=lambda entry: b"m" * 32, pseudonym=lambda one: f"p-{one}", randomness=secrets.token_bytes)
EVENTS = ("exchange.released", "exchange.refused", "portal.refused")


async def write(storage: Storage, *, agency: str, event: str, about: str | None = None, member: str = "mem_1") -> None:
    async with storage.unit_of_work() as uow:
        await LOG.append(
            uow,
            AuditEvent(
                event=event,
                actor=Actor(ActorKind.MEMBER, member),
                outcome="refused" if event.endswith("refused") else "ok",
                subject=None if about is None else SubscriberId(about),
                agency_id=AgencyId(agency),
            ),
        )


async def indexed(storage: Storage) -> None:
    await sequence(storage)
    async with storage.unit_of_work() as uow:
        while await take_up(uow, limit=7):
            pass


async def everything(storage: Storage, wanted: Facets, *, limit: int = 4, most: int = 10) -> list[int]:
    leaves: list[int] = []
    below: int | None = None
    async with storage.reading() as uow:
        while True:
            page = await find_page(uow, wanted, below=below, limit=limit, most=most)
            leaves += [one.leaf_index for one in page.entries]
            if page.goes_on_at is None:
                return leaves
            below = page.goes_on_at


async def test_each_facet_finds_its_entries_page_by_page(storage: Storage, clock: FrozenClock) -> None:
    began = clock.now()
    for number in range(30):
        await write(
            storage,
            agency=f"agy_{number % 2}",
            event=EVENTS[number % 3],
            about=f"sub_{number % 5}",
            member=f"mem_{number % 4}",
        )
        clock.advance(3600)
    await indexed(storage)
    assert await everything(storage, Facets()) == list(range(29, -1, -1))
    assert await everything(storage, Facets(agency="agy_1")) == list(range(29, -1, -2))
    assert await everything(storage, Facets(subject="p-sub_3")) == [28, 23, 18, 13, 8, 3]
    assert await everything(storage, Facets(actor="mem_3", agency="agy_1")) == [27, 23, 19, 15, 11, 7, 3]
    assert await everything(storage, Facets(event="portal.refused", refused=True)) == list(range(29, -1, -3))
    assert await everything(storage, Facets(refused=True, agency="agy_0")) == [28, 26, 22, 20, 16, 14, 10, 8, 4, 2]
    assert await everything(storage, Facets(actor_kind="client")) == []
    window = Facets(since=began + timedelta(hours=3), until=began + timedelta(hours=6))
    assert await everything(storage, window) == [5, 4, 3]
    assert await everything(storage, Facets(since=clock.now() + timedelta(days=1))) == []
    async with storage.reading() as uow:
        assert await find_events(uow) == tuple(sorted(EVENTS))


async def test_a_page_looks_no_further_than_it_may_and_says_so(storage: Storage, clock: FrozenClock) -> None:
    await write(storage, agency="agy_0", event="exchange.released")
    for _ in range(25):
        clock.advance(1)
        await write(storage, agency="agy_0", event="exchange.refused")
    await indexed(storage)
    async with storage.reading() as uow:
        wanted = Facets(agency="agy_0", event="exchange.released")
        page = await find_page(uow, wanted, below=None, limit=4, most=10)
    assert (page.entries, page.is_partial, page.goes_on_at) == ((), True, 16)
    assert await everything(storage, wanted) == [0]


async def test_what_somebody_wrote_over_is_found_and_stops_nothing(storage: Storage, clock: FrozenClock) -> None:
    for _ in range(3):
        clock.advance(1)
        await write(storage, agency="agy_0", event="exchange.released")
    await sequence(storage)
    async with storage.unit_of_work() as uow:
        row = await uow.first(select(store.audit_entry.c.id).order_by(store.audit_entry.c.id).offset(1))
        assert row is not None
        change = update(store.audit_entry).where(store.audit_entry.c.id == row.id)
        await uow.execute(change.values(canonical=b'{"at": "never"}'))
    await indexed(storage)
    assert len(await everything(storage, Facets())) == 3
    assert await everything(storage, Facets(event=facets.UNREADABLE)) == [1]


async def test_two_workers_take_up_each_entry_once(storage: Storage) -> None:
    for _ in range(9):
        await write(storage, agency="agy_0", event="exchange.released")
    await indexed(storage)
    await indexed(storage)
    assert len(await everything(storage, Facets())) == 9


async def test_the_leaves_of_a_page_are_proven_together(storage: Storage) -> None:
    for _ in range(300):
        await write(storage, agency="agy_0", event="exchange.released")
    await indexed(storage)
    async with storage.reading() as uow:
        page = await find_page(uow, Facets(), below=None, limit=40)
        proven = await prove_leaves(uow, [one.leaf_index for one in page.entries])
    assert proven is not None
    entries = [ExtractEntry(one.leaf_index, one.canonical, proven.paths[one.leaf_index]) for one in page.entries]
    content = extract_content({}, entries, note=proven.note, log_key=SIGNER.verifier_key)
    assert check_extract(content, open_note=SIGNER.open_note) == 40
    said = json.loads(json.dumps(content))
    said["entries"][7]["entry"] = said["entries"][7]["entry"].replace("released", "refused")
    with pytest.raises(NotProven):
        check_extract(said, open_note=SIGNER.open_note)
    said = json.loads(json.dumps(content))
    said["entries"].insert(3, said["entries"][2])
    with pytest.raises(NotProven, match="twice"):
        check_extract(said, open_note=SIGNER.open_note)


def test_a_moment_beyond_all_time_stops_no_taking_up() -> None:
    said = {"at": 10**30, "event": "x", "outcome": "ok", "actor": {"kind": "member", "id": "m"}}
    canonical = json.dumps(said | {"agency": None, "subject": None}).encode()
    assert facets._columns(3, canonical)["event"] == facets.UNREADABLE


@given(st.binary(max_size=60))
def test_no_bytes_stop_the_taking_up(canonical: bytes) -> None:
    assert facets._columns(3, canonical)["leaf_index"] == 3
