"""The owner's files and page images: asked for where they are wanted, once, and never passed on as somebody else's."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from connectors.contracts.company_records import OwnerDocument, PageImage, Paper, Scan, ScannedDocument
from connectors.contracts.errors import RegistryOutcome, RegistryUnavailable
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import Provenance, RegistryAnswer
from connectors.contracts.registry_desk import RegistryDesk
from idp.exchange.mapping.companies import FINANCIALS_PAPERS, MEMORANDUM_PAPERS, SHAREHOLDERS_PAPERS
from idp.exchange.mapping.company_papers import Papers, read_papers
from idp.exchange.mapping.model import Question, Terms
from tests.exchange.world import THONGDEE, World

pytestmark = pytest.mark.anyio

COMPANY = THONGDEE.juristic_id
AT = datetime(2026, 11, 23, 5, tzinfo=UTC)
EVERY = (*MEMORANDUM_PAPERS, *SHAREHOLDERS_PAPERS, *FINANCIALS_PAPERS)


@dataclass
class Registry:
    """Has every paper, of as many pages as it is told."""

    file_pages: int = 2
    scanned_pages: int = 2
    names_subject: bool = True
    media_type: str = "image/jpeg"
    asked: Counter[Paper | Scan] = field(default_factory=Counter)

    async def pdf(self, paper: Paper, _about: JuristicId, **_: Any) -> RegistryAnswer[OwnerDocument]:
        self.asked[paper] += 1
        document = OwnerDocument("x.pdf", self.file_pages, b"%PDF-" + paper.value.encode(), self.names_subject)
        return RegistryAnswer(document, Provenance("DBD", paper.value, AT))

    async def scan(self, scan: Scan, _about: JuristicId, **_: Any) -> RegistryAnswer[ScannedDocument]:
        self.asked[scan] += 1
        pages = (PageImage(one, self.media_type, bytes([one])) for one in range(1, self.scanned_pages + 1))
        return RegistryAnswer(ScannedDocument("image", tuple(pages)), Provenance("DBD", scan.value, AT))


async def read(registry: Registry, wanted: Iterable[str]) -> Papers:
    question = Question(AT, Terms(deadline_seconds=5, idempotency_key=None), frozenset(wanted))
    desk = cast("RegistryDesk", type("Desk", (), {"papers": registry}))
    return await read_papers(desk, EVERY, COMPANY, question)


async def test_nobody_is_asked_for_what_nobody_wants() -> None:
    registry = Registry()
    papers = await read(registry, ())
    assert not registry.asked
    assert papers.exhibits == papers.sources == {}
    assert set(papers.fields) == {one.name for one in EVERY}


async def test_a_file_that_is_wanted_and_bears_witness_is_asked_for_once() -> None:
    registry = Registry()
    papers = await read(registry, {"memorandum", "memorandum_pages"})
    assert registry.asked == {Paper.MEMORANDUM: 1, Scan.MEMORANDUM: 1}
    assert [one.media_type for one in papers.exhibits["memorandum_pages"]] == ["image/jpeg"] * 2
    assert len({one.file_name for found in papers.exhibits.values() for one in found}) == 3
    assert papers.sources["memorandum_pages"].service == Scan.MEMORANDUM.value


async def test_the_witness_of_page_images_does_not_travel_by_itself() -> None:
    registry = Registry()
    papers = await read(registry, {"list_pages"})
    assert registry.asked == {Paper.SHAREHOLDERS_SCANNED: 1, Scan.SHAREHOLDERS: 1}
    assert set(papers.exhibits) == {"list_pages"}
    assert papers.fields["list_paper"] == {}


@pytest.mark.parametrize(
    "registry",
    [Registry(scanned_pages=3), Registry(file_pages=0), Registry(names_subject=False)],
    ids=["another number of pages", "no number of pages", "nobody's"],
)
async def test_page_images_that_nothing_says_whose_they_are_go_nowhere(registry: Registry) -> None:
    with pytest.raises(RegistryUnavailable) as fault:
        await read(registry, {"memorandum_pages"})
    assert fault.value.outcome is RegistryOutcome.GARBAGE


async def test_images_of_other_kinds_keep_their_ending() -> None:
    papers = await read(Registry(media_type="image/tiff"), {"statements_pages"})
    assert [one.file_name for one in papers.exhibits["statements_pages"]] == [
        f"statements_pages-{COMPANY.digits}-00{page}.tif" for page in (1, 2)
    ]


async def test_every_paper_comes_over_the_registrys_own_wire(world: World) -> None:
    for dataset, pages in (("dbd.memorandum", 7), ("dbd.shareholders", 3), ("dbd.financials", 6)):
        fetched = await world.registries.fetch(dataset, COMPANY, deadline_seconds=5)
        found = [one for several in fetched.exhibits.values() for one in several]
        assert sum(one.media_type == "image/jpeg" for one in found) == pages
        assert any(one.media_type == "application/pdf" for one in found)
