"""Papers of the data's owner: attached byte for byte, with what their own signatures say printed on the cover."""

import asyncio
import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from connectors.contracts.documents import Delivery, Exhibit, SealedDocument
from connectors.contracts.errors import DocumentError
from connectors.contracts.verdicts import Verdict
from connectors.documents.exhibit_signature import PaperSignature, PaperStanding, judge_paper
from connectors.documents.exhibits import attach_exhibits
from connectors.documents.imprint import imprint
from connectors.documents.render import Renderer
from connectors.simulators.papers import SignedPapers, sample_page, sample_pdf
from tests.connectors.documents.conftest import RunningAuthority, Seal
from tests.connectors.documents.examples import COMPANY, ISSUED_AT, document_request
from tests.connectors.documents.test_rendering import poppler_text
from tests.connectors.documents.test_sealing import qpdf_check
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
    trusting = seal(document_request("company", COMPANY, exhibits=papers), paper_roots=[running.root])
    assert "unchanged since, certificate trusted" in " ".join(poppler_text(trusting.pdf).split())
    # the paper inside is judged by itself: the outer seal lends it nothing, and the other way round
    assert judge(document.pdf, running).verdict is Verdict.VALID


SCANS = tuple(
    Exhibit(f"memorandum-{number}.jpg", "image/jpeg", sample_page("memorandum", "1" * 13, number))
    for number in (1, 2, 3)
)


def picture(mode: str, kind: str, size: tuple[int, int] = (20, 30)) -> Exhibit:
    written = BytesIO()
    Image.new(mode, size).save(written, kind)
    return Exhibit("page.jpg", "image/jpeg", written.getvalue())


def test_page_images_are_bound_behind_the_cover_with_labels_and_texts(
    seal: Seal, running: RunningAuthority, tmp_path: Path
) -> None:
    document = seal(document_request("company", COMPANY, exhibits=(*SCANS, paper_of(UNSIGNED))))
    assert qpdf_check(document.pdf, tmp_path).returncode == 0
    assert judge(document.pdf, running).verdict is Verdict.VALID
    with pikepdf.open(BytesIO(document.pdf)) as opened:
        covers = len(opened.pages) - 3
        assert document.pages == len(opened.pages)
        assert [page.label for page in opened.pages][covers - 1 :] == [str(covers), "A-1", "A-2", "A-3"]
        assert f"<xmpTPg:NPages>{document.pages}<".encode() in opened.Root.Metadata.read_bytes()
        whole = opened.Root.StructTreeRoot.K[0]
        figures = [element for element in whole.K if str(element.S) == "/Figure" and "/Pg" in element][-3:]
        tree = opened.Root.StructTreeRoot.ParentTree.Nums
        for place, (figure, page) in enumerate(zip(figures, opened.pages[covers:], strict=True), start=1):
            assert f"หน้า {place} จาก 3" in str(figure.Alt)
            assert figure.Pg.objgen == page.obj.objgen
            key = list(tree)[::2].index(int(page.StructParents))
            assert tree[2 * key + 1][0].objgen == figure.objgen
            assert page.Tabs == pikepdf.Name.S
            assert page.Resources.XObject.Im0.read_raw_bytes() == SCANS[place - 1].data
        assert set(opened.attachments) == {"data.json", "ContentInformation.xml", "certificate.pdf"}
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")


def test_the_same_images_make_the_same_file(seal: Seal, fonts_dir: Path) -> None:
    request = document_request("company", COMPANY)
    pdf, _ = imprint(Renderer(fonts_dir=fonts_dir).render(request, delivery=Delivery.SEALED, seal_name="x"), request)
    assert attach_exhibits(pdf, SCANS, at=ISSUED_AT) == attach_exhibits(pdf, SCANS, at=ISSUED_AT)


@pytest.mark.parametrize(
    "image",
    [
        Exhibit("page.jpg", "image/jpeg", b"\xff\xd8\xff nothing"),
        Exhibit("page.jpg", "image/jpeg", b""),
        picture("L", "PNG"),
        picture("CMYK", "JPEG"),
        picture("L", "JPEG", (10_001, 1)),
    ],
    ids=["broken", "empty", "another kind", "CMYK", "too large"],
)
def test_what_is_no_page_image_makes_no_document(seal: Seal, image: Exhibit) -> None:
    with pytest.raises(DocumentError, match="page image"):
        seal(document_request("company", COMPANY, exhibits=(image,)))
    with pytest.raises(DocumentError, match="too many"):
        seal(document_request("company", COMPANY, exhibits=tuple(
            replace(SCANS[0], file_name=f"{number}.jpg") for number in range(501)
        )))  # fmt: skip


def test_a_registrars_signature_on_a_sample_leads_to_the_demonstrations_root(running: RunningAuthority) -> None:
    papers = SignedPapers(running.authority.registrar("Registrar"))
    signed = asyncio.run(papers.signed(UNSIGNED))
    assert asyncio.run(papers.signed(UNSIGNED)) == signed, "one file, however often it is asked for"
    found = judge_paper(signed, roots=[running.root])
    assert found == PaperSignature(PaperStanding.WHOLE_AND_TRUSTED, "Registrar")
