"""Values that somebody put into a register, or an officer into a form, to make a page say what it does not."""

import itertools
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from connectors.contracts.documents import DocumentRequest
from connectors.documents.render import Renderer
from tests.connectors.documents.extracts import OFFICER
from tests.connectors.documents.papers import every_paper
from tests.connectors.documents.test_rendering import pdfium_text, poppler_text, render, without_spaces

PAPERS = dict(every_paper())
A4_WIDTH = 596
"""Points, rounded up."""
LONG = "สมชาย" * 2000
HOSTILE = (
    '#panic("x") *b* $x$ <l> @l `r` \\ // /* \\u{41}',
    "Anna\u202egnorw\u202c",
    "\u2066a\u2069",
    "a\x00\x07\x1bb\x7f",
    "\r\n\t",
    ']) #read("/etc/passwd")',
    "'\"><script>",
    "\ufeffก",
    "ก\u200bข",
    "\ud7ff\ue000\U0010ffff",
    "\ufdfd",
    "\U0001f468\u200d\U0001f469",
)
PARTICULARS = ("agency_name", "agency_name_en", "purpose", "purpose_en", "case_no", "source")


@pytest.fixture(scope="module")
def renderer(fonts_dir: Path) -> Renderer:
    return Renderer(fonts_dir=fonts_dir)


def with_fields(request: DocumentRequest, fields: dict[str, Any]) -> DocumentRequest:
    data = {**request.data, "fields": fields}
    return replace(request, data=data, data_json=json.dumps(data).encode())


@pytest.mark.parametrize("template", PAPERS)
def test_hostile_values_are_text_in_every_template(renderer: Renderer, template: str) -> None:
    request, places = PAPERS[template], itertools.count(len(template))

    def poisoned(value: Any) -> Any:
        match value:
            case str():
                return HOSTILE[next(places) % len(HOSTILE)]
            case dict():
                return {name: poisoned(one) for name, one in value.items()}
            case _:
                return [poisoned(one) for one in value][:12]

    request = with_fields(request, poisoned(request.data["fields"]))
    pdf = render(renderer, request)
    with pikepdf.open(BytesIO(pdf)) as document:
        assert json.loads(document.attachments["data.json"].get_file().read_bytes()) == request.data
        assert "/JavaScript" not in document.Root.get("/Names", {})
        assert "/OpenAction" not in document.Root
    assert not any(hidden in pdfium_text(pdf) for hidden in "\u202e\u2066\x00\x07\x1b")


@pytest.mark.parametrize("value", ["".join(HOSTILE), "x" * 10_000, LONG], ids=["all", "latin", "thai"])
def test_hostile_particulars_are_text_and_stay_on_the_page(renderer: Renderer, value: str) -> None:
    document = pypdfium2.PdfDocument(render(renderer, replace(PAPERS["person"], **dict.fromkeys(PARTICULARS, value))))
    try:
        for page in document:
            text = page.get_textpage()
            boxes = [text.get_charbox(place) for place in range(0, text.count_chars(), 7)]
            assert all(left >= 0 and right <= A4_WIDTH and bottom >= 0 for left, bottom, right, _ in boxes)
    finally:
        document.close()


def test_an_officers_long_name_stays_on_the_page(renderer: Renderer) -> None:
    officer = replace(OFFICER, name=LONG, position="x" * 10_000, unit=LONG)
    pdf = render(renderer, replace(PAPERS["person"], printed_by=officer))
    assert "หน้า 1 /" in poppler_text(pdf)


@pytest.mark.parametrize("name", [LONG, "x" * 10_000], ids=["thai", "latin"])
def test_a_name_of_ten_thousand_letters_is_printed_whole(renderer: Renderer, name: str) -> None:
    person = PAPERS["person"]
    pdf = render(renderer, with_fields(person, {**person.data["fields"], "name_th": name}))
    text = without_spaces(poppler_text(pdf))
    assert text.count(name[:5]) * 5 >= len(name) - 5 * text.count("หน้า")  # but where a page ends within it


def test_a_long_name_in_a_list_is_printed_whole_beside_its_number(renderer: Renderer) -> None:
    holders = PAPERS["shareholders"].data["fields"]["holders"][:4]
    long = [holders[0], {**holders[1], "name": "นาย" + "สมชาย " * 60}, *holders[2:]]
    fields = {**PAPERS["shareholders"].data["fields"], "holders": long}
    text = without_spaces(poppler_text(render(renderer, with_fields(PAPERS["shareholders"], fields))))
    assert text.count("สมชาย") == 60
    assert all(without_spaces(row["name"]) in text for row in (long[0], *long[2:]))
