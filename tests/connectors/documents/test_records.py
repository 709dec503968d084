"""The page of any data set: lists and tables that break over pages, codes and money in words that people read."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contracts.documents import DocumentRequest, Exhibit, SealedDocument
from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import Verdict
from connectors.documents.exhibits import attach_exhibits
from connectors.documents.render import Renderer
from connectors.simulators.papers import sample_pdf
from tests.connectors.documents.conftest import RunningAuthority, Seal
from tests.connectors.documents.examples import ISSUED_AT, NAMES, document_request
from tests.connectors.documents.test_rendering import poppler_text, render
from tests.connectors.documents.test_verification import judge

PAPERS = tuple(
    Exhibit(f"{name}.pdf", "application/pdf", sample_pdf(name, "1" * 13, pages))
    for name, pages in (("memorandum", 4), ("objectives", 3))
)
COLUMN = {"th": "ชื่อ-นามสกุล", "en": "Name"}


@pytest.fixture(scope="module")
def renderer(fonts_dir: Path) -> Renderer:
    return Renderer(fonts_dir=fonts_dir)


def record_request(fields: dict[str, Any], labels: dict[str, Any], **changes: Any) -> DocumentRequest:
    request = document_request("record", fields, **changes)
    data = {**request.data, "labels": labels}
    return replace(request, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())


def table_of(rows: list[dict[str, str]], columns: dict[str, Any]) -> DocumentRequest:
    labels = {"others": {"th": "สมาชิกอื่นในบ้าน", "en": "Others", "columns": columns}}
    return record_request({"others": rows}, labels)


def test_a_table_breaks_over_pages_and_repeats_its_head(renderer: Renderer) -> None:
    rows = [{"name": f"{NAMES[place % len(NAMES)]} {place}"} for place in range(80)]
    pdf = render(renderer, table_of(rows, {"name": COLUMN}))
    with pikepdf.open(BytesIO(pdf)) as document:
        pages = len(document.pages)
    text = poppler_text(pdf)
    assert pages >= 2
    assert text.count("ชื่อ-นามสกุล") == pages
    lines = "".join(text.split())
    assert [row["name"] for row in rows if "".join(row["name"].split()) not in lines] == []


def test_a_wide_table_stands_on_its_side_with_a_column_for_each_row(renderer: Renderer) -> None:
    columns = {"year": {"th": "ปี พ.ศ.", "en": "Year"}} | {
        f"amount_{place}": {"th": f"รายการที่ {place}", "en": "Amount", "kind": "money"} for place in range(8)
    }
    rows = [{"year": year} | {f"amount_{place}": "-1234567.50" for place in range(8)} for year in ("2568", "2567")]
    text = poppler_text(render(renderer, table_of(rows, columns)))
    assert text.count("-1,234,567.50") == 16
    assert "2568 2567" in text


def test_codes_are_told_in_words_and_an_empty_list_is_told(renderer: Renderer) -> None:
    codes = {"yes": {"th": "ใช่", "en": "Yes"}}
    labels = {
        "is_alive": {"th": "มีชีวิตอยู่", "en": "Is alive", "codes": codes},
        "changes": {"th": "รายการเปลี่ยนชื่อ", "en": "Changes", "columns": {"name": COLUMN}},
    }
    text = poppler_text(render(renderer, record_request({"is_alive": "yes", "changes": []}, labels)))
    assert "ใช่ (Yes)" in text
    assert "ไม่มีรายการ" in text


@pytest.mark.parametrize("row", [{}, {"name": None}, {"name": 5}, "text", None])
def test_a_row_that_is_none_is_refused(renderer: Renderer, row: Any) -> None:
    with pytest.raises(DocumentError):
        render(renderer, table_of([{"name": "ก"}, row], {"name": COLUMN}))


@pytest.mark.parametrize("in_columns", [True, False])
def test_a_list_too_long_to_print_is_said_to_be_attached(renderer: Renderer, in_columns: bool) -> None:
    names = [f"นาย ก{number}" for number in range(5001)]
    request = table_of([{"name": name} for name in names], {"name": COLUMN})
    if not in_columns:
        request = record_request({"holders": names}, {"holders": COLUMN})
    pdf = render(renderer, request)
    assert "5001 entries, too many to print" in " ".join(poppler_text(pdf).split())
    with pikepdf.open(BytesIO(pdf)) as document:
        attached = document.attachments["data.json"].get_file().read_bytes()
    assert names[-1] in attached.decode()


def test_the_page_says_which_service_said_what_and_when(renderer: Renderer) -> None:
    request = record_request({"name_th": "ก", "sex": "ชาย"}, {"name_th": COLUMN, "sex": {"th": "เพศ", "en": "Sex"}})
    source = {
        "service": "X",
        "fields": {
            "name_th": {"service": "00023/007", "retrieved_at": "2026-11-22T10:05:00+00:00"},
            "sex": {"service": "00023/001", "retrieved_at": "2026-11-22T10:05:00+00:00"},
        },
    }
    data = {**request.data, "source": source}
    told = replace(request, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())
    text = " ".join(poppler_text(render(renderer, told)).split())
    assert "00023/007 · 22 พฤศจิกายน พ.ศ. 2569 เวลา 17.05 น. · ชื่อ-นามสกุล" in text
    source["fields"]["name_th"]["retrieved_at"] = "yesterday"
    bad = replace(request, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())
    with pytest.raises(DocumentError, match="when it was retrieved"):
        render(renderer, bad)


LABEL = st.fixed_dictionaries(
    {"th": st.just("ป้าย"), "en": st.just("Label")}, optional={"kind": st.sampled_from(["text", "number", "money"])}
)
TEXT = st.text(st.sampled_from("กขคงน้ำิาฐABCabc 0123456789.-#$*_[]@\\"), max_size=60)


@st.composite
def any_record(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    fields: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    for place in range(draw(st.integers(1, 4))):
        name = f"field_{place}"
        columns = draw(st.dictionaries(st.sampled_from([f"c{number}" for number in range(9)]), LABEL, max_size=9))
        row = st.fixed_dictionaries(dict.fromkeys(columns, TEXT))
        shapes = [TEXT, st.lists(TEXT, max_size=3)] if not columns else [row, st.lists(row, max_size=4)]
        fields[name] = draw(st.one_of(shapes))
        labels[name] = draw(LABEL) | ({"columns": columns} if columns else {})
    return fields, labels


@given(any_record())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_shape_of_record_is_set(renderer: Renderer, record: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert render(renderer, record_request(*record)).startswith(b"%PDF-")


def test_owners_papers_are_attached_whole_and_the_seal_covers_them(seal: Seal, running: RunningAuthority) -> None:
    sealed: SealedDocument = seal(record_request({"name_th": "ก"}, {"name_th": COLUMN}, exhibits=PAPERS))
    with pikepdf.open(BytesIO(sealed.pdf)) as document:
        for paper in PAPERS:
            assert bytes(document.attachments[paper.file_name].get_file().read_bytes()) == paper.data
        for named in document.Root.AF:
            is_xml = str(named.F) == "ContentInformation.xml"
            assert str(named.AFRelationship) == ("/Alternative" if is_xml else "/Source")
            assert "/ModDate" in named.EF.F.Params or str(named.F) in {"data.json", "ContentInformation.xml"}
            assert str(named.EF.F.Subtype) in {"/application/json", "/application/pdf", "/text/xml"}
        assert len(document.Root.AF) == 4
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
    assert judge(sealed.pdf, running).verdict is Verdict.VALID
    place = sealed.pdf.index(b"/memorandum") if b"/memorandum" in sealed.pdf else len(sealed.pdf) // 2
    broken = sealed.pdf[:place] + bytes([sealed.pdf[place] ^ 1]) + sealed.pdf[place + 1 :]
    assert judge(broken, running).verdict is not Verdict.VALID


def test_the_same_papers_make_the_same_file_and_none_takes_the_records_place(renderer: Renderer) -> None:
    pdf = render(renderer, record_request({"name_th": "ก"}, {"name_th": COLUMN}))
    assert attach_exhibits(pdf, PAPERS, at=ISSUED_AT) == attach_exhibits(pdf, PAPERS, at=ISSUED_AT)
    for names in ((PAPERS[0], PAPERS[0]), (replace(PAPERS[0], file_name="data.json"),)):
        with pytest.raises(DocumentError, match="one name"):
            attach_exhibits(pdf, names, at=ISSUED_AT)
