"""Whoever brings a document reads what the owners' own signatures in it say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from connectors.contracts.documents import SealedDocument
from connectors.contracts.verdicts import Reason
from connectors.documents.judging import Judges
from tests.connectors.authority.serving import wall_clock
from tests.connectors.documents.conftest import PASSWORD, RunningAuthority, Seal
from tests.connectors.documents.examples import COMPANY, document_request
from tests.connectors.documents.test_exhibits import SCANS, UNSIGNED, paper_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def judges(running: RunningAuthority) -> AsyncIterator[Judges]:
    opened = Judges(
        trust_roots=[running.root], tsa_roots=[running.tsa_root], now=wall_clock, paper_roots=[running.root]
    )
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("password", [None, PASSWORD])
async def test_each_attached_paper_is_told_with_its_verdict(
    judges: Judges, running: RunningAuthority, seal: Seal, sealed: SealedDocument, password: str | None
) -> None:
    papers = (paper_of(sealed.pdf), replace(paper_of(UNSIGNED), file_name="memorandum.pdf"), *SCANS)
    request = document_request("company", COMPANY, exhibits=papers)
    document = await asyncio.to_thread(seal, request, password)
    report = await judges.verify(document.pdf, password)
    assert report.reason is Reason.WHOLE
    told = {paper.file_name: paper for paper in report.papers}
    assert told.keys() == {"certificate.pdf", "memorandum.pdf"}
    assert told["certificate.pdf"].said_en.endswith("unchanged since, certificate trusted")
    assert told["memorandum.pdf"].said_en == "the file carries no digital signature"
    assert "ใบรับรองเชื่อถือได้" in told["certificate.pdf"].said_th
    # whose root nobody trusts here is told as that
    others = Judges(trust_roots=[running.root], tsa_roots=[running.tsa_root], now=wall_clock)
    (first, _) = (await others.verify(document.pdf, password)).papers
    assert "issuer of the certificate not checked" in first.said_en
    await others.aclose()


async def test_of_a_file_that_is_not_ours_nothing_inside_is_told(
    judges: Judges, seal: Seal, sealed: SealedDocument
) -> None:
    request = document_request("company", COMPANY, exhibits=(paper_of(sealed.pdf),))
    document = await asyncio.to_thread(seal, request)
    changed = document.pdf.replace(b"/Lang", b"/Lanh", 1)
    assert (await judges.verify(changed, None)).papers == ()
    assert (await judges.verify(UNSIGNED, None)).papers == ()
    assert (await judges.verify(sealed.pdf, None)).papers == ()
