"""Papers of an agency that is to be connected: what is given is printed, what is not is left open."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from connectors.contracts.errors import DocumentError
from connectors.contracts.onboarding_papers import LetterHead, OfficerList, PersonOnPaper, RequestForm, SupervisorOrder
from connectors.documents.onboarding import request_for
from connectors.documents.typeset_papers import MOST_AT_ONCE, TypesetPapers
from tests.connectors.documents.examples import ISSUED_AT
from tests.connectors.documents.onboarding_examples import HEAD, NUMBER, ONBOARDING
from tests.connectors.documents.test_rendering import poppler_text, without_spaces
from tests.connectors.documents.test_templates import printed_values

pytestmark = pytest.mark.anyio


@pytest.fixture
def papers(fonts_dir: Path) -> TypesetPapers:
    return TypesetPapers(fonts_dir=fonts_dir, now=lambda: ISSUED_AT)


@pytest.mark.parametrize("kind", ONBOARDING)
async def test_what_is_given_is_printed_and_nothing_is_sealed(papers: TypesetPapers, kind: str, tmp_path: Path) -> None:
    pdf = await papers.render(ONBOARDING[kind])
    read = without_spaces(poppler_text(pdf))
    values = printed_values(request_for(ONBOARDING[kind], now=ISSUED_AT))
    assert [value for value in values if without_spaces(value) not in read] == []
    assert NUMBER in read
    (tmp_path / "paper.pdf").write_bytes(pdf)
    with pikepdf.open(tmp_path / "paper.pdf") as opened:
        assert "/AcroForm" not in opened.Root
        assert str(opened.docinfo["/Author"]) == HEAD.agency.name_th


@pytest.mark.parametrize("kind", sorted(ONBOARDING.keys() - {"form", "officers", "places"}))
async def test_number_and_day_of_a_letter_are_left_open_or_printed(papers: TypesetPapers, kind: str) -> None:
    paper = ONBOARDING[kind]
    assert not isinstance(paper, RequestForm)
    assert "พฤศจิกายน" not in poppler_text(await papers.render(paper))
    dated = replace(paper, head=replace(HEAD, number="ปน 0123/456", dated=date(2026, 11, 23)))
    text = poppler_text(await papers.render(dated))
    assert "ปน ๐๑๒๓/๔๕๖" in text
    assert "๒๓ พฤศจิกายน" in text


async def test_nobody_s_citizen_number_has_a_place_but_by_hand(papers: TypesetPapers) -> None:
    text = poppler_text(await papers.render(ONBOARDING["officers"]))
    assert "เลขประจำตัวประชาชน" in text
    assert "by hand" in text


async def test_who_is_not_known_yet_is_a_dotted_line(papers: TypesetPapers) -> None:
    head = LetterHead(HEAD.agency, PersonOnPaper(""), NUMBER)
    for paper in (SupervisorOrder(head, PersonOnPaper("")), OfficerList(head, ())):
        assert (await papers.render(paper)).startswith(b"%PDF-")


async def test_texts_past_any_paper_are_refused_at_once(papers: TypesetPapers) -> None:
    order = ONBOARDING["order"]
    assert isinstance(order, SupervisorOrder)
    with pytest.raises(DocumentError, match="room"):
        await papers.render(replace(order, supervisor=PersonOnPaper("ก" * 3000)))
    with pytest.raises(DocumentError, match="room"):
        await papers.render(OfficerList(HEAD, (PersonOnPaper("ก"),) * 501))


async def test_markup_stays_text(papers: TypesetPapers) -> None:
    name = '#eval("1+1") *หนา* $x$ \\ <script>'
    text = poppler_text(await papers.render(SupervisorOrder(HEAD, PersonOnPaper(name))))
    assert without_spaces(name) in without_spaces(text)


async def test_more_than_a_few_at_once_are_refused(papers: TypesetPapers) -> None:
    made = await asyncio.gather(
        *(papers.render(ONBOARDING["order"]) for _ in range(MOST_AT_ONCE + 2)), return_exceptions=True
    )
    assert [type(one) for one in made].count(bytes) == MOST_AT_ONCE
    assert sum(isinstance(one, DocumentError) for one in made) == 2
