"""`idp evidence export`: says what is wrong by its exit code, and never writes over a file."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idp.app.ground import open_ground
from idp.cli.bundles import write_bundle
from idp.cli.evidence import commands
from idp.exchange.evidence import EvidenceFile
from idp.settings import Settings

NOBODY_S = f"dis_{'0' * 26}"


def asked(*arguments: str) -> int:
    return CliRunner().invoke(commands, ["export", "--operator", "somsri.k", *arguments]).exit_code


async def found(home: Path) -> None:
    async with open_ground(Settings(home=home)):
        pass


def test_what_is_not_there_is_not_written(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "bundle.zip"
    asyncio.run(found(home))
    said = ("--out", str(out), "--reason", "case 1/2569", "--home", str(home))
    assert asked(NOBODY_S, *said) == 1
    assert asked("dis_1", *said) == 1
    assert asked(NOBODY_S, "--out", str(out), "--reason", " ", "--home", str(home)) == 1
    assert asked(NOBODY_S, *said[:-1], str(tmp_path / "none")) == 2
    assert not out.exists()
    out.write_text("kept")
    assert asked(NOBODY_S, *said) == 2
    assert out.read_text() == "kept"


def test_nobody_takes_it_out_unnamed(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "bundle.zip"
    asyncio.run(found(home))
    said = ["export", NOBODY_S, "--out", str(out), "--reason", "case 1/2569", "--home", str(home)]
    assert CliRunner().invoke(commands, said).exit_code == 2
    # an operator's short name: the log holds no person's full name, and no number
    for name in ("", " ", "สมศรี ใจดี", "somsri jaidee", "a" * 65, "-x", "1101700203451"):
        assert CliRunner().invoke(commands, [*said, f"--operator={name}"]).exit_code == 1, name
    assert not out.exists()


def test_half_a_bundle_is_none(tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    # letters that do not compress, beyond what a file may hold here
    limited = f"""
import os, resource
from pathlib import Path
from idp.cli.bundles import write_bundle
from idp.exchange.evidence import EvidenceFile
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
write_bundle(Path({str(out)!r}), [EvidenceFile("disclosure.json", os.urandom(1 << 20))])
"""
    done = subprocess.run([sys.executable, "-c", limited], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "OSError" in done.stderr.splitlines()[-1]
    assert not out.exists()


def test_nor_is_one_that_was_broken_off(tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"

    def files() -> Iterator[EvidenceFile]:
        yield EvidenceFile("disclosure.json", b"{}")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bundle(out, files())
    assert not out.exists()
