"""Files that are sent as papers: programs that hide, and bytes that would keep a careless reader busy for hours."""

import os
import zlib

import pytest

from idp.agencies.onboarding.model import PAPER_BYTES, OnboardingProblem
from idp.agencies.onboarding.paper_check import problem_of

PROGRAM = b"<</S/JavaScript/JS(x)>>"
ROOM = PAPER_BYTES - 100


def pdf(*parts: bytes) -> bytes:
    return b"".join((b"%PDF-1.7\n", *parts, b"\n%%EOF\n"))


def object_stream(content: bytes, *, kind: bytes = b"/ObjStm", head: bytes = b"", end: bytes = b"\n") -> bytes:
    return b"3 0 obj<</Type" + kind + head + b">>stream" + end + content + b"\nendstream endobj"


def stream(content: bytes) -> bytes:
    return b"4 0 obj<<>>stream\n" + content + b"\nendstream endobj"


HIDDEN = {
    "kind spelled with escapes": object_stream(zlib.compress(PROGRAM), kind=b"/Obj#53t#6D"),
    "line ended as old machines do": object_stream(zlib.compress(PROGRAM), end=b"\r"),
    "behind a stream that never ends": b"stream\n" * 9 + PROGRAM,
    "behind the word for the end": object_stream(zlib.compress(b"endstream" + PROGRAM, 0)),
    "in the last of many": object_stream(zlib.compress(b"<<>>")) * 9 + object_stream(zlib.compress(PROGRAM)),
    "far into a large one": object_stream(zlib.compress(os.urandom(100_000).hex().encode() + PROGRAM)),
}
CLOSED = {
    "object stream not compressed": object_stream(PROGRAM),
    "object stream written otherwise": object_stream(zlib.compress(PROGRAM).hex().encode()),
    "object stream behind much else": object_stream(zlib.compress(PROGRAM), head=b" " * 5_000),
    "more object streams than a paper has": object_stream(zlib.compress(b"<<>>")) * 1_001,
    "beginnings of object streams": b"/ObjStm stream\n" * (ROOM // 15),
    "one content for all of them": b"/ObjStm stream\n" * 900 + zlib.compress(b"0" * 4_000_000),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_program_that_hides_is_found(name: str) -> None:
    assert problem_of(pdf(HIDDEN[name])) is OnboardingProblem.PAPER_ACTIVE


@pytest.mark.parametrize("name", CLOSED)
def test_what_cannot_be_looked_into_is_no_paper(name: str) -> None:
    assert problem_of(pdf(CLOSED[name])) is OnboardingProblem.NO_PDF


def test_beginnings_without_an_end_are_gone_through_once() -> None:
    """Gone through once for each of them, this takes days."""
    assert problem_of(pdf(b"stream\n" * (ROOM // 7))) is None
    assert problem_of(pdf(b"stream\nendstream" * (ROOM // 16))) is None


def test_plain_papers_are_kept() -> None:
    packed = object_stream(zlib.compress(b"<</Type/Page>>" * 9_000))
    assert problem_of(pdf(packed * 50, stream(PROGRAM))) is None
