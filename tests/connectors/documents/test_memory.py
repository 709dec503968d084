"""A process that makes documents all day stays as large as it was: 10,000 of them with LONG, some otherwise."""

import os
from pathlib import Path

from connectors.contracts.documents import Delivery
from connectors.documents.imprint import imprint
from connectors.documents.render import Renderer
from connectors.documents.seal import prepare_seal, software_key
from connectors.documents.seal_key import SealIdentity
from tests.connectors.documents.examples import ISSUED_AT, NAMES, PERSON, document_request

DOCUMENTS = 10_000 if os.environ.get("LONG") else 120
FIRST = 60
"""After which every cache has what it keeps."""
MAY_GROW_BY = 24 * 1024
"""Kilobytes, also over 10,000 documents: 2 KB a document would show."""


def resident_kilobytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def test_memory_stays_flat_however_many_documents_are_made(fonts_dir: Path, identity: SealIdentity) -> None:
    renderer, key = Renderer(fonts_dir=fonts_dir), software_key(identity.key, identity.chain)
    before = 0
    for number in range(DOCUMENTS):
        name = f"{NAMES[number % len(NAMES)]} {number}"
        request = document_request("person", PERSON | {"name_th": name}, document_id=f"TUA-{number}")
        pdf, pages = imprint(renderer.render(request, delivery=Delivery.SEALED, seal_name="x"), request)
        prepare_seal(pdf, key=key, claimed_time=ISSUED_AT, password=None, delivery=Delivery.SEALED, pages=pages)
        if number == FIRST:
            before = resident_kilobytes()
    assert resident_kilobytes() - before < MAY_GROW_BY
