"""Files made to take for ever, or all memory, are refused in bounded time; the process that had them is ended."""

import asyncio
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.contracts.documents import SealedDocument
from connectors.contracts.verdicts import Reason, Verdict
from connectors.documents.judging import Judges
from tests.connectors.authority.serving import wall_clock
from tests.connectors.documents.conftest import PASSWORD, RunningAuthority
from tests.processes import children

pytestmark = pytest.mark.anyio

MEGABYTE = 1024 * 1024
SECONDS = 5.0


@pytest.fixture
async def judges(running: RunningAuthority) -> AsyncIterator[Judges]:
    opened = Judges(trust_roots=[running.root], tsa_roots=[running.tsa_root], now=wall_clock, longest_seconds=SECONDS)
    yield opened
    await opened.aclose()


def judging() -> set[int]:
    """The processes that this one started to judge files."""
    return children(b"connectors.documents.judging")


def with_table(body: bytes, root: bytes = b"1 0 R") -> bytes:
    """A PDF of `body` whose table names every object in it."""
    pdf = b"%PDF-1.7\n" + body
    rows, number = b"0000000000 65535 f \n", 1
    while (place := pdf.find(b"\n%d 0 obj" % number)) != -1:
        rows += b"%010d 00000 n \n" % (place + 1)
        number += 1
    return pdf + b"xref\n0 %d\n%strailer\n<</Root %s /Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        number, rows, root, number, len(pdf),
    )  # fmt: skip


def bomb(size: int, kind: bytes) -> bytes:
    """A stream that grows a thousandfold, where a reader cannot but read it: the table itself."""
    packed = zlib.compress(b"\0" * size, 9)
    entries = b"/W [1 4 1] /Index [0 %d] /Size %d" % (size // 6, size // 6)
    head = b"%PDF-1.7\n"
    stream = b"1 0 obj\n<</Type /%s %s /Root 2 0 R /Filter /FlateDecode /Length %d>>\nstream\n" % (
        kind, entries, len(packed),
    )  # fmt: skip
    return head + stream + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


FIELDS = b"1 0 obj\n<</Type /Catalog /AcroForm <</SigFlags 3 /Fields [%s]>>>>\nendobj\n"


def many_objects() -> bytes:
    """Ten thousand signature fields, each an object of its own."""
    fields = b" ".join(b"%d 0 R" % number for number in range(2, 10_002))
    body = b"".join(b"%d 0 obj\n<</FT /Sig /T (%d)>>\nendobj\n" % (number, number) for number in range(2, 10_002))
    return with_table(FIELDS % fields + body)


def fields_in_a_circle() -> bytes:
    return with_table(FIELDS % b"2 0 R" + b"2 0 obj\n<</T (a) /Kids [2 0 R 2 0 R]>>\nendobj\n")


def deep() -> bytes:
    return with_table(FIELDS % (b"[" * 200_000 + b"]" * 200_000))


def tables_in_a_circle() -> bytes:
    head = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R /Size 2 /Prev %d>>\n" % len(head)
    return head + table + b"startxref\n%d\n%%%%EOF\n" % len(head)


COSTLY = {
    "stream_of_100_megabytes": lambda: bomb(100 * MEGABYTE, b"XRef"),
    "stream_of_2_gigabytes_within_a_stream": lambda: bomb(600 * MEGABYTE, b"XRef"),
    "many_objects": many_objects,
    "fields_in_a_circle": fields_in_a_circle,
    "deep": deep,
    "tables_in_a_circle": tables_in_a_circle,
    "25_megabytes_of_nothing": lambda: b"%PDF-1.7\n" + b"\0" * 25 * MEGABYTE,
    "25_megabytes_of_brackets": lambda: b"%PDF-1.7\n" + b"<<[" * (8 * MEGABYTE),
}


@pytest.mark.parametrize("name", sorted(COSTLY))
async def test_no_file_takes_more_than_its_share(judges: Judges, sealed: SealedDocument, name: str) -> None:
    pdf = COSTLY[name]()
    await judges.verify(b"%PDF-", None)  # the process is there
    assert (await judges.verify(pdf, None)).verdict is not Verdict.VALID
    assert (await judges.verify(sealed.pdf, None)).reason is Reason.WHOLE


async def test_genuine_files_are_valid_one_after_the_other_and_beside_each_other(
    judges: Judges, sealed: SealedDocument, locked: SealedDocument
) -> None:
    before = judging()
    reports = [await judges.verify(sealed.pdf, None) for _ in range(3)]
    assert {report.reason for report in reports} == {Reason.WHOLE}
    assert len(judging() - before) == 1
    beside = await asyncio.gather(judges.verify(sealed.pdf, None), judges.verify(locked.pdf, PASSWORD))
    assert [report.level for report in beside] == ["B-T", "B-T"]
    assert len(judging() - before) == 2
    await judges.aclose()
    assert judging() <= before


async def test_what_takes_too_long_is_killed_and_nothing_is_left(
    running: RunningAuthority, sealed: SealedDocument
) -> None:
    before = judging()
    judges = Judges(trust_roots=[running.root], tsa_roots=[running.tsa_root], now=wall_clock, longest_seconds=0.01)
    assert (await judges.verify(sealed.pdf, None)).reason is Reason.TOO_COSTLY
    assert judging() <= before


async def test_a_judge_that_was_killed_is_replaced(judges: Judges, sealed: SealedDocument) -> None:
    before = judging()
    await judges.verify(sealed.pdf, None)
    (pid,) = judging() - before
    os.kill(pid, signal.SIGKILL)
    assert (await judges.verify(sealed.pdf, None)).reason is Reason.WHOLE


async def test_whoever_goes_away_leaves_no_answer_to_others(judges: Judges, sealed: SealedDocument) -> None:
    await judges.verify(sealed.pdf, None)
    gone = asyncio.create_task(judges.verify(sealed.pdf, None))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await judges.verify(b"%PDF-1.7\n%%EOF", None)).reason is Reason.NO_PDF


async def test_where_strangers_files_are_judged_no_setting_of_the_node_is_known(
    judges: Judges, sealed: SealedDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDP_DATABASE_URL", "postgresql://canary-of-a-password@nowhere")
    before = judging()
    assert (await judges.verify(sealed.pdf, None)).verdict is Verdict.VALID
    (judge,) = judging() - before
    told = Path(f"/proc/{judge}/environ").read_bytes()
    assert b"PATH=" in told
    assert b"canary" not in told


def test_a_process_says_that_it_is_ready_when_everything_is_loaded() -> None:
    command = [sys.executable, "-m", "connectors.documents.judging"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.read(4) == bytes(4)
        loaded = Path(f"/proc/{process.pid}/maps").read_text()
        process.stdin.close()
    assert "/pikepdf/" in loaded
    assert process.returncode == 0
