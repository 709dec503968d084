"""Rendered pages as other programs read them: text, structure, standards."""

import json
import subprocess
import unicodedata
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contracts.documents import Delivery, DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.documents.render import Renderer
from tests.connectors.documents.examples import COMPANY, NAMES, PERSON, PLACES, document_request


@pytest.fixture(scope="module")
def renderer(fonts_dir: Path) -> Renderer:
    return Renderer(fonts_dir=fonts_dir)


def render(renderer: Renderer, request: DocumentRequest, delivery: Delivery = Delivery.SEALED) -> bytes:
    return renderer.render(request, delivery=delivery, seal_name="ตราประทับ (สาธิต)")


def poppler_text(pdf: bytes) -> str:
    command = ["pdftotext", "-raw", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def pdfium_text(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return "\n".join(pages).replace("\r\n", "\n")


def test_every_thai_name_and_place_is_copied_out_exactly(renderer: Renderer) -> None:
    fields = {f"field_{number}": value for number, value in enumerate((*NAMES, *PLACES))}
    pdf = render(renderer, document_request("address", fields))
    lines = poppler_text(pdf).splitlines()
    assert [value for value in fields.values() if not any(line.endswith(value) for line in lines)] == []
    # pdfium leaves out a space that stands alone in its text run; every letter and mark is there, in order
    letters = without_spaces(pdfium_text(pdf))
    assert [value for value in fields.values() if without_spaces(value) not in letters] == []


@pytest.mark.parametrize("name", ["นายกิตติพงษ์ ศรีสุวรรณ์", "บริษัท เศรษฐีภาษี จำกัด", "กรมผู้ใหญ่ฝั่งน้ำ ทั้งสิ้น", "เฟื้อ ปื่น ญาติ ฐานฐู"])
def test_bold_names_are_copied_out_exactly_too(renderer: Renderer, name: str) -> None:
    text = poppler_text(render(renderer, document_request("person", PERSON, agency_name=name)))
    assert name in text.splitlines()


def test_every_particular_is_on_the_page(renderer: Renderer) -> None:
    request = document_request("person", PERSON)
    text = poppler_text(render(renderer, request))
    for value in (
        request.title_th, request.title_en, request.document_id, request.agency_name, request.case_no, request.source,
        request.audit_entry_id, "เจ้าของข้อมูลยื่นบัตรประจำตัวประชาชน", "22 พฤศจิกายน พ.ศ. 2569 เวลา 17.05 น.",
        "ใช้เพื่อขอติดตั้งมาตรน้ำประปา เท่านั้น", "หน้า 1 / 1", "ลงลายมือชื่อดิจิทัลโดย ตราประทับ (สาธิต)",
        *(value for value in PERSON.values() if value),
    ):  # fmt: skip
        assert value in text


def test_a_company_is_told_in_numbered_statements_with_the_capital_in_words(renderer: Renderer) -> None:
    text = poppler_text(render(renderer, document_request("company", COMPANY)))
    assert "1,000,000.00 บาท (หนึ่งล้านบาทถ้วน)" in text
    assert "250,000.50 บาท (สองแสนห้าหมื่นบาทห้าสิบสตางค์)" in text
    assert "มี 2 ข้อ ตามเอกสารแนบท้ายของนายทะเบียน 1 แผ่น" in text
    for value in (*(director["name"] for director in COMPANY["directors"]), *COMPANY["objectives"], COMPANY["name_en"]):
        assert value in text


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.sets(st.sampled_from(sorted(COMPANY))))
def test_a_company_page_copes_with_any_subset_of_fields(renderer: Renderer, names: set[str]) -> None:
    granted = {name: value for name, value in COMPANY.items() if name in names}
    text = pdfium_text(render(renderer, document_request("company", granted)))
    assert ("PHUYAI PAMPOE" in text) == ("name_en" in names)
    assert ("หนึ่งล้านบาทถ้วน" in text) == ("registered_capital" in names)


def without_spaces(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("template", ["person", "address", "company"])
def test_markup_in_a_value_is_text(renderer: Renderer, template: str) -> None:
    trap = '#panic("x") *bold* $x$ @label <label> `raw` \\ // comment'
    assert '#panic("x") *bold* $x$' in pdfium_text(render(renderer, document_request(template, {"name_th": trap})))


def test_a_long_run_of_letters_stays_on_the_page(renderer: Renderer) -> None:
    pdf = render(renderer, document_request("person", {"name_th": "กขค" * 60, "name_en": "W" * 300}))
    document = pypdfium2.PdfDocument(pdf)
    page = document[0].get_textpage()
    rights = [page.get_charbox(index)[2] for index in range(page.count_chars())]
    document.close()
    assert max(rights) < 595 - 50  # A4 less the margin, points


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize(("template", "fields"), [("person", PERSON), ("company", COMPANY)])
def test_the_same_request_gives_the_same_bytes(
    renderer: Renderer, fonts_dir: Path, template: str, fields: dict[str, object], delivery: Delivery
) -> None:
    request = document_request(template, fields)
    first = render(renderer, request, delivery)
    assert render(renderer, request, delivery) == first
    assert render(Renderer(fonts_dir=fonts_dir), request, delivery) == first


def test_what_pdf_a_and_pdf_ua_ask_for_is_there(renderer: Renderer) -> None:
    """ISO 19005-3 and ISO 14289-1, as far as can be read from the file (facts/secured-pdf, section 4)."""
    request = document_request("company", COMPANY)
    pdf = render(renderer, request)
    assert pdf.endswith(b"%%EOF\n")
    with pikepdf.open(BytesIO(pdf)) as document:
        root = document.Root
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["pdfuaid:part"] == "1"
        assert "/ID" in document.trailer
        assert "/Encrypt" not in document.trailer
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        assert root.MarkInfo.Marked
        assert str(root.Lang).lower().startswith("th")
        assert root.ViewerPreferences.DisplayDocTitle
        (attached,) = (named for named in root.AF if str(named.F) == "data.json")
        assert (str(attached.AFRelationship), str(attached.EF.F.Subtype)) == ("/Source", "/application/json")
        assert attached.EF.F.read_bytes() == request.data_json
        assert bytes(document.attachments["data.json"].get_file().read_bytes()) == request.data_json
        fonts = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/FontName" in item]
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)
        composites = [
            item for item in document.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Type0"
        ]  # fmt: skip
        assert composites
        assert all("/ToUnicode" in font for font in composites)


def test_what_will_be_encrypted_does_not_claim_to_be_pdf_a(renderer: Renderer) -> None:
    pdf = render(renderer, document_request("person", PERSON), Delivery.PASSWORD)
    with pikepdf.open(BytesIO(pdf)) as document, document.open_metadata() as metadata:
        assert "pdfaid:part" not in metadata
        assert metadata["pdfuaid:part"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"template": "base"},
        {"template": "../typst/person"},
        {"template": "absent"},
        {"data_json": b"{"},
        {"data_json": b"\xff"},
        {"data_json": b'{"fields": {}, "labels": {}}'},
        {"data_json": b"[]", "data": []},
        {"data_json": b"{}", "data": {}},
        {"verify_url": "x" * 4000},
    ],
)
def test_an_unfit_request_is_refused(renderer: Renderer, changes: dict[str, object]) -> None:
    with pytest.raises(DocumentError):
        render(renderer, replace(document_request("person", PERSON), **changes))


FOREIGN_NAMES = {
    "chinese": ("王小明", "[U+738B][U+5C0F][U+660E]"),
    "burmese": ("အောင်", "[U+1021][U+1031][U+102C][U+1004][U+103A]"),
    "lao": ("ສົມ", "[U+0EAA][U+0EBB][U+0EA1]"),
    "khmer": ("សុខ", "[U+179F][U+17BB][U+1781]"),
    "turned around": ("Anna\u202etset", "Anna[U+202E]tset"),
    "a control character": ("Anna\x07", "Anna[U+0007]"),
    "a byte order mark": ("Anna\ufeff", "Anna[U+FEFF]"),
}


@pytest.mark.parametrize(("name", "printed"), FOREIGN_NAMES.values(), ids=FOREIGN_NAMES)
def test_letters_the_typeface_lacks_are_printed_as_their_numbers(renderer: Renderer, name: str, printed: str) -> None:
    request = replace(document_request("record", {"name_th": f"นาย{name}"}), case_no=name, agency_name=f"สำนัก{name}")
    pdf = render(renderer, request)
    text = without_spaces(pdfium_text(pdf))
    assert f"นาย{printed}" in text
    assert text.count(printed) == 3
    # the reader is told, and the attached record has the letters themselves
    assert "printedastheirUnicodenumber" in text
    with pikepdf.open(BytesIO(pdf)) as document:
        assert (
            json.loads(document.attachments["data.json"].get_file().read_bytes())["fields"]["name_th"] == f"นาย{name}"
        )


@pytest.mark.parametrize("name", ["Иван Щербаков", "Αθηνά Ἑλένη", "Ƙano"])
def test_letters_of_the_second_typeface_are_printed(renderer: Renderer, name: str) -> None:
    pdf = render(renderer, document_request("person", {"name_th": name}, agency_name=name))
    for text in (poppler_text(pdf), pdfium_text(pdf)):
        assert without_spaces(text).count(without_spaces(name)) == 2


@pytest.mark.parametrize(
    "name", ["Nguyễn Văn Đức", "Dvořák Šňůra", "Çağlar Şimşek", "Søren Åse Łódź", "e\u0301a", "\u1e69"]
)
def test_latin_letters_with_marks_are_printed_as_they_are(renderer: Renderer, name: str) -> None:
    text = pdfium_text(render(renderer, document_request("record", {"name_th": name})))
    assert unicodedata.normalize("NFC", without_spaces(name)) in unicodedata.normalize("NFC", without_spaces(text))
    assert "[U+" not in text
    assert "Unicode" not in text


def test_without_its_typeface_nothing_is_rendered(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="typeface"):
        Renderer(fonts_dir=tmp_path)


def test_any_complaint_of_the_typesetter_is_a_refusal(fonts_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "careless.typ").write_text('#set text(font: "Absent")\nx', "utf-8")
    renderer = Renderer(templates_dir=tmp_path, fonts_dir=fonts_dir)
    with pytest.raises(DocumentError, match="careless"):
        render(renderer, replace(document_request("careless", PERSON)))


def test_the_record_is_attached_byte_for_byte(renderer: Renderer) -> None:
    plain = document_request("person", PERSON)
    spaced = replace(plain, data_json=json.dumps(plain.data, indent=3).encode() + b"\n")
    with pikepdf.open(BytesIO(render(renderer, spaced))) as document:
        assert document.attachments["data.json"].get_file().read_bytes() == spaced.data_json
