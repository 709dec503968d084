"""The papers that the company registry has of a company: its own files, and its scans of their pages, as exhibits."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from connectors.contracts.company_records import OwnerDocument, Paper, Scan, ScannedDocument
from connectors.contracts.documents import Exhibit
from connectors.contracts.errors import RegistryOutcome, RegistryUnavailable
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import Provenance
from connectors.contracts.registry_desk import RegistryDesk
from idp.exchange.mapping.model import Fields, Question

PDF: Final = "application/pdf"
_ENDINGS: Final = MappingProxyType({"image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"})

_Kind = TypeVar("_Kind", Paper, Scan)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class FileField:
    """The field that describes one of the owner's files."""

    name: str
    paper: Paper


@dataclass(frozen=True, slots=True)
class PagesField:
    """The field that describes scanned pages. `witness` is the owner's file of the same pages: it says whose they are,
    which images cannot.
    """

    name: str
    scan: Scan
    witness: Paper


@dataclass(frozen=True, slots=True, repr=False)
class Papers:
    """By the field that describes them; what nobody wants is described by nothing."""

    fields: Fields
    sources: dict[str, Provenance]
    exhibits: dict[str, tuple[Exhibit, ...]]


async def read_papers(
    desk: RegistryDesk, wished: Sequence[FileField | PagesField], juristic_id: JuristicId, question: Question
) -> Papers:
    """Those of `wished` that may leave; the registry is asked for no other, and for none twice.

    Raises RegistryUnavailable for what does not say whose it is.
    """
    wanted = [one for one in wished if one.name in question.wanted]
    files, scans = await asyncio.gather(
        _asked(
            {one.paper if isinstance(one, FileField) else one.witness for one in wanted},
            lambda paper: desk.papers.pdf(paper, juristic_id, **question.terms),
        ),
        _asked(
            {one.scan for one in wanted if isinstance(one, PagesField)},
            lambda scan: desk.papers.scan(scan, juristic_id, **question.terms),
        ),
    )
    # nevers, 4: "an answer about someone else passed on"; a paper that does not say whose it is proves nothing
    if not all(answer.record.names_subject for answer in files.values()):
        raise RegistryUnavailable("a paper does not say whose it is", outcome=RegistryOutcome.GARBAGE)
    papers = Papers({one.name: {} if isinstance(one, FileField) else [] for one in wished}, {}, {})
    for one in wanted:
        if isinstance(one, FileField):
            answer = files[one.paper]
            exhibit = Exhibit(f"{one.name}-{juristic_id.digits}.pdf", PDF, answer.record.pdf)
            papers.fields[one.name] = _described(exhibit, pages=answer.record.pages)
            papers.exhibits[one.name], papers.sources[one.name] = (exhibit,), answer.provenance
        else:
            scanned = scans[one.scan]
            pages = _pages(one.name, scanned.record, juristic_id, witness=files[one.witness].record)
            papers.fields[one.name] = [_described_page(place, page) for place, page in enumerate(pages, start=1)]
            papers.exhibits[one.name], papers.sources[one.name] = pages, scanned.provenance
    return papers


async def _asked(kinds: Iterable[_Kind], ask: Callable[[_Kind], Awaitable[_Answer]]) -> dict[_Kind, _Answer]:
    named = list(kinds)
    return dict(zip(named, await asyncio.gather(*map(ask, named)), strict=True))


def _pages(
    name: str, scanned: ScannedDocument, juristic_id: JuristicId, *, witness: OwnerDocument
) -> tuple[Exhibit, ...]:
    # the images name nobody: they are this company's when its own file, asked for beside them, has as many pages
    if len(scanned.pages) != witness.pages:
        raise RegistryUnavailable("page images do not fit the paper they are of", outcome=RegistryOutcome.GARBAGE)
    return tuple(
        Exhibit(f"{name}-{juristic_id.digits}-{page.page:03d}.{_ENDINGS[page.media_type]}", page.media_type, page.data)
        for page in scanned.pages
    )


def _described(exhibit: Exhibit, *, pages: int) -> Fields:
    return {
        "file_name": exhibit.file_name,
        "pages": str(pages),
        "media_type": exhibit.media_type,
        "sha256": hashlib.sha256(exhibit.data).hexdigest(),
    }


def _described_page(place: int, exhibit: Exhibit) -> Fields:
    digest = hashlib.sha256(exhibit.data).hexdigest()
    return {"page": str(place), "file_name": exhibit.file_name, "sha256": digest}
