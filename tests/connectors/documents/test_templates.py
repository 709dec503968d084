"""Every template: what other programs read out of it is what was put in, and its structure is there for all readers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contracts.documents import DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.contracts.thai_dates import thai_digits
from connectors.documents.render import NO_PAGES, TEMPLATES, Renderer
from connectors.documents.wording import figures, in_thai_digits, worded
from connectors.fictitious import hard_cases
from tests.connectors.documents.examples import NAMES, PLACES, document_request
from tests.connectors.documents.extracts import (
    OFFICER,
    PEOPLE,
    address_paper,
    card_paper,
    company_paper,
    financials_paper,
    house_paper,
    names_paper,
    person_paper,
    shareholders_paper,
)
from tests.connectors.documents.papers import LETTERS, every_paper, letter_paper
from tests.connectors.documents.test_rendering import pdfium_text, poppler_text, render, without_spaces

PAPERS = dict(every_paper())
PLAIN = {"letter", "order", "officers", "places"}
"""Without a code: nothing can be verified of them."""
SIGNED_IN_INK = PLAIN | {"request_form"}


@pytest.fixture(scope="module")
def renderer(fonts_dir: Path) -> Renderer:
    return Renderer(fonts_dir=fonts_dir)


@pytest.fixture(scope="module")
def rendered(renderer: Renderer) -> dict[str, bytes]:
    """Each of the papers, set once."""
    return {template: render(renderer, request) for template, request in PAPERS.items()}


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from texts_of(one)
        case list():
            for one in value:
                yield from texts_of(one)


def printed_values(request: DocumentRequest) -> set[str]:
    """What the page says of the record's fields."""
    record = worded(json.loads(request.data_json), request.template)
    return {line for text in texts_of(record["fields"]) for line in text.splitlines() if line}


def lacking(request: DocumentRequest, pdf: bytes) -> dict[str, list[str]]:
    """The values that a reader does not give back, letter by letter; a value may be broken over lines at a space."""
    values = printed_values(request)
    read = {"poppler": without_spaces(poppler_text(pdf)), "pdfium": without_spaces(pdfium_text(pdf))}
    return {
        name: missing
        for name, text in read.items()
        if (missing := [value for value in values if without_spaces(value) not in text])
    }


def test_every_template_has_a_paper_here() -> None:
    assert PAPERS.keys() == {path.stem for path in TEMPLATES.glob("*.typ")} - NO_PAGES


@pytest.mark.parametrize("template", PAPERS)
def test_every_value_is_read_back_exactly(rendered: dict[str, bytes], template: str) -> None:
    assert lacking(PAPERS[template], rendered[template]) == {}


@pytest.mark.parametrize("key", PEOPLE)
def test_every_person_is_read_back_exactly(renderer: Renderer, key: str) -> None:
    person = PEOPLE[key]
    paper = person_paper(person)
    pdf = render(renderer, paper)
    assert lacking(paper, pdf) == {}
    name = person.name_th.full()
    assert any(line.endswith(name) for line in poppler_text(pdf).splitlines())  # on one line, spaces and all
    for other in (card_paper(person), address_paper(person), names_paper(person)):
        assert lacking(other, render(renderer, other)) == {}


@pytest.mark.parametrize("key", ["partnership", "former_number", "signing_11"])
def test_every_company_is_read_back_exactly(renderer: Renderer, key: str) -> None:
    company = hard_cases.COMPANIES[key]
    for request in (company_paper(company), financials_paper(company, years=5), shareholders_paper(company)):
        assert lacking(request, render(renderer, request)) == {}


@pytest.mark.parametrize("house", hard_cases.HOUSES[-2:], ids=["one", "crowd"])
@pytest.mark.parametrize("with_rows", [True, False])
def test_every_house_is_read_back_exactly(renderer: Renderer, house: Any, with_rows: bool) -> None:
    request = house_paper(house, with_rows=with_rows)
    assert lacking(request, render(renderer, request)) == {}


# structure ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Element:
    """An element of the structure tree."""

    kind: str
    alt: str
    language: str


def structure_of(pdf: bytes) -> list[Element]:
    """The elements of the structure tree, in reading order."""
    found: list[Element] = []

    def walk(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Array):
            for one in node:
                walk(one)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            found.append(Element(str(node.S), str(node.get("/Alt", "")), str(node.get("/Lang", ""))))
            if "/K" in node:
                walk(node.K)

    with pikepdf.open(BytesIO(pdf)) as document:
        walk(document.Root.StructTreeRoot.K)
    return found


def kinds(elements: list[Element]) -> list[str]:
    return [element.kind for element in elements]


@pytest.mark.parametrize("template", PAPERS)
def test_headings_tables_and_pictures_are_told_to_screen_readers(rendered: dict[str, bytes], template: str) -> None:
    request = PAPERS[template]
    elements = structure_of(rendered[template])
    names = kinds(elements)
    assert names.count("/H1") == 1
    headings = [name for name in names if name in {"/H1", "/H2", "/H3"}]
    assert headings[0] == "/H1"
    columns = [label["columns"] for label in request.data["labels"].values() if "columns" in label]
    lists = [value for value in request.data["fields"].values() if isinstance(value, list) and value]
    has_table = any(isinstance(value[0], dict) for value in lists) and template != "company"
    assert ("/Table" in names) == ((bool(columns) or template in {"officers", "places"}) and has_table)
    assert ("/TH" in names) == ("/Table" in names)
    pictures = [element for element in elements if element.kind == "/Figure"]
    assert all(picture.alt for picture in pictures)
    assert len(pictures) == (0 if template in PLAIN else 2 if template in {"card", "financials"} else 1)
    languages = {element.language.lower()[:2] for element in elements}
    assert template in {"letter", "order"} or "en" in languages


def test_the_chart_says_in_words_what_it_shows(renderer: Renderer) -> None:
    request = financials_paper(hard_cases.COMPANIES["signing_8"])
    alts = [element.alt for element in structure_of(render(renderer, request))]
    chart = next(alt for alt in alts if alt.startswith("แผนภูมิแท่ง"))
    for year in request.data["fields"]["years"]:
        assert f"ปี {year} รายได้รวม" in chart


AMOUNT = st.decimals(min_value=-(10**13), max_value=10**13, places=2).map(str)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(AMOUNT, AMOUNT) | st.just(("", "n/a")), max_size=6))
def test_statements_of_any_years_are_set(renderer: Renderer, amounts: list[tuple[str, str]]) -> None:
    request = financials_paper(hard_cases.COMPANIES["signing_8"])
    row = request.data["fields"]["statements"][0]
    rows = [
        row | {"year": str(2568 - place), "total_revenue": revenue, "net_profit": profit}
        for place, (revenue, profit) in enumerate(amounts)
    ]
    fields = request.data["fields"] | {"statements": rows, "years": [one["year"] for one in rows]}
    data = request.data | {"fields": fields}
    assert render(renderer, replace(request, data=data, data_json=json.dumps(data).encode())).startswith(b"%PDF")


# tables ---------------------------------------------------------------------------------------------------------------

ROWS = {
    "sequence": {"th": "ลำดับ", "en": "No."},
    "name": {"th": "ชื่อ", "en": "Name"},
    "note": {"th": "หมายเหตุ", "en": "Note"},
}
WORDS = (
    *" ".join((*NAMES, *PLACES)).split(),
    "Wwwwwwwwwwwwwwwwwwwwwww",
    "Co.,",
    "12-3-45",
    "1,000",
    "งบการเงินประจำปีงบประมาณ",
)
CELL = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(ROWS, CELL)), min_size=1, max_size=3))
def test_no_line_of_a_table_stands_on_another(renderer: Renderer, rows: list[dict[str, str]]) -> None:
    """Rows whose height is fixed beforehand are those that need one line."""
    request = document_request("record", {"rows": rows})
    data = {**request.data, "labels": {"rows": {"th": "รายการ", "en": "Rows", "columns": ROWS}}}
    request = replace(request, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())
    pdf = render(renderer, request)
    for name, text in (("poppler", poppler_text(pdf)), ("pdfium", pdfium_text(pdf))):
        squeezed = without_spaces(text)
        for row in rows:
            for value in row.values():
                assert without_spaces(value) in squeezed, name


def test_a_long_list_is_one_table_whose_head_stands_on_every_page(renderer: Renderer) -> None:
    request = shareholders_paper(hard_cases.COMPANIES["many_holders"], most=200)
    pdf = render(renderer, request)
    names = kinds(structure_of(pdf))
    assert names.count("/Table") == 1
    assert names.count("/TH") == 4
    assert names.count("/TR") == 201
    with pikepdf.open(BytesIO(pdf)) as document:
        pages = len(document.pages)
    assert poppler_text(pdf).count("Occupation") in {pages, pages - 1}  # the seal may stand on a page of its own


# what is not the record's ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["person", "house", "company", "shareholders"])
def test_an_officers_copy_says_on_every_page_who_printed_it(renderer: Renderer, template: str) -> None:
    request = replace(PAPERS[template], printed_by=OFFICER)
    pdf = render(renderer, request)
    text = poppler_text(pdf)
    with pikepdf.open(BytesIO(pdf)) as document:
        pages = len(document.pages)
    assert text.count("พิมพ์โดย นางสาวพิมพ์ใจ ตัวอย่างศรี") == pages
    for said in (OFFICER.position, OFFICER.unit, "ขอรับรองว่าพิมพ์จากระบบเชื่อมโยงข้อมูลโดยตรง", "เท่านั้น", request.case_no):
        assert said in text
    assert lacking(request, pdf) == {}


def test_only_an_officers_copy_has_the_block_for_officers(rendered: dict[str, bytes]) -> None:
    assert "ขอรับรองว่า" not in poppler_text(rendered["person"])


@pytest.mark.parametrize("template", sorted(PAPERS.keys() - SIGNED_IN_INK - {"slip", "consent_receipt"}))
def test_an_extract_says_that_it_is_no_paper_of_the_registrar(rendered: dict[str, bytes], template: str) -> None:
    text = poppler_text(rendered[template])
    said = ("not a document issued by the registrar", "not data of the population registry", "holds none of your data",
            "were disclosed are not in it", "nobody who was looked up is in it")  # fmt: skip
    assert any(one in text for one in said)


def test_the_photo_is_in_the_picture_of_the_card_alone(renderer: Renderer) -> None:
    request = card_paper(PEOPLE["somchai"])
    pdf = render(renderer, request)
    assert request.photo is not None
    with pikepdf.open(BytesIO(pdf)) as document:
        streams = [item for item in document.objects if isinstance(item, pikepdf.Stream)]
        pictures = [bytes(item.read_raw_bytes()) for item in streams if item.get("/Filter") == "/DCTDecode"]
        assert pictures == [request.photo]  # the very bytes of the chip
        attached = b"".join(document.attachments[name].get_file().read_bytes() for name in document.attachments)
    assert request.photo not in attached
    alts = [element.alt for element in structure_of(pdf)]
    assert "ภาพถ่ายของผู้ถือบัตร อ่านจากบัตร" in alts


@pytest.mark.parametrize("template", sorted(PAPERS.keys() - {"card"}))
def test_a_photo_is_printed_nowhere_else(renderer: Renderer, template: str) -> None:
    with pytest.raises(DocumentError, match="nowhere else"):
        render(renderer, replace(PAPERS[template], photo=PAPERS["card"].photo))


@pytest.mark.parametrize(
    "photo", [b"", b"GIF89a", b"\xff\xd8\xff", b"\xff\xd8\xff" + bytes(200_000), b"\xff\xd8\xff" * 9]
)
def test_what_is_no_photo_of_a_card_is_refused(renderer: Renderer, photo: bytes) -> None:
    with pytest.raises(DocumentError):
        render(renderer, replace(PAPERS["card"], photo=photo))


@pytest.mark.parametrize("kind", LETTERS)
def test_a_letter_has_thai_digits_but_in_what_is_typed(renderer: Renderer, kind: str) -> None:
    text = poppler_text(render(renderer, letter_paper(kind)))
    assert "๒๒ พฤศจิกายน ๒๕๖๙" in text
    assert "ปน ๐๑๒๓/๔๕๖" in text
    assert "contact@waterworks.example" in text
    assert letter_paper(kind).document_id in text  # as it is to be typed
    assert "ลงลายมือชื่อดิจิทัล" not in text


# wording --------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_thai_digits_change_nothing_else(text: str) -> None:
    assert thai_digits(in_thai_digits(text)) == thai_digits(text)


@given(st.integers(-(10**40) + 1, 10**40 - 1), st.text("0123456789", max_size=6))
def test_figures_lose_no_digit(whole: int, fraction: str) -> None:
    value = f"{whole}.{fraction}" if fraction else str(whole)
    assert figures(value).replace(",", "") == value


@pytest.mark.parametrize("value", ["", "-", "0012", "1e9", "๑๒", "1,000", " 1", "1" * 5000, "١٢"])
def test_what_is_no_plain_number_stays_as_it_came(value: str) -> None:
    assert figures(value) == value
