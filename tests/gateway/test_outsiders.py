"""Somebody who knows nothing of us verifies a document: with the links of the page, and tools that others made."""

import asyncio
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from lxml import html
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.gateway.conftest import Sealing
from tests.gateway.door import Door
from tests.gateway.test_verification import issued

pytestmark = pytest.mark.anyio


async def by_the_links(door: Door, folder: Path) -> None:
    """What the page offers for downloading, saved under the names it has there."""
    page = html.fromstring((await door.http.get("/verify?lang=en")).text)
    for name in ("root", "tsa_root", "seals"):
        address = page.get_element_by_id(name).get("href")
        answer = await door.http.get(address)
        assert answer.headers["content-type"].startswith("application/pem-certificate-chain")
        (folder / Path(address).name).write_bytes(answer.content)


def certificate(path: Path) -> asn1_x509.Certificate:
    _, _, content = pem.unarmor(path.read_bytes())
    return asn1_x509.Certificate.load(content)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


async def test_poppler_and_its_certificate_store_call_it_valid_and_trusted(sealing_door: Door, tmp_path: Path) -> None:
    await by_the_links(sealing_door, tmp_path)
    _, pdf = await issued(sealing_door)
    (tmp_path / "document.pdf").write_bytes(pdf)
    store = f"sql:{tmp_path}"
    run("certutil", "-N", "-d", store, "--empty-password")
    for name in ("root", "tsa-root"):
        run("certutil", "-A", "-d", store, "-n", name, "-t", "CT,CT,CT", "-i", str(tmp_path / f"{name}.pem"))
    said = await asyncio.to_thread(run, "pdfsig", "-nssdir", store, str(tmp_path / "document.pdf"))
    assert "Signature is Valid" in said
    assert "Certificate is Trusted" in said
    assert "Total document signed" in said
    (tmp_path / "changed.pdf").write_bytes(pdf.replace(b"/Lang", b"/Lanh", 1))
    assert "Signature is Valid" not in run("pdfsig", "-nssdir", store, str(tmp_path / "changed.pdf"))


async def test_pyhanko_calls_it_valid_with_the_two_roots_alone(
    sealing_door: Door, sealing: Sealing, tmp_path: Path
) -> None:
    await by_the_links(sealing_door, tmp_path)
    _, pdf = await issued(sealing_door)

    def judged() -> bool:
        (seal,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
        status = validate_pdf_signature(
            seal,
            signer_validation_context=ValidationContext(trust_roots=[certificate(tmp_path / "root.pem")]),
            ts_validation_context=ValidationContext(trust_roots=[certificate(tmp_path / "tsa-root.pem")]),
        )
        return bool(status.bottom_line and status.trusted and status.timestamp_validity.trusted)

    assert await asyncio.to_thread(judged)
