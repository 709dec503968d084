"""What stands behind a seal: revisions that make the file last, spelt out byte for byte, and nothing between them.

A reader that follows the cross-reference tables does not see what no table names; one that mends files does, and shows
it. Anybody who reaches the time-stamp authority could have such bytes time-stamped, so they are looked for here.
"""

import re
from typing import Final

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DSSCompareRule,
    FormUpdatingRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)

from connectors.contracts.verdicts import Reason
from connectors.documents.seal_container import Unfit

PROOFS_ALONE: Final = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(ignored_keys={"/AcroForm", "/DSS", "/Extensions"}),
        DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)
"""The proofs and their time-stamps. The usual policy also lets the title, the number and the metadata be rewritten."""

SPACE: Final = rb"[\x00\t\n\f\r ]*"
OBJECT: Final = re.compile(SPACE + rb"(?P<number>\d+) 0 obj(?P<body>[^%]*?)(?P<end>endobj|stream\r?\n)")
LENGTH: Final = re.compile(rb"/Length (\d+)(?! \d+ R)")
STREAM_END: Final = re.compile(SPACE + rb"endstream" + SPACE + rb"endobj")
TABLE: Final = re.compile(
    SPACE + rb"xref\s(?P<rows>[\d nf\r\n]*)trailer(?P<trailer>[^%]*?)startxref\s+\d+\s+%%EOF\r?\n?"
)
SECTION: Final = re.compile(rb"(\d+) (\d+)\s+((?:\d{10} \d{5} [nf][ \r\n]{1,2})*)")
ROW: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])")


def require_proofs_alone(pdf: bytes, reader: PdfFileReader, *, sealed_end: int) -> None:
    """Everything from `sealed_end` on is revisions of objects that their own tables name; every field is signed.

    Raises Unfit.
    """
    place = sealed_end
    while place < len(pdf):
        place = _revision_end(pdf, place)
    fields = reader.root["/AcroForm"]["/Fields"]
    if len(fields) != len(reader.embedded_signatures):
        raise _unfit()


def _revision_end(pdf: bytes, start: int) -> int:
    found: dict[int, int] = {}
    place = start
    while (opened := OBJECT.match(pdf, place)) is not None:
        number = int(opened["number"])
        if number in found:
            raise _unfit()
        found[number] = opened.start("number")
        place = opened.end() if opened["end"] == b"endobj" else _stream_end(pdf, opened)
    table = TABLE.match(pdf, place)
    if table is None or b"obj" in table["trailer"] or _named(table["rows"]) != found:
        raise _unfit()
    return table.end()


def _stream_end(pdf: bytes, opened: re.Match[bytes]) -> int:
    length = LENGTH.search(opened["body"])
    end = None if length is None else STREAM_END.match(pdf, opened.end() + int(length[1]))
    if end is None:
        raise _unfit()
    return end.end()


def _named(rows: bytes) -> dict[int, int]:
    """Where the table says that objects are."""
    named: dict[int, int] = {}
    place = 0
    while (section := SECTION.match(rows, place)) is not None:
        entries = ROW.findall(section[3])
        if len(entries) != int(section[2]):
            raise _unfit()
        for number, (offset, _, kind) in enumerate(entries, int(section[1])):
            # ISO 32000-2 section 7.5.4: "Object number 0 shall always be free"; nothing else is taken away
            if kind == b"n":
                named[number] = int(offset)
            elif number != 0:
                raise _unfit()
        place = section.end()
    if rows[place:].strip():
        raise _unfit()
    return named


def _unfit() -> Unfit:
    return Unfit(Reason.SOMETHING_ADDED)
