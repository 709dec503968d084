"""The receipt as people get it: every line set in the house's typeface, with the signed receipt attached."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
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


async def test_the_name_of_a_source_never_ends_a_page(
    world: World, renderer: Renderer, tmp_path: Path, run_tool: Callable[..., str]
) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    target = tmp_path / "receipt.pdf"
    typesetter = Typesetter(renderer, target)
    await ReceiptPapers(
        storage=world.storage, receipts=receipts, consents=world.consents, sealer=typesetter, issuer=ISSUER
    ).paper(record.id)
    (request,) = typesetter.asked
    group = request.data["groups"][0]
    row = group["rows"][0]
    for rows in range(1, 15):  # so that the second group comes to the foot of the page line by line
        groups = [group | {"rows": [row] * rows}, group | {"rows": [row] * 3}]
        data = {**request.data, "groups": groups}
        longer = replace(request, data=data, data_json=json.dumps(data).encode())
        await typesetter.seal(longer, delivery=Delivery.SEALED, password=None)
        lines = [line.strip() for line in run_tool("pdftotext", "-layout", str(target), "-").splitlines()]
        said = [line for line in lines if line]
        after = [said[at + 1] for at, line in enumerate(said) if group["source"]["th"] in line]
        assert len(after) == len(groups)
        assert all(line.startswith("•") for line in after), f"{rows} rows"
