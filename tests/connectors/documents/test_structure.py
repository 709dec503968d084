"""What a file must be for archives (ISO 19005-3, level A) and for screen readers (ISO 14289-1), template by template.

No validator of either standard can be had from the registries that the project uses; these are the rules that a change
of a template could break (facts/secured-pdf, section 4).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf
import pytest

from connectors.contracts.documents import Delivery, Exhibit
from connectors.documents.exhibits import attach_exhibits
from connectors.documents.imprint import imprint
from connectors.documents.render import Renderer
from connectors.simulators.papers import sample_page, sample_pdf
from idp.catalogue.datasets import DATASETS
from tests.connectors.documents.examples import ISSUED_AT
from tests.connectors.documents.papers import every_paper
from tests.connectors.documents.test_rendering import pdfium_text, poppler_text, render, renderer

__all__ = ["renderer"]

PAPERS = dict(every_paper())
SEALED_BY = "ตราประทับ (สาธิต)"
EXHIBITS = (
    Exhibit("paper.pdf", "application/pdf", sample_pdf("paper", "1" * 13, 2)),
    *(Exhibit(f"page-{one}.jpg", "image/jpeg", sample_page("page", "1" * 13, one)) for one in (1, 2)),
)
UNSEALED = {"letter", "request_form", "order", "officers", "places"}
"""Forms to be signed in ink: they announce no seal."""


@pytest.fixture(scope="module")
def files(renderer: Renderer) -> dict[str, bytes]:
    """Every template as it is before it is signed, and an extract with the owner's papers."""
    made = {}
    for name, request in PAPERS.items():
        made[name] = imprint(renderer.render(request, delivery=Delivery.SEALED, seal_name=SEALED_BY), request)[0]
    with_papers = replace(PAPERS["memorandum"], exhibits=EXHIBITS)
    pdf = imprint(renderer.render(with_papers, delivery=Delivery.SEALED, seal_name=SEALED_BY), with_papers)[0]
    made["with papers"] = attach_exhibits(pdf, EXHIBITS, at=ISSUED_AT)[0]
    return made


NAMES = [*PAPERS, "with papers"]


def elements(node: Any) -> Iterator[pikepdf.Dictionary]:
    """Every structure element, in reading order."""
    if isinstance(node, pikepdf.Array):
        for child in node:
            yield from elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from elements(node.get("/K", pikepdf.Array()))


@pytest.mark.parametrize("name", NAMES)
def test_it_says_that_it_is_pdf_a_3a_and_pdf_ua_1(files: dict[str, bytes], name: str) -> None:
    pdf = files[name]
    assert pdf.startswith(b"%PDF-1.7\n")
    assert pdf.endswith(b"%%EOF\n"), "what signing appends begins on a new line (ISO 19005-3, 6.1.9)"
    with pikepdf.open(BytesIO(pdf)) as document:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"]
        root = document.Root
        assert "/Encrypt" not in document.trailer
        assert len(document.trailer.ID) == 2
        assert [str(one.S) for one in root.OutputIntents] == ["/GTS_PDFA1"]
        assert "/DestOutputProfile" in root.OutputIntents[0]
        assert root.MarkInfo.Marked is True
        assert str(root.Lang) == "th-TH"
        assert root.ViewerPreferences.DisplayDocTitle is True
        # ISO 19005-3 section 6.5.1, 6.6.1: no actions, no scripts, nothing that looks otherwise elsewhere
        assert not {"/OpenAction", "/AA", "/NeedsRendering"} & set(root.keys())
        assert "/JavaScript" not in root.get("/Names", {})
        assert all("/Annots" not in page or not list(page.Annots) for page in document.pages)


@pytest.mark.parametrize("name", NAMES)
def test_every_attachment_has_its_kind_and_its_relationship(files: dict[str, bytes], name: str) -> None:
    with pikepdf.open(BytesIO(files[name])) as document:
        named = {str(one.F): one for one in document.Root.AF}
        assert set(named) == set(document.attachments)
        for file in named.values():
            assert str(file.AFRelationship) in {"/Source", "/Alternative"}
            assert "/UF" in file
            assert "/Subtype" in file.EF.F
            assert "/ModDate" in file.EF.F.Params
            assert str(file.get("/Desc", ""))


@pytest.mark.parametrize("name", NAMES)
def test_every_typeface_is_inside_and_tells_its_letters(files: dict[str, bytes], name: str) -> None:
    with pikepdf.open(BytesIO(files[name])) as document:
        fonts = [one for one in document.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"]
        assert fonts
        for font in fonts:
            if font.Subtype == "/Type0":
                assert "/ToUnicode" in font
            else:
                assert {"/FontFile2", "/FontFile3"} & set(font.FontDescriptor.keys())


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_seen_is_in_the_structure(files: dict[str, bytes], name: str) -> None:
    with pikepdf.open(BytesIO(files[name])) as document:
        tree = document.Root.StructTreeRoot
        found = list(elements(tree.K))
        kinds = [str(one.S) for one in found]
        parents = dict(zip(list(tree.ParentTree.Nums)[::2], list(tree.ParentTree.Nums)[1::2], strict=True))
        for page in document.pages:
            assert page.Tabs == "/S"
            assert int(page.StructParents) in parents
            assert_all_marked(page)
    assert kinds.count("/H1") == 1
    headings = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H[1-6]", kind)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(headings))
    for one in found:
        if one.S == "/Figure":
            assert str(one.get("/Alt", "")), "a picture says what it shows"
        if one.S == "/TH":
            attributes = one.A if isinstance(one.A, pikepdf.Array) else [one.A]
            assert any(str(each.get("/Scope", "")) in {"/Column", "/Row", "/Both"} for each in attributes)
        if one.S == "/Table":
            assert "/TH" in [str(each.S) for each in elements(one.K)]


def assert_all_marked(page: pikepdf.Page) -> None:
    """ISO 14289-1 section 7.1: content is either a tagged part of the structure or an artifact."""
    depth = 0
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC" | "BMC":
                depth += 1
            case "EMC":
                depth -= 1
            case "Tj" | "TJ" | "'" | '"' | "Do" | "f" | "f*" | "S" | "B":
                assert depth > 0, (str(operator), [str(one) for one in operands])


@pytest.mark.parametrize("name", sorted(PAPERS.keys() - UNSEALED))
def test_the_seal_stands_on_the_first_page_and_nowhere_else(renderer: Renderer, name: str) -> None:
    pages = poppler_text(render(renderer, PAPERS[name])).split("\f")
    told = ["Digitally sealed" in page for page in pages]
    assert told == [True, *[False] * (len(pages) - 1)]


def test_the_end_of_a_list_is_told_of_the_list_alone(renderer: Renderer) -> None:
    request = PAPERS["shareholders"]
    described = {"file_name": "list.pdf", "media_type": "application/pdf", "sha256": "0f" * 32}
    papers = {"list_paper": {"pages": "1"} | described, "list_pages": [{"page": "1"} | described]}
    known = {one.name: one.labels() for one in DATASETS["dbd.shareholders"].fields}
    data = {
        **request.data,
        "fields": request.data["fields"] | papers,
        "labels": request.data["labels"] | {name: known[name] for name in papers},
    }
    whole = replace(request, data=data, data_json=json.dumps(data, ensure_ascii=False).encode())
    text = pdfium_text(render(renderer, whole))
    assert "list.pdf" in text
    assert text.count("End of the list") == 1
