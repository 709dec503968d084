"""Papers of the data's owner: attached byte for byte, with what their own signatures say printed on the cover."""

import hashlib
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contracts.documents import Exhibit, SealedDocument, Verdict
from connectors.documents.exhibit_signature import PaperSignature, PaperStanding, judge_paper
from connectors.simulators.papers import sample_pdf
from tests.connectors.documents.conftest import RunningAuthority, Seal
from tests.connectors.documents.examples import COMPANY, document_request
from tests.connectors.documents.test_rendering import poppler_text
from tests.connectors.documents.test_verification import judge

UNSIGNED = sample_pdf("memorandum", "1" * 13, 2)


def paper_of(pdf: bytes) -> Exhibit:
    return Exhibit("certificate.pdf", "application/pdf", pdf)


def test_how_a_paper_stands_with_its_own_signature(sealed: SealedDocument, running: RunningAuthority) -> None:
    assert judge_paper(sealed.pdf) == PaperSignature(PaperStanding.WHOLE, "ตราประทับ (สาธิต)")
    assert judge_paper(sealed.pdf, roots=[running.root]).standing is PaperStanding.WHOLE_AND_TRUSTED
    assert judge_paper(sealed.pdf, roots=[running.tsa_root]).standing is PaperStanding.WHOLE
    assert judge_paper(UNSIGNED).standing is PaperStanding.UNSIGNED
    assert judge_paper(b"%PDF-1.7 nothing").standing is PaperStanding.UNREADABLE


def test_a_paper_that_was_changed_after_signing_is_told_as_that(sealed: SealedDocument) -> None:
    flipped = sealed.pdf.replace(b"/Count 1", b"/Count 2", 1)
    added = BytesIO()
    with pikepdf.open(BytesIO(sealed.pdf)) as document:
        document.add_blank_page()
        document.save(added)
    for pdf in (flipped, sealed.pdf + b"\n%more\n"):
        assert judge_paper(pdf).standing is PaperStanding.CHANGED
    assert judge_paper(added.getvalue()).standing in {PaperStanding.CHANGED, PaperStanding.UNREADABLE}


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_no_paper_breaks_the_reader(content: bytes) -> None:
    assert judge_paper(b"%PDF-1.7\n" + content + b"/ByteRange").signer == ""


@pytest.mark.parametrize("standing", list(PaperStanding))
def test_everything_that_can_be_found_has_words(standing: PaperStanding) -> None:
    thai, english = PaperSignature(standing, "กรมตัวอย่าง").said()
    assert thai
    assert english[0].islower()


def test_the_cover_says_what_was_found_and_the_paper_is_unchanged(
    seal: Seal, sealed: SealedDocument, running: RunningAuthority
) -> None:
    papers = (paper_of(sealed.pdf), replace(paper_of(UNSIGNED), file_name="memorandum.pdf"))
    document = seal(document_request("company", COMPANY, exhibits=papers))
    text = " ".join(poppler_text(document.pdf).split())
    assert "certificate.pdf" in text
    assert "unchanged since (issuer of the certificate not checked)" in text
    assert "the file carries no digital signature" in text
    assert hashlib.sha256(sealed.pdf).hexdigest() in text.replace(" ", "")
    with pikepdf.open(BytesIO(document.pdf)) as opened:
        for paper in papers:
            assert bytes(opened.attachments[paper.file_name].get_file().read_bytes()) == paper.data
    # the paper inside is judged by itself: the outer seal lends it nothing, and the other way round
    assert judge(document.pdf, running).verdict is Verdict.VALID
