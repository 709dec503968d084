"""Is what somebody sent a paper? Judged by its bytes, pure; nothing in it is run, and little of it is inflated.

Every step goes through the bytes once: whoever applies may send anything, and nobody else waits for it.
"""

import re
import zlib
from typing import Final

from idp.agencies.onboarding.model import PAPER_BYTES, OnboardingProblem

_TAIL: Final = 2048
_INFLATED: Final = 8 * 1024 * 1024
"""Bytes of all object streams together that are looked at: ours are papers of a few pages, not archives."""
_MOST_OBJECT_STREAMS: Final = 1_000
_LONGEST_HEAD: Final = 1_000
"""Bytes between the name of an object stream's kind and its content."""
_CHUNK: Final = 16 * 1024
_ACTIVE: Final = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)(?![A-Za-z])"
)
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM: Final = re.compile(rb"stream\r?\n")
_END: Final = b"endstream"
# ISO 32000-2, 7.3.5: any character of a name may be written as `#` and two digits
_OBJECT_STREAM: Final = re.compile(b"/" + b"".join(b"(?:%c|(?i:#%02x))" % (one, one) for one in b"ObjStm"))
_BEGIN: Final = re.compile(rb"stream(?:\r\n|\n|\r)")


def problem_of(content: bytes) -> OnboardingProblem | None:
    """Why this is no paper that may be kept; None for a plain PDF.

    Programs inside a PDF are refused by their names, also where these are spelled with escapes or lie in object
    streams; an object stream that cannot be looked into is refused. Whoever reads it gets it as a download of their
    own choice all the same.
    """
    if len(content) > PAPER_BYTES:
        return OnboardingProblem.PAPER_TOO_LARGE
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-_TAIL:] or b"/Encrypt" in content:
        return OnboardingProblem.NO_PDF
    plain = _plain(content)
    if plain is None:
        return OnboardingProblem.NO_PDF
    # what is compressed looks like any name by chance: only what is written out is read
    return OnboardingProblem.PAPER_ACTIVE if any(_is_active(one) for one in (_written(content), *plain)) else None


def _written(content: bytes) -> bytes:
    """What stands outside of streams; a stream that does not end is none."""
    parts, at = list[bytes](), 0
    while (begin := _STREAM.search(content, at)) is not None:
        end = content.find(_END, begin.end())
        if end < 0:
            break
        parts.append(content[at : begin.start()])
        at = end + len(_END)
    return b"".join((*parts, content[at:]))


def _plain(content: bytes) -> list[bytes] | None:
    """The object streams inflated; None where one cannot be, or they would take more than a paper needs."""
    view, found = memoryview(content), list[bytes]()
    to_read, to_write = len(content), _INFLATED
    for match in _OBJECT_STREAM.finditer(content):
        begin = _BEGIN.search(content, match.end(), match.end() + _LONGEST_HEAD)
        if begin is None or len(found) == _MOST_OBJECT_STREAMS:
            return None
        text, read = _inflated(view[begin.end() :], to_write)
        to_read, to_write = to_read - read, to_write - len(text)
        if not read or to_read < 0 or to_write <= 0:
            return None
        found.append(text)
    return found


def _inflated(content: memoryview, most: int) -> tuple[bytes, int]:
    """What a compressed beginning of these bytes says, `most` bytes of it, and how many it took; 0 for none."""
    inflating, parts, read = zlib.decompressobj(), list[bytes](), 0
    try:
        while not inflating.eof and read < len(content) and most > 0:
            chunk = content[read : read + _CHUNK]
            parts.append(inflating.decompress(chunk, most))
            read += len(chunk) - len(inflating.unused_data) - len(inflating.unconsumed_tail)
            most -= len(parts[-1])
    except zlib.error:
        return b"", 0
    return b"".join(parts), read


def _is_active(text: bytes) -> bool:
    if _ACTIVE.search(text) is not None:
        return True
    return b"#" in text and _ACTIVE.search(_ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), text)) is not None
