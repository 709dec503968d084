"""`idp document verify` as a stranger runs it: exits, the code on a paper, and an end for files made to have none."""

import json
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from connectors.contracts.documents import SealedDocument
from connectors.documents.seal_key import ensure_seal_key
from idp.cli.document import commands
from tests.connectors.documents.conftest import RunningAuthority, Seal
from tests.connectors.documents.examples import COMPANY, PERSON, document_request
from tests.connectors.documents.test_exhibits import UNSIGNED, paper_of
from tests.connectors.documents.test_verification_judging import MEGABYTE, bomb, judging


@pytest.fixture
def folder(sealed: SealedDocument, running: RunningAuthority, tmp_path: Path) -> Path:
    (tmp_path / "sealed.pdf").write_bytes(sealed.pdf)
    (tmp_path / "root.pem").write_bytes(running.root.public_bytes(Encoding.PEM))
    (tmp_path / "tsa-root.pem").write_bytes(running.tsa_root.public_bytes(Encoding.PEM))
    return tmp_path


def verify(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(commands, ["verify", "--trust", str(folder), *arguments])
    return result.exit_code, result.output


def test_a_file_is_valid_changed_or_unreadable(folder: Path, sealed: SealedDocument) -> None:
    code, said = verify(folder, str(folder / "sealed.pdf"), "--json")
    assert (code, json.loads(said)["verdict"]) == (0, "valid")
    (folder / "changed.pdf").write_bytes(sealed.pdf.replace(b"/Type", b"/Typf", 1))
    assert verify(folder, str(folder / "changed.pdf"))[0] == 1
    (folder / "text.pdf").write_bytes(b"no document")
    assert verify(folder, str(folder / "text.pdf"))[0] == 2
    assert verify(folder, str(folder / "absent.pdf"))[0] == 2


def test_a_file_or_a_code_is_judged_never_both_nor_neither(folder: Path) -> None:
    assert verify(folder)[0] == 2
    assert verify(folder, str(folder / "sealed.pdf"), "--payload", "x")[0] == 2
    (folder / "seals").mkdir()
    code, said = verify(folder, "--payload", "a.b.c", "--json")
    assert (code, json.loads(said)["verdict"]) == (1, "refused")


def test_nothing_is_run_that_lies_where_the_command_is_given(folder: Path) -> None:
    """Who opens what was sent to them stands in the folder into which everything else was sent, too."""
    for name in ("asyncio", "msgspec", "resource", "connectors"):
        (folder / f"{name}.py").write_text("raise SystemExit('run')")
    with chdir(folder):
        code, said = verify(folder, "sealed.pdf", "--json")
    assert (code, json.loads(said)["verdict"]) == (0, "valid")


def test_what_the_file_says_moves_nothing_on_the_screen(folder: Path, seal: Seal, running: RunningAuthority) -> None:
    signer = ensure_seal_key(folder / "other", f"{running.url}/ca", "seal\x1b[2J\x9b31m")
    spoiled = seal(document_request("person", PERSON), seal_key=signer.key, seal_chain=signer.chain)
    (folder / "spoiled.pdf").write_bytes(spoiled.pdf)
    code, said = verify(folder, str(folder / "spoiled.pdf"))
    assert code == 0, said
    assert "seal\ufffd[2J\ufffd31m" in said, said
    assert all(line.isprintable() for line in said.splitlines())


def test_what_the_owners_own_papers_say_is_told_in_lines_as_the_page_tells_it(
    folder: Path, seal: Seal, sealed: SealedDocument
) -> None:
    unsigned = replace(paper_of(UNSIGNED), file_name="memorandum.pdf")
    request = document_request("company", COMPANY, exhibits=(paper_of(sealed.pdf), unsigned))
    (folder / "company.pdf").write_bytes(seal(request).pdf)
    code, said = verify(folder, str(folder / "company.pdf"), "--json")
    first, second = json.loads(said)["papers"]
    assert (code, first["file"], first.keys()) == (0, "certificate.pdf", {"file", "said", "said_th"})
    assert second["said"] == "the file carries no digital signature"
    _, text = verify(folder, str(folder / "company.pdf"))
    lines = [line.removeprefix("papers").lstrip() for line in text.splitlines() if line.startswith("papers")]
    assert lines == [f"{one['file']} · {one['said']} · {one['said_th']}" for one in (first, second)]
    # of a document without papers there is no line
    assert "papers" not in verify(folder, str(folder / "sealed.pdf"))[1]


def test_a_file_without_an_end_is_given_up_and_its_process_ended(folder: Path) -> None:
    before = judging()
    # millions of rows in the table of objects: the reader takes them one by one, for more than a minute
    (folder / "bomb.pdf").write_bytes(bomb(50 * MEGABYTE, b"XRef"))
    code, said = verify(folder, str(folder / "bomb.pdf"), "--seconds", "1", "--json")
    assert (code, json.loads(said)["reason_code"]) == (1, "too_costly")
    assert judging() <= before
