"""The officer's copy as a file: what is in it, who can verify it, and that nothing of it stays (nevers, 4 and 5)."""

import hashlib
import io
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pikepdf
import pytest
import structlog
from sqlalchemy import select, update

from connectors.gdx import URL_LOGGERS
from idp.agencies.store import service
from idp.catalogue.card_photo import IN_COPY, ON_SCREEN
from idp.exchange.document.store import document
from idp.exchange.pull.store import disclosure
from tests.connectors.documents.test_rendering import poppler_text
from tests.gateway.conftest import Sealing
from tests.gateway.counter import CASE, SOMCHAI, Counter, open_counter
from tests.gateway.door import Door
from tests.gateway.test_canaries import of_picture, readable, written_files
from tests.gateway.test_documents import tsa_down
from tests.gateway.test_on_card import PICTURE, code_of, copied, let_right, lines, seen

__all__ = ["written_files"]

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(sealing_door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(sealing_door)
    yield opened
    await opened.agent.http.aclose()


def pictures_in(pdf: bytes, password: str = "") -> list[bytes]:
    with pikepdf.open(io.BytesIO(pdf), password=password) as opened:
        streams = [part for part in opened.objects if isinstance(part, pikepdf.Stream)]
        return [bytes(part.read_raw_bytes()) for part in streams if part.get("/Filter") == "/DCTDecode"]


async def test_the_copy_has_what_the_card_says_the_photo_and_who_printed_it(counter: Counter) -> None:
    session_id, door = await counter.ready(), counter.door
    copy = await copied(counter, session_id)
    assert copy.status_code == 200, copy.text
    assert copy.headers["content-type"] == "application/pdf"
    assert "no-store" in copy.headers["cache-control"]
    assert copy.headers["document-photo"] == "printed"
    assert hashlib.sha256(copy.content).hexdigest() == copy.headers["document-sha256"]
    assert pictures_in(copy.content) == [PICTURE]
    text = poppler_text(copy.content)
    for said in (SOMCHAI, CASE, "เจ้าหน้าที่งานทะเบียน", "ขอรับรองว่าพิมพ์จากระบบเชื่อมโยงข้อมูลโดยตรง", "ภาพถ่ายจากบัตร"):
        assert said in text
    # each thing that left is a line of its own, and the document's number and hash stay
    assert await lines(door.world) == [("released", None, [IN_COPY], 1)]
    assert [line[0] for line in await lines(door.world, "card.identity")] == ["released"]
    async with door.world.storage.reading() as uow:
        (row,) = await uow.all(select(document))
        about = await uow.all(select(disclosure.c.id).where(disclosure.c.dataset == "card.identity"))
    assert (row.id, row.sha256, row.sealed_pdf, row.due_at) == (
        copy.headers["document-id"],
        copy.headers["document-sha256"],
        None,
        None,
    )
    assert [one.id for one in about] == [copy.headers["disclosure-id"]]
    (entry,) = (one for one in await door.world.entries("exchange.released") if "document_sha256" in one)
    assert counter.officer.id in entry


async def test_anybody_verifies_it_and_nobody_fetches_it(counter: Counter) -> None:
    session_id, door = await counter.ready(), counter.door
    copy = await copied(counter, session_id)
    document_id = copy.headers["document-id"]
    verdict = await door.http.post("/verify", content=copy.content, headers={"content-type": "application/pdf"})
    assert (verdict.json()["verdict"], verdict.json()["issued_here"]) == ("valid", True)
    assert document_id in (await door.http.get(f"/verify/{document_id}")).text
    own = await counter.own_token(session_id, "card.identity")
    assert code_of(await door.fetch(own, f"/documents/{document_id}")) == (404, "EXC-13")
    assert await door.world.documents.finish_due() == 0


async def test_each_copy_is_another_one(counter: Counter) -> None:
    session_id = await counter.ready()
    copies = [await copied(counter, session_id, {"fields": ["name_th"]}) for _ in range(2)]
    assert len({copy.headers["document-id"] for copy in copies}) == 2
    assert SOMCHAI not in poppler_text(copies[0].content)
    assert len(await lines(counter.door.world, "card.identity")) == 2


async def test_what_a_program_pulled_before_takes_no_copy_from_the_officer(counter: Counter) -> None:
    session_id, world = await counter.ready(), counter.door.world
    async with world.storage.unit_of_work() as uow:
        await uow.execute(update(service).values(uses=1))
    pulled = await counter.pull(session_id, "card.identity", uses=1)
    assert pulled.status_code == 200, pulled.text
    assert (await seen(counter, session_id)).status_code == 200
    for _ in range(2):
        copy = await copied(counter, session_id)
        assert (copy.status_code, copy.headers["document-photo"]) == (200, "printed")
    # and the other way round: the program still has what it may have
    assert code_of(await counter.pull(session_id, "card.identity", uses=1))[1] == "EXC-03"
    await let_right(world, "card.identity", daily_quota=3)
    assert code_of(await copied(counter, session_id)) == (429, "EXC-06")


async def test_the_photo_is_left_out_where_the_right_has_it_on_the_screen_alone(counter: Counter) -> None:
    session_id = await counter.ready()
    await let_right(counter.door.world, fields=[ON_SCREEN])
    copy = await copied(counter, session_id)
    assert (copy.status_code, copy.headers["document-photo"]) == (200, "none")
    assert pictures_in(copy.content) == []
    assert await lines(counter.door.world) == []
    assert (await seen(counter, session_id)).content == PICTURE


async def test_a_copy_with_a_password_opens_with_it_alone(counter: Counter) -> None:
    copy = await copied(counter, await counter.ready(), query="?delivery=password")
    assert copy.status_code == 200, copy.text
    password = copy.headers["document-password"]
    assert len(password.replace("-", "")) == 20
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(copy.content))
    assert pictures_in(copy.content, password) == [PICTURE]
    async with counter.door.world.storage.reading() as uow:
        kept = await uow.all(select(disclosure.c.sealed_answer))
    assert {row.sealed_answer for row in kept} == {None}


async def test_without_a_time_stamp_it_is_not_held_back_but_not_made(counter: Counter, sealing: Sealing) -> None:
    session_id = await counter.ready()
    with tsa_down(sealing):
        assert code_of(await copied(counter, session_id)) == (503, "EXC-12")
    async with counter.door.world.storage.reading() as uow:
        assert await uow.all(select(document)) == []
    assert (await copied(counter, session_id)).status_code == 200


async def test_the_photo_is_in_the_copy_and_on_the_screen_and_nowhere_else(
    counter: Counter, tmp_path: Path, written_files: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nevers, 5: the store, log lines, other papers and answers of the same visit, files written meanwhile."""
    caplog.set_level(logging.INFO)
    for name in URL_LOGGERS:
        caplog.set_level(logging.WARNING, logger=name)
    with structlog.testing.capture_logs() as lines_said:
        session_id, door = await counter.ready(), counter.door
        shown, copy = await seen(counter, session_id), await copied(counter, session_id)
        without = await copied(counter, session_id, query="?delivery=password")
        pulled = await counter.pull(session_id, "card.identity", body={"format": "both"})
        own = await counter.own_token(session_id, "card.identity")
        pdf = (await door.fetch(own, f"/documents/{pulled.json()['document']['id']}")).content
        slip = (await door.fetch(own, f"/card-sessions/{session_id}/slip")).content
        state = (await door.fetch(own, f"/card-sessions/{session_id}")).content
        await counter.card(None)
        late = (await seen(counter, session_id), await copied(counter, session_id))
    canaries = list(of_picture(PICTURE))
    assert shown.content == PICTURE
    assert [canary in copy.content for canary in canaries[:1]] == [True]
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        parts = (part for part in opened.objects if isinstance(part, pikepdf.Stream) and readable(part))
        unpacked = b"".join(part.read_bytes() for part in parts)
    told = b"".join((without.content, pulled.content, pdf, slip, state, unpacked, *(one.content for one in late)))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = (json.dumps(lines_said, ensure_ascii=False, default=str) + caplog.text).encode()
    for place, content in {"told": told, "kept": kept, "said": said}.items():
        assert content
        assert [canary for canary in canaries if canary in content] == [], place
    assert [one.status_code for one in late] == [409, 409]
    elsewhere = {path for path in written_files if not Path(path).is_relative_to(tmp_path)}
    assert {path for path in elsewhere if not path.startswith("/dev/")} == set()
