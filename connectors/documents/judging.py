"""Judges files in processes that can be ended: what somebody brings may be made to take for ever, or all memory.

A file goes to a process that gives way to everything else, may take so much memory and no more, writes no file, and is
killed when its time is over. What comes back is a report of few bytes in MessagePack; nothing the process says is run.

`python -m connectors.documents.judging`: such a process. It reads questions from its input until that is closed.
"""

import asyncio
import importlib
import math
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import BinaryIO, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.contracts.verdicts import AttachedPaper, DocumentReport, Reason, Verdict

NICENESS: Final = 10
LONGEST_SECONDS: Final = 15.0
"""For one file. The largest papers of ours take less than one second."""
START_SECONDS: Final = 60.0
MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Address space of a judging process: its libraries, and many times the largest file."""
SETTINGS: Final = "IDP_"
LENGTH_BYTES: Final = 4
LONGEST_ANSWER: Final = 65_536


class Question(msgspec.Struct, frozen=True):
    """One file, and whom to believe (certificates and revocation lists in DER)."""

    pdf: bytes
    password: str | None
    roots: list[bytes]
    tsa_roots: list[bytes]
    crls: list[bytes]
    paper_roots: list[bytes]
    now: datetime
    longest_seconds: float


class Answer(msgspec.Struct, frozen=True):
    """A report; `reason` is the name of a `Reason`."""

    reason: str
    signer: str | None
    signed_at: datetime | None
    level: str | None
    document_id: str | None
    papers: list[tuple[str, str, str]]

    def report(self) -> DocumentReport:
        """Raises KeyError for a reason that there is not."""
        papers = tuple(AttachedPaper(*paper) for paper in self.papers)
        return DocumentReport(Reason[self.reason], self.signer, self.signed_at, self.level, self.document_id, papers)


async def no_lists() -> Sequence[bytes]:
    """Nobody is asked: a file is judged by what it proves itself."""
    return ()


class Judges:
    """As many processes as files are judged at once, opened when they are needed and kept for the next file.

    `revocation_lists` gives those of today (DER), and raises nothing; `paper_roots` are those of the data's owners, for
    their own papers in a document.
    """

    def __init__(
        self,
        *,
        trust_roots: Sequence[x509.Certificate],
        tsa_roots: Sequence[x509.Certificate],
        now: Callable[[], datetime],
        longest_seconds: float = LONGEST_SECONDS,
        revocation_lists: Callable[[], Awaitable[Sequence[bytes]]] = no_lists,
        paper_roots: Sequence[x509.Certificate] = (),
    ) -> None:
        self._paper_roots = [root.public_bytes(Encoding.DER) for root in paper_roots]
        self._revocation_lists = revocation_lists
        self._roots = [root.public_bytes(Encoding.DER) for root in trust_roots]
        self._tsa_roots = [root.public_bytes(Encoding.DER) for root in tsa_roots]
        self._now = now
        self._longest_seconds = longest_seconds
        self._idle: list[Process] = []

    async def verify(self, pdf: bytes, password: str | None) -> DocumentReport:
        """The verdict on a file, in bounded time whatever the file is: TOO_COSTLY where the process came to no end.

        How many are asked at once is for the caller to bound.
        """
        question = Question(
            pdf,
            password,
            self._roots,
            self._tsa_roots,
            list(await self._revocation_lists()),
            self._paper_roots,
            now=self._now(),
            longest_seconds=self._longest_seconds,
        )
        packed = msgspec.msgpack.encode(question)
        try:
            return await self._judged(packed)
        except TimeoutError:
            return DocumentReport(Reason.TOO_COSTLY)
        except (EOFError, OSError):
            # the process was ended by others, or by this file: the second one will tell
            pass
        try:
            return await self._judged(packed)
        except (EOFError, OSError):
            return DocumentReport(Reason.TOO_COSTLY)

    async def _judged(self, question: bytes) -> DocumentReport:
        process = self._idle.pop() if self._idle else await _started()
        try:
            async with asyncio.timeout(self._longest_seconds):
                report = msgspec.msgpack.decode(await _asked(process, question), type=Answer).report()
        except BaseException:
            # also where whoever asked is gone: nobody may get the answer to a question of somebody else
            await _ended(process)
            raise
        self._idle.append(process)
        return report

    async def aclose(self) -> None:
        """End the processes."""
        while self._idle:
            await _ended(self._idle.pop())


async def _started() -> Process:
    # -P: `-m` alone looks for modules where it is started first, and there may lie what came with the file
    # and it is told nothing of the node's settings, some of which are secret
    environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    command = (sys.executable, "-P", "-m", "connectors.documents.judging")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment)
    try:
        async with asyncio.timeout(START_SECONDS):
            await _read(process)  # it says that it is ready, with nothing
    except BaseException:
        await _ended(process)
        raise
    return process


async def _asked(process: Process, question: bytes) -> bytes:
    assert process.stdin is not None, "opened with a pipe"
    process.stdin.write(len(question).to_bytes(LENGTH_BYTES, "big") + question)
    await process.stdin.drain()
    return await _read(process)


async def _read(process: Process) -> bytes:
    assert process.stdout is not None, "opened with a pipe"
    length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
    if length > LONGEST_ANSWER:
        raise EOFError("an answer is longer than any answer")
    return await process.stdout.readexactly(length)


async def _ended(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answers until the questions end: whoever asks has ended then, too."""
    # loading takes longer than most files, and a file's own time begins when it is judged
    for module in ("verification", "attached_papers"):
        importlib.import_module(f"connectors.documents.{module}")
    _say(answers, b"")
    while head := questions.read(LENGTH_BYTES):
        question = msgspec.msgpack.decode(questions.read(int.from_bytes(head, "big")), type=Question)
        _bound_time(question.longest_seconds)
        _say(answers, msgspec.msgpack.encode(_judged(question)))


def _judged(question: Question) -> Answer:
    # with everything that reads PDF files: loaded where they are judged
    from connectors.documents.verification import verify_pdf

    try:
        report = verify_pdf(
            question.pdf,
            trust_roots=[x509.load_der_x509_certificate(root) for root in question.roots],
            tsa_roots=[x509.load_der_x509_certificate(root) for root in question.tsa_roots],
            now=question.now,
            crls=question.crls,
            password=question.password,
        )
        papers = _papers(question) if report.verdict is Verdict.VALID else []
    except MemoryError:
        report, papers = DocumentReport(Reason.TOO_COSTLY), []
    return Answer(report.reason.name, report.signer, report.signed_at, report.level, report.document_id, papers)


def _papers(question: Question) -> list[tuple[str, str, str]]:
    import pikepdf

    from connectors.documents.attached_papers import attached_papers

    roots = [x509.load_der_x509_certificate(root) for root in question.paper_roots]
    try:
        found = attached_papers(question.pdf, password=question.password, roots=roots)
    except pikepdf.PdfError:
        return []  # the seal is genuine all the same: what it seals cannot be unpacked here
    return [(paper.file_name, paper.said_th, paper.said_en) for paper in found]


def _bound_time(seconds: float) -> None:
    """A process whose parent was killed is ended by the system, too, whatever keeps it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _say(answers: BinaryIO, answer: bytes) -> None:
    answers.write(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)
    answers.flush()


if __name__ == "__main__":
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, sys.stdout.buffer)
