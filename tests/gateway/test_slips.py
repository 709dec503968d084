"""The slip of a card session: it says who asked for what on which ground, and names nobody."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.contracts.documents import Delivery, DocumentRequest, SealedDocument, SealLevel
from connectors.documents.fonts import prepare_fonts
from connectors.documents.render import Renderer
from idp.authorization.client_registration.store import insert_client
from idp.exchange.bases.slip import SLIPS_AT_ONCE, Slips, printed
from idp.exchange.counter.model import CounterSessionId
from idp.kernel.errors import NotFound, Unavailable
from idp.kernel.ids import ClientId
from tests.exchange.world import JOBS, SOMCHAI, client
from tests.gateway.conftest import Sealing
from tests.gateway.counter import CARD, CASE, DUTY, FORM, Counter, open_counter
from tests.gateway.door import ISSUER, Door

pytestmark = pytest.mark.anyio


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


async def page(counter: Counter, session_id: str, language: str = "th") -> str:
    token = await counter.own_token(session_id)
    path = f"/card-sessions/{session_id}/slip"
    answer = await counter.door.fetch(token, path, accept="text/html", **{"accept-language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_slip_says_who_asked_for_what_and_names_nobody(counter: Counter) -> None:
    session_id = await counter.ready()
    before = await page(counter, session_id)
    assert "ไม่มีข้อมูลใดถูกส่งให้หน่วยงาน" in before
    assert (await counter.pull(session_id)).status_code == 200
    after = await page(counter, session_id)
    for text in (CASE, "หน่วยงานจัดหางานสาธิต (ตัวอย่าง)", "ท่านยื่นบัตรประจำตัวประชาชนให้เจ้าหน้าที่", "ชื่อ-นามสกุล",
                 f"{ISSUER}/account/activity", "<svg", "มาตรา 73"):  # fmt: skip
        assert text in after, text
    for text in (SOMCHAI.citizen_id.digits, SOMCHAI.name_th.first, SOMCHAI.name_th.last):
        assert text not in after
    # it is there also when the session is over
    await counter.card(None)
    assert CASE in await page(counter, session_id)


@pytest.mark.parametrize(
    ("basis", "words"),
    [(CARD, "You handed your ID card"), (FORM, "A form that you signed on 22 November 2026"), (DUTY, "A duty by law")],
)
async def test_each_ground_is_said_in_plain_words(counter: Counter, basis: dict[str, Any], words: str) -> None:
    session_id = await counter.opened(basis=basis)
    assert words in await page(counter, session_id, "en")


async def test_another_client_and_a_wrong_id_get_nothing(counter: Counter) -> None:
    session_id = await counter.opened()
    world = counter.door.world
    slips = slips_of(counter)
    async with world.storage.unit_of_work() as uow:
        await insert_client(uow, client(ClientId("other"), world.agency.id, world.client_key))
    token = await counter.own_token(session_id)
    for wrong in ("cds_1", f"cds_{'0' * 26}"):
        assert (await counter.door.fetch(token, f"/card-sessions/{wrong}/slip")).status_code == 404
    with pytest.raises(NotFound):
        await slips.slip(CounterSessionId(session_id), agency_id=world.agency.id, client_id=ClientId("other"))
    with pytest.raises(NotFound):
        await slips.slip(CounterSessionId(session_id), agency_id=world.issuer.id, client_id=JOBS)


async def test_no_paper_is_said_so(counter: Counter) -> None:
    session_id = await counter.opened()
    token = await counter.own_token(session_id)
    answer = await counter.door.fetch(token, f"/card-sessions/{session_id}/slip", accept="application/json")
    assert (answer.status_code, answer.json()["code"]) == (503, "EXC-12")


class Typesetter:
    """A sealer that sets the page and does not sign it."""

    def __init__(self, folder: Path) -> None:
        prepare_fonts(folder / "fonts")
        self._renderer = Renderer(fonts_dir=folder / "fonts")
        self._target = folder / "slip.pdf"
        self.asked: list[DocumentRequest] = []

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        self.asked.append(request)
        pdf = self._renderer.render(request, delivery=delivery, seal_name="ตราประทับ (สาธิต)")
        self._target.write_bytes(pdf)
        return SealedDocument(pdf, hashlib.sha256(pdf).hexdigest(), SealLevel.B_T, delivery, 1)


async def test_the_paper_is_set(counter: Counter, tmp_path: Path) -> None:
    session_id = await counter.ready()
    assert (await counter.pull(session_id)).status_code == 200
    typesetter = Typesetter(tmp_path)
    slips = slips_of(counter, sealer=typesetter)
    slip = await slips.slip(CounterSessionId(session_id), agency_id=counter.door.world.agency.id, client_id=JOBS)
    await slips.paper(slip)
    (request,) = typesetter.asked
    assert request.verify_url == f"{ISSUER}/account/activity"
    assert SOMCHAI.citizen_id.digits.encode() not in request.data_json
    assert "ชื่อ-นามสกุล" in printed(slip)["fields"]["data"]
    assert printed(replace(slip, given=()))["fields"]["data"] == "ไม่มีข้อมูลใดถูกส่งให้หน่วยงาน"


class SlowSealer:
    """A time-stamp authority that takes its time."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        await self.go_on.wait()
        return SealedDocument(b"%PDF", "00", SealLevel.B_T, delivery, 1)


async def test_who_asks_for_many_slips_at_once_gets_a_few(counter: Counter) -> None:
    session_id = await counter.opened()
    sealer = SlowSealer()
    slips = slips_of(counter, sealer=sealer)
    slip = await slips.slip(CounterSessionId(session_id), agency_id=counter.door.world.agency.id, client_id=JOBS)
    asked = [asyncio.create_task(slips.paper(slip)) for _ in range(SLIPS_AT_ONCE + 2)]
    refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(task.exception(), Unavailable) for task in refused)
    sealer.go_on.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, SealedDocument) for answer in answers) == SLIPS_AT_ONCE
    assert isinstance(await slips.paper(slip), SealedDocument)


async def test_the_paper_is_sealed(
    counter: Counter, sealing: Sealing, tmp_path: Path, run_tool: Callable[..., str]
) -> None:
    session_id = await counter.ready()
    assert (await counter.pull(session_id)).status_code == 200
    sealer = sealing.sealer()
    try:
        slips = slips_of(counter, sealer=sealer)
        slip = await slips.slip(CounterSessionId(session_id), agency_id=counter.door.world.agency.id, client_id=JOBS)
        sealed = await slips.paper(slip)
    finally:
        await sealer.aclose()
    target = tmp_path / "slip.pdf"
    target.write_bytes(sealed.pdf)
    text = run_tool("pdftotext", str(target), "-")
    # the code leads to one's own log, and the number in the seal is no entry of ours
    assert "Who saw my data" in text
    assert "Verify" not in text
    assert "Audit entry" not in text
    verdict = run_tool("pdfsig", "-nocert", str(target))
    assert "Signature Validation: Signature is Valid." in verdict
    assert "Total document signed" in verdict


def slips_of(counter: Counter, **changes: Any) -> Slips:
    world = counter.door.world
    settings: dict[str, Any] = {
        "storage": world.storage,
        "agencies": world.agencies,
        "bases": world.bases,
        "personal": world.personal,
        "sealer": world.sealer,
        "issuer": ISSUER,
    }
    return Slips(**(settings | changes))
