"""The owner's own papers in a sealed document: what their own signatures say, as a stranger who has the file would see.

For a file whose seal is genuine: what is attached to it is what we attached.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import pikepdf
from cryptography import x509

from connectors.contracts.verdicts import AttachedPaper
from connectors.documents.exhibit_signature import judge_paper
from connectors.documents.exhibits import OWN_ATTACHMENTS

PDF_MARK: Final = b"%PDF-"
MOST_PAPERS: Final = 20


def attached_papers(
    pdf: bytes, *, password: str | None, roots: Sequence[x509.Certificate]
) -> tuple[AttachedPaper, ...]:
    """Each attached PDF with what was found of its signature; `roots` are those of the data's owners.

    Raises pikepdf.PdfError when the file cannot be read. Runs event loops of its own: call it from a worker.
    """
    with pikepdf.open(BytesIO(pdf), password=password or "") as opened:
        names = sorted(name for name in opened.attachments if name not in OWN_ATTACHMENTS)[:MOST_PAPERS]
        papers = {name: opened.attachments[name].get_file().read_bytes() for name in names}
    return tuple(
        AttachedPaper(name, *judge_paper(paper, roots=roots).said())
        for name, paper in papers.items()
        if paper.startswith(PDF_MARK)
    )
