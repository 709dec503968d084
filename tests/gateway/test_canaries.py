"""Pulls of a person whose every value is a canary: afterwards none is found where it has no business (rows 52, 53).

What leaves, JSON and sealed PDF, holds the values; store, log lines, the audit log, what a document says of itself in
its metadata, and every file that this process wrote meanwhile do not.
"""

import base64
import hashlib
import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pikepdf
import pytest
import structlog
from sqlalchemy import select

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import photo
from connectors.gdx import URL_LOGGERS
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.audit.store import audit_entry
from idp.catalogue.model import Basis
from tests.exchange.world import ADDRESS_FIELDS, PERSON_FIELDS, SOMCHAI
from tests.gateway.counter import open_counter
from tests.gateway.door import Door
from tests.gateway.photos import open_photo_desk
from tests.gateway.test_pulls import consented_token

pytestmark = pytest.mark.anyio

_opened: list[str] = []
_watching: list[bool] = []


def _note_opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watching and isinstance(arguments[0], str) and _writes(arguments):
        _opened.append(arguments[0])


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    return any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool(flags & 0b11)


sys.addaudithook(_note_opened)  # cannot be taken away again: notes nothing unless a test watches


@pytest.fixture
def written_files() -> Iterator[list[str]]:
    """The paths of files that this process opens for writing."""
    _opened.clear()
    _watching.append(True)
    yield _opened
    _watching.clear()


def canaries() -> list[bytes]:
    """The person's number, names and photo, in clear, in other letters and as plain hashes."""
    number = SOMCHAI.citizen_id.digits
    texts = [number, SOMCHAI.name_th.first, SOMCHAI.name_th.last]
    picture = photo(PERSONAS["somchai"].card)
    return [
        *(text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "tis-620")),
        *(json.dumps(text).strip('"').encode() for text in texts),
        hashlib.sha256(number.encode()).hexdigest().encode(),
        hashlib.sha256(number.encode()).digest(),
        base64.b64encode(number.encode()),
        *of_picture(picture),
    ]


def of_picture(picture: bytes) -> Iterator[bytes]:
    """Pieces of it as they are, as hexadecimal text (the registry's wire), and as base64 however it is cut."""
    for place in (200, 1200, len(picture) - 300):
        piece = picture[place : place + 60]
        yield piece
        yield piece.hex().encode()
        yield piece.hex().upper().encode()
        yield from (base64.b64encode(picture[place + shift : place + shift + 60]) for shift in range(3))
        yield from (base64.urlsafe_b64encode(picture[place + shift : place + shift + 60]) for shift in range(3))
    yield hashlib.sha256(picture).digest()
    yield hashlib.sha256(picture).hexdigest().encode()


CANARIES: Final = canaries()


def found_in(content: bytes) -> list[bytes]:
    return [canary for canary in CANARIES if canary in content]


async def test_no_value_stays_behind(
    sealing_door: Door, tmp_path: Path, written_files: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for name in URL_LOGGERS:  # as a deployment has them: their lines hold the registries' addresses, with numbers
        caplog.set_level(logging.WARNING, logger=name)
    token = await consented_token(sealing_door)
    with structlog.testing.capture_logs() as lines:
        person = (await sealing_door.pull(token, {"dataset": "dopa.person", "format": "both"})).json()
        address = (await sealing_door.pull(token, {"dataset": "dopa.address", "format": "both"})).json()
        refused = await sealing_door.pull(token, {"dataset": "dopa.house"})
        pdf = (await sealing_door.fetch(token, f"/documents/{person['document']['id']}")).content
    # the values did leave, to whom they were meant for: else there is nothing to look for
    assert set(person["fields"]) == set(PERSON_FIELDS)
    assert set(address["fields"]) == set(ADDRESS_FIELDS)
    assert person["fields"]["citizen_id"] == SOMCHAI.citizen_id.digits
    assert refused.status_code == 403
    assert found_in(refused.content) == []
    # 1. the store, files beside it included
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for path in files:
        assert found_in(path.read_bytes()) == [], path
    # 2. log lines, of libraries too
    said = json.dumps(lines, ensure_ascii=False, default=str) + caplog.text
    assert found_in(said.encode()) == []
    # 3. the audit log
    async with sealing_door.world.storage.reading() as uow:
        for row in await uow.all(select(audit_entry.c.canonical)):
            assert found_in(bytes(row.canonical)) == []
    # 4. what the document says of itself, and pictures in it: it has none of a person
    with pikepdf.open(io.BytesIO(pdf)) as document:
        about = str(dict(document.docinfo)) + (
            document.Root.Metadata.read_bytes().decode("utf-8", "replace") if "/Metadata" in document.Root else ""
        )
    assert found_in(about.encode()) == []
    picture = photo(PERSONAS["somchai"].card)
    assert picture[200:264] not in pdf
    # 5. nothing was written anywhere else, temporary folders included
    elsewhere = {path for path in written_files if not Path(path).is_relative_to(tmp_path)}
    assert {path for path in elsewhere if not path.startswith("/dev/")} == set()


async def test_a_photo_that_was_shown_stays_nowhere(
    sealing_door: Door, tmp_path: Path, written_files: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nevers, 5: store, log lines of every level that a deployment has, both logs, papers, answers about it."""
    caplog.set_level(logging.INFO)
    for name in URL_LOGGERS:
        caplog.set_level(logging.WARNING, logger=name)
    counter = await open_counter(sealing_door)
    desk = await open_photo_desk(counter)
    with structlog.testing.capture_logs() as lines:
        by_card = await desk.by_card()
        session_id = by_card["card_session"]
        shown = await desk.show(await desk.agreed(by_card))
        asked = await desk.agreed(await desk.by_number())
        by_number = await desk.show(asked)
        over = await desk.show(asked)
        sealing_door.world.switchboard.switch(Service.IKNO, Behaviour(Mode.WRONG_PERSON))
        wrong = await desk.show(await desk.agreed(await desk.by_number()))
        sealing_door.world.switchboard.reset()
        pulled = await counter.pull(session_id, basis=Basis.DUTY, body={"format": "both"})
        own = await counter.own_token(session_id, basis=Basis.DUTY)
        pdf = (await sealing_door.fetch(own, f"/documents/{pulled.json()['document']['id']}")).content
        slip = (await sealing_door.fetch(own, f"/card-sessions/{session_id}/slip")).content
    await counter.agent.http.aclose()
    # it did leave, to whom it was meant for: else there is nothing to look for
    picture = photo(PERSONAS["somchai"].registered_card)
    canaries = list(of_picture(picture))
    for answer in (shown, by_number):
        assert answer.content == picture
        assert not {"etag", "last-modified", "expires"} & set(answer.headers)
        assert "no-store" in answer.headers["cache-control"]
    # 1. other answers, and papers: also with their streams unpacked
    with pikepdf.open(io.BytesIO(pdf)) as document:
        unpacked = b"".join(
            part.read_bytes() for part in document.objects if isinstance(part, pikepdf.Stream) and readable(part)
        )
    told = b"".join((over.content, wrong.content, pulled.content, pdf, slip, unpacked))
    # 2. the store and the files beside it; 3. log lines, of libraries too; 4. nothing was written elsewhere
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = (json.dumps(lines, ensure_ascii=False, default=str) + caplog.text).encode()
    for place, content in {"told": told, "kept": kept, "said": said}.items():
        assert content
        assert [canary for canary in canaries if canary in content] == [], place
    elsewhere = {path for path in written_files if not Path(path).is_relative_to(tmp_path)}
    assert {path for path in elsewhere if not path.startswith("/dev/")} == set()


def readable(part: pikepdf.Stream) -> bool:
    """Streams of pictures have filters of their own; raw bytes are looked at with the file."""
    try:
        part.read_bytes()
    except pikepdf.PdfError:
        return False
    return True


async def test_no_photo_is_a_field_of_anything_but_its_own_path(door: Door) -> None:
    """Row 52: absent by construction, whatever is asked for."""
    catalogue = (await door.http.get("/catalogue")).json()["datasets"]
    named = {(one["dataset"], field["name"]) for one in catalogue for field in one["fields"]}
    assert {dataset for dataset, name in named if "photo" in name or "portrait" in name} <= {"dopa.photo"}
    token = await consented_token(door)
    for wished in ("*", "photo", "portrait"):
        answer = await door.pull(token, {"dataset": "dopa.person", "fields": [wished]})
        assert answer.status_code == 400
        assert found_in(answer.content) == []
    assert (await door.pull(token, {"dataset": "dopa.photo"})).status_code == 403
