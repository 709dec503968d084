"""The receipt as people get it: every line set in the house's typeface, with the signed receipt attached."""

import hashlib
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from connectors.contracts.documents import Delivery, DocumentRequest, SealedDocument, SealLevel
from connectors.documents.fonts import prepare_fonts
from connectors.documents.render import Renderer
from idp.consent.receipts.paper import ReceiptPapers
from tests.consent.receipts.test_receipts import ISSUER, receipts_of
from tests.exchange.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    folder = tmp_path_factory.mktemp("fonts")
    prepare_fonts(folder)
    return Renderer(fonts_dir=folder)


class Typesetter:
    """A sealer that sets the page and does not sign it."""

    def __init__(self, renderer: Renderer, target: Path) -> None:
        self._renderer = renderer
        self._target = target
        self.asked: list[DocumentRequest] = []

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        self.asked.append(request)
        pdf = self._renderer.render(request, delivery=delivery, seal_name="ตราประทับ (สาธิต)")
        self._target.write_bytes(pdf)
        return SealedDocument(pdf, hashlib.sha256(pdf).hexdigest(), SealLevel.B_T, delivery, 1)


async def test_the_page_is_set_and_holds_the_signed_receipt(world: World, renderer: Renderer, tmp_path: Path) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    typesetter = Typesetter(renderer, tmp_path / "receipt.pdf")
    papers = ReceiptPapers(
        storage=world.storage,
        receipts=receipts,
        consents=world.consents,
        sealer=typesetter,
        issuer=ISSUER,
    )
    sealed = await papers.paper(record.id)
    receipt = await receipts.latest(record.id)
    with pikepdf.open(BytesIO(sealed.pdf)) as pdf:
        attached = pdf.attachments["data.json"].get_file().read_bytes()
    assert receipt.jwt.encode() in attached
    (request,) = typesetter.asked
    assert request.verify_url == f"{ISSUER}/account/consents/{record.id}"
    assert request.audit_entry_id == receipt.audit_entry_id
    assert request.issued_at == receipt.issued_at
