"""Public verification of documents over HTTP."""

import asyncio
from typing import Any

import pytest
from lxml import html

from connectors.contracts.verdicts import AttachedPaper, DocumentReport, Reason
from connectors.simulators.switchboard import Switchboard
from idp.storage.storage import Storage
from tests.clock import FrozenClock
from tests.exchange.world import SOMCHAI, World, company_detail, registries_of
from tests.gateway.conftest import Sealing
from tests.gateway.door import Door, open_door
from tests.gateway.test_pulls import consented_token

pytestmark = pytest.mark.anyio

HTML = {"accept": "text/html"}
NO_FILE = b'--x\r\nContent-Disposition: form-data; name="document"\r\n\r\ntext\r\n--x--\r\n'


async def issued(door: Door, body: dict[str, Any] | None = None) -> tuple[dict[str, Any], bytes]:
    """A document of a person's data and its file."""
    token = await consented_token(door)
    document = (await door.pull(token, body or {"dataset": "dopa.person", "format": "pdf"})).json()["document"]
    return document, (await door.fetch(token, f"/documents/{document['id']}")).content


async def judged(door: Door, pdf: bytes, **fields: str) -> html.HtmlElement:
    """The page after sending a file by the form."""
    files = {"document": ("file.pdf", pdf, "application/pdf")}
    answer = await door.http.post("/verify?lang=en", files=files, data=fields, headers=HTML)
    assert answer.status_code == 200
    return html.fromstring(answer.text)


def verdict_of(page: html.HtmlElement) -> str | None:
    return page.get_element_by_id("verdict").get("data-verdict")


async def test_a_genuine_file_is_valid_and_known(sealing_door: Door) -> None:
    document, pdf = await issued(sealing_door)
    page = await judged(sealing_door, pdf)
    assert verdict_of(page) == "valid"
    assert "unchanged" in page.get_element_by_id("verdict").text_content()
    assert document["id"] in page.get_element_by_id("issued_document").text_content()
    assert SOMCHAI.name_th.first not in page.text_content()


async def test_a_flipped_byte_is_told(sealing_door: Door) -> None:
    _, pdf = await issued(sealing_door)
    middle = len(pdf) // 3
    changed = pdf[:middle] + bytes([pdf[middle] ^ 1]) + pdf[middle + 1 :]
    page = await judged(sealing_door, changed)
    assert verdict_of(page) == "changed"
    assert "changed after it was sealed" in page.get_element_by_id("reason").text_content()
    assert not page.xpath("//*[@id='issued_document']")


async def test_a_program_sends_the_bare_file_and_gets_json(sealing_door: Door) -> None:
    document, pdf = await issued(sealing_door)
    answer = await sealing_door.http.post("/verify", content=pdf, headers={"content-type": "application/pdf"})
    assert answer.json()["verdict"] == "valid"
    assert answer.json()["issued_here"] is True
    assert answer.json()["document_id"] in (document["id"], None)


async def test_a_file_with_a_password_is_judged_with_it(sealing_door: Door) -> None:
    token = await sealing_door.token(sealing_door.world.own_token(company_detail()))
    body = {"dataset": "dbd.company", "format": "pdf", "delivery": "password"}
    document = (await sealing_door.pull(token, body)).json()["document"]
    pdf = (await sealing_door.fetch(token, f"/documents/{document['id']}")).content
    without = await judged(sealing_door, pdf)
    assert verdict_of(without) == "unknown"
    assert without.xpath("//*[@id='issued_document']")
    assert verdict_of(await judged(sealing_door, pdf, password=document["password"])) == "valid"


async def test_the_number_of_a_document_shows_what_was_issued_and_to_whom(sealing_door: Door) -> None:
    document, _ = await issued(sealing_door)
    answer = await sealing_door.http.get(f"/verify/{document['id']}", headers=HTML)
    page = html.fromstring(answer.text)
    assert "หน่วยงานจัดหางานสาธิต" in page.get_element_by_id("issued_document").text_content()
    assert page.get_element_by_id("verify_form").get("action") == "/verify"
    assert SOMCHAI.name_th.first not in page.text_content()
    assert SOMCHAI.citizen_id.digits not in answer.text


async def test_the_number_on_a_paper_is_looked_up_without_javascript(door: Door) -> None:
    page = html.fromstring((await door.http.get("/verify", headers=HTML)).text)
    form = page.get_element_by_id("number_form")
    assert (form.get("method"), form.get("action")) == ("get", "/verify")
    for number, path in (
        (" doc_01X ", "/verify/doc_01X"),
        ("../x?y", "/verify/..%2Fx%3Fy"),
        ("//evil.example", "/verify/%2F%2Fevil.example"),
    ):
        answer = await door.http.get("/verify", params={"number": number}, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, path)


async def test_an_unknown_number_is_a_page_with_a_way_on(door: Door) -> None:
    answer = await door.http.get("/verify/doc_0", headers=HTML)
    assert answer.status_code == 404
    assert html.fromstring(answer.text).get_element_by_id("error_code").text == "EXC-13"


async def test_the_page_that_takes_a_file_speaks_both_languages(door: Door) -> None:
    for language, heading in (("th", "ตรวจสอบเอกสาร"), ("en", "Check a document")):
        answer = await door.http.get(f"/verify?lang={language}", headers=HTML)
        assert html.fromstring(answer.text).xpath("//h1")[0].text_content().strip() == heading


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"hello", "application/pdf"),
        (b"%PDF-1.7", "text/plain"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (NO_FILE, "multipart/form-data; boundary=x"),
    ],
)
async def test_what_is_no_pdf_is_refused(door: Door, content: bytes, kind: str) -> None:
    answer = await door.http.post("/verify", content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "EXC-18")


async def test_a_file_above_the_limit_is_refused(door: Door) -> None:
    content = b"%PDF-" + b"0" * (10 * 1024 * 1024)
    answer = await door.http.post("/verify", content=content, headers={"content-type": "application/pdf"})
    assert answer.status_code == 413


async def test_a_pdf_of_strangers_is_unknown(door: Door) -> None:
    answer = await door.http.post("/verify", content=b"%PDF-1.7\n%%EOF", headers={"content-type": "application/pdf"})
    assert answer.json()["verdict"] == "unknown"
    assert answer.json()["issued_here"] is False


async def test_two_files_are_judged_at_a_time_and_more_are_told_to_wait(
    sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing
) -> None:
    running, go = asyncio.Semaphore(0), asyncio.Event()

    async def slow(pdf: bytes, password: str | None) -> DocumentReport:
        running.release()
        await go.wait()
        return await sealing.verify(pdf, password)

    async with registries_of(clock, switchboard) as registries:
        world = World(sqlite_storage, clock, registries, switchboard, root_keys=sealing.root_keys)
        await world.settle()
        door = await open_door(world, signing_keys=sealing.signing_keys, verify=slow, assets=sealing.assets)
    settings: dict[str, Any] = {"content": b"%PDF-1.7", "headers": {"content-type": "application/pdf"}}
    async with door.http:
        judged_now = [asyncio.create_task(door.http.post("/verify", **settings)) for _ in range(2)]
        for _ in judged_now:
            await running.acquire()
        refused = await door.http.post("/verify", **settings)
        assert (refused.status_code, refused.json()["code"]) == (503, "EXC-20")
        go.set()
        assert [(await answer).status_code for answer in judged_now] == [200, 200]
        assert (await door.http.post("/verify", **settings)).status_code == 200


async def test_the_door_itself_leads_people_to_what_they_can_do(sealing_door: Door) -> None:
    answer = await sealing_door.http.get("/", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/verify")


async def test_roots_and_the_certificates_of_seals_are_published(door: Door, sealing: Sealing) -> None:
    trust = sealing.trust
    for name, content in (("seals", trust.seals), ("root", trust.root), ("tsa-root", trust.tsa_root)):
        answer = await door.http.get(f"/verify/{name}.pem")
        assert answer.headers["content-type"] == "application/pem-certificate-chain"
        assert answer.content == content


async def test_what_owners_papers_in_a_document_say_is_on_the_page_and_in_the_answer(
    sqlite_storage: Storage, clock: FrozenClock, switchboard: Switchboard, sealing: Sealing
) -> None:
    paper = AttachedPaper("certificate.pdf", "ลงลายมือชื่อดิจิทัลโดย ก <b>", "signed by <b>")

    async def with_paper(pdf: bytes, password: str | None) -> DocumentReport:
        return DocumentReport(Reason.WHOLE, papers=(paper,))

    async with registries_of(clock, switchboard) as registries:
        world = World(sqlite_storage, clock, registries, switchboard, root_keys=sealing.root_keys)
        await world.settle()
        door = await open_door(world, signing_keys=sealing.signing_keys, verify=with_paper, assets=sealing.assets)
    async with door.http:
        page = await judged(door, b"%PDF-1.7")
        assert page.get_element_by_id("papers").text_content().split() == ["certificate.pdf", "signed", "by", "<b>"]
        answer = await door.http.post("/verify", content=b"%PDF-1.7", headers={"content-type": "application/pdf"})
        assert answer.json()["papers"] == [
            {"file": "certificate.pdf", "said": "signed by <b>", "said_th": paper.said_th}
        ]
