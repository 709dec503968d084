"""A document that takes too long, needs too much memory or is wanted by nobody ends its own press and no other."""

import asyncio
import json
import os
import resource
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.contracts.documents import Delivery, DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.documents.presses import Equipment, Presses
from connectors.documents.render import TEMPLATES
from connectors.documents.seal import PendingSeal
from connectors.documents.seal_key import KEY_FILE, SealIdentity
from tests.connectors.documents.examples import NAMES, PERSON, document_request
from tests.connectors.documents.test_presses import pressing
from tests.patience import until

REQUEST = document_request("person", PERSON)
LOADED = 15.0
"""Seconds in which a press is loaded also on a busy machine."""
LITTLE_MEMORY = 400 * 1024**2
"""Bytes: enough for a page."""


@pytest.fixture(scope="module")
def equipment(fonts_dir: Path, identity: SealIdentity, tmp_path_factory: pytest.TempPathFactory) -> Equipment:
    key_file = tmp_path_factory.mktemp("apart") / KEY_FILE
    key_file.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    chain = tuple(one.public_bytes(Encoding.DER) for one in identity.chain)
    return Equipment(TEMPLATES, fonts_dir, key_file, chain)


def at(presses: Callable[[], Presses], work: Callable[[Presses], Awaitable[None]]) -> None:
    async def run() -> None:
        opened = presses()
        try:
            await work(opened)
        finally:
            opened.close()

    asyncio.run(run())


async def make(presses: Presses, request: DocumentRequest = REQUEST) -> PendingSeal:
    return await presses.make(request, delivery=Delivery.SEALED, password=None, owner_password="")


async def two_at_work(presses: Presses) -> set[int]:
    """The processes of two presses, both loaded."""
    before = pressing()
    await asyncio.gather(make(presses), make(presses))
    started = pressing() - before
    assert len(started) == 2
    return started


def test_one_that_takes_too_long_ends_its_own_press_alone(equipment: Equipment) -> None:
    async def work(presses: Presses) -> None:
        stopped, spared = await two_at_work(presses)
        os.kill(stopped, signal.SIGSTOP)
        outcomes = await asyncio.gather(make(presses), make(presses), return_exceptions=True)
        assert {type(one) for one in outcomes} == {PendingSeal, DocumentError}
        until(lambda: stopped not in pressing())
        assert spared in pressing()
        assert (await make(presses)).pages == 1

    at(lambda: Presses(equipment, processes=2, longest_seconds=LOADED), work)


def test_a_document_that_nobody_waits_for_any_more_is_given_up(equipment: Equipment) -> None:
    async def work(presses: Presses) -> None:
        before = pressing()
        await make(presses)
        (press,) = pressing() - before
        os.kill(press, signal.SIGSTOP)
        unwanted = asyncio.ensure_future(make(presses))
        await asyncio.sleep(0.1)
        unwanted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unwanted
        assert (await make(presses)).pages == 1
        assert press not in pressing()

    at(lambda: Presses(equipment, processes=1, unwanted_seconds=0.2), work)


def test_who_left_early_costs_no_process_when_the_document_is_soon_done(equipment: Equipment) -> None:
    async def work(presses: Presses) -> None:
        before = pressing()
        await make(presses)
        started = pressing() - before
        unwanted = asyncio.ensure_future(make(presses))
        await asyncio.sleep(0)
        unwanted.cancel()
        await asyncio.gather(unwanted, return_exceptions=True)
        assert (await make(presses)).pages == 1
        assert started <= pressing()

    at(lambda: Presses(equipment, processes=1), work)


def test_a_press_that_aborts_leaves_no_core(equipment: Equipment) -> None:
    async def work(presses: Presses) -> None:
        before = pressing()
        await make(presses)
        (press,) = pressing() - before
        assert resource.prlimit(press, resource.RLIMIT_CORE) == (0, 0)

    at(lambda: Presses(equipment, processes=1), work)


def test_who_closes_does_not_wait_for_what_is_under_way(equipment: Equipment) -> None:
    async def work(presses: Presses) -> None:
        before = pressing()
        await make(presses)
        (press,) = pressing() - before
        os.kill(press, signal.SIGSTOP)
        unfinished = asyncio.ensure_future(make(presses))
        await asyncio.sleep(0.1)
        presses.close()
        with pytest.raises(DocumentError):
            await unfinished
        with pytest.raises(DocumentError, match="no more"):
            await make(presses)
        until(lambda: press not in pressing())

    at(lambda: Presses(equipment, processes=1), work)


def test_what_needs_too_much_memory_is_refused_and_others_are_made(equipment: Equipment) -> None:
    columns = {name: {"th": name, "en": name} for name in ("name", "place")}
    rows = [{"name": f"{NAMES[place % len(NAMES)]} {place}", "place": "x" * 40} for place in range(3000)]
    large = document_request("record", {"holders": rows})
    data = {**large.data, "labels": {"holders": {"th": "ก", "en": "a", "columns": columns}}}
    request = replace(large, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())

    async def work(presses: Presses) -> None:
        assert (await make(presses)).pages == 1
        with pytest.raises(DocumentError, match="do not stay alive"):
            await make(presses, request)
        assert (await make(presses)).pages == 1

    at(lambda: Presses(equipment, processes=1, memory_ceiling=LITTLE_MEMORY), work)
