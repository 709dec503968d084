"""`idp evidence export` with a seal: beside the bundle a page that says what lies in it."""

import asyncio
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from connectors.documents.fonts import prepare_fonts
from idp.cli.evidence import commands
from tests.attacks.house import open_house
from tests.clock import FrozenClock
from tests.gateway.conftest import Sealing, sealing
from tests.oversight.reports.test_sealed import disclosed

__all__ = ["sealing"]


async def released(home: Path, clock: FrozenClock) -> str:
    async with open_house(home, clock) as house:
        return (await disclosed(house, house.sown.subscriber_id, "dopa.person", ("name_th", "birth_date"))).id


def test_a_sealed_cover_stands_beside_the_bundle(
    tmp_path: Path,
    clock: FrozenClock,
    sealing: Sealing,
    run_tool: Callable[..., str],
) -> None:
    home, out = tmp_path / "home", tmp_path / "bundle.zip"
    number = asyncio.run(released(home, clock))
    prepare_fonts(home / "assets" / "fonts")
    surroundings = {
        "IDP_PROFILE": "conformance",
        "IDP_ASSETS": str(home / "assets"),
        "IDP_TSA_URL": f"{sealing.url}/tsa",
        "IDP_CERTIFICATE_AUTHORITY_URL": f"{sealing.url}/ca",
        "IDP_DOCUMENT_PROCESSES": "0",
    }
    said = ["--operator", "somsri.k", "--reason", "case 1/2569", "--home", str(home)]
    done = CliRunner(env=surroundings).invoke(commands, ["export", number, "--out", str(out), *said])
    assert (done.exit_code, "its cover to" in done.output) == (0, True), (done.output, done.exception)
    cover = out.with_suffix(".pdf")
    assert cover.stat().st_mode & 0o777 == 0o600
    text = "".join(run_tool("pdftotext", "-raw", str(cover), "-").split())
    with zipfile.ZipFile(out) as bundle:
        assert "manifest.jwt" in bundle.namelist()
        for path in bundle.namelist():
            assert path in text
            assert hashlib.sha256(bundle.read(path)).hexdigest() in text
    assert number in text
    assert "case1/2569" in text
    assert "สมชาย" not in text
    assert "Signature is Valid." in run_tool("pdfsig", "-nocert", str(cover))
    # neither is written over
    assert CliRunner(env=surroundings).invoke(commands, ["export", number, "--out", str(out), *said]).exit_code == 2
    other = out.with_name("other.zip")
    other.with_suffix(".pdf").write_text("kept")
    assert CliRunner(env=surroundings).invoke(commands, ["export", number, "--out", str(other), *said]).exit_code == 2
    assert not other.exists()
    assert other.with_suffix(".pdf").read_text() == "kept"
    # nothing seals: the bundle proves itself
    alone = out.with_name("alone.zip")
    away = surroundings | {"IDP_TSA_URL": "http://127.0.0.1:9/tsa"}
    done = CliRunner(env=away).invoke(commands, ["export", number, "--out", str(alone), *said])
    assert (done.exit_code, "no cover" in done.output) == (0, True), (done.output, done.exception)
    assert alone.exists()
    assert not alone.with_suffix(".pdf").exists()
