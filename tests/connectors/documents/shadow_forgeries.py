"""The shadow attacks: what is shown later was in the file already when it was sealed, and hidden."""

import re
from collections.abc import Callable
from typing import Final

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.connectors.documents.forgeries import PAID, Forge, appended, name, numbers, page_of, picture, record


# Shadow attacks: what is shown later was in the signed file already. `shadowed` is done before the seal.
def shadowed(writer: IncrementalPdfFileWriter) -> None:
    """Prepares a file for all three: a picture over the text, a second content, and a catalogue that leads to it."""
    page = page_of(writer)
    over = writer.add_object(StreamObject(stream_data=b"1 1 1 rg 0 0 595 842 re f"))
    first = page.raw_get("/Contents")
    page["/Contents"] = ArrayObject([first, over])
    other = writer.add_object(StreamObject(stream_data=PAID))
    writer.root["/ShadowOver"], writer.root["/ShadowText"] = over, other
    second = DictionaryObject({key: page.raw_get(key) for key in page})
    second["/Contents"] = other
    page_again = writer.add_object(second)
    pages = writer.add_object(record(Type=name("Pages"), Kids=ArrayObject([page_again]), Count=NumberObject(1)))
    catalogue = DictionaryObject({key: writer.root.raw_get(key) for key in writer.root})
    catalogue["/Pages"] = pages
    writer.root["/ShadowRoot"] = writer.add_object(catalogue)
    writer.update_root()
    writer.mark_update(page.container_ref)


def _table(entries: Callable[[bytes], dict[int, bytes]], root: Callable[[bytes], int] | None = None) -> Forge:
    """A cross-reference table alone is appended: no object is new, some are found elsewhere, or not at all."""

    def forge(pdf: bytes) -> bytes:
        trailer = pdf[pdf.rindex(b"trailer") :]
        last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
        rows = b"".join(b"%d 1\n%s" % entry for entry in sorted(entries(pdf).items()))
        named = root(pdf) if root is not None else int(re.findall(rb"/Root (\d+) 0 R", trailer)[-1])
        size, information = re.findall(rb"/Size (\d+)", trailer)[-1], re.findall(rb"/Info (\d+) 0 R", trailer)[-1]
        place = len(pdf)
        return pdf + b"xref\n%strailer\n<</Size %s /Root %d 0 R /Info %s 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
            rows or b"0 0\n", size, named, information, last, place,
        )  # fmt: skip

    return forge


def _number(key: str) -> Callable[[bytes], int]:
    return lambda pdf: int(re.findall(rb"/%s (\d+) 0 R" % key.encode(), pdf)[-1])


def _place(pdf: bytes, number: int) -> int:
    return pdf.rindex(b"\n%d 0 obj" % number) + 1


def _free(key: str) -> Forge:
    return _table(lambda pdf: {_number(key)(pdf): b"0000000000 65535 f \n"})


def _points_to(what: str, where: str) -> Forge:
    return _table(lambda pdf: {_number(what)(pdf): b"%010d 00000 n \n" % _place(pdf, _number(where)(pdf))})


def _without_over(writer: IncrementalPdfFileWriter) -> None:
    page = page_of(writer)
    page["/Contents"] = ArrayObject([page.raw_get("/Contents")[0]])
    writer.mark_update(page.container_ref)


def _emptied(key: str) -> Forge:
    def empty(writer: IncrementalPdfFileWriter) -> None:
        stream = writer.root[key]
        stream._data, stream._encoded_data = b"", None
        writer.mark_update(stream.container_ref)

    return appended(empty)


SHADOW_HIDE: Final[dict[str, Forge]] = {
    "over_is_freed": _free("ShadowOver"),
    "over_is_emptied": _emptied("/ShadowOver"),
    "over_is_left_out": appended(_without_over),
    "over_is_text": _points_to("ShadowOver", "ShadowText"),
    "over_is_nowhere": _table(lambda pdf: {_number("ShadowOver")(pdf): b"%010d 00000 n \n" % 9}),
}


def _over_written(key: str, data: bytes) -> Forge:
    def write(writer: IncrementalPdfFileWriter) -> None:
        stream = writer.root[key]
        stream._data, stream._encoded_data = data, None
        writer.mark_update(stream.container_ref)

    return appended(write)


def _fonts(writer: IncrementalPdfFileWriter) -> None:
    """The letters stand as they did and look like others."""
    fonts = page_of(writer)["/Resources"]["/Font"]
    for key in fonts:
        font = fonts[key]
        font["/Encoding"] = name("WinAnsiEncoding")
        writer.mark_update(font.container_ref)


def _resources(writer: IncrementalPdfFileWriter) -> None:
    page = page_of(writer)
    page["/Resources"] = writer.add_object(record())
    writer.mark_update(page.container_ref)


def _appearance_of_the_field(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/Rect"] = numbers([100, 100, 400, 300])
    field["/AP"] = record(N=writer.add_object(picture()))
    writer.mark_update(field.container_ref)


def _turned(writer: IncrementalPdfFileWriter) -> None:
    page = page_of(writer)
    page["/Rotate"] = NumberObject(180)
    writer.mark_update(page.container_ref)


SHADOW_REPLACE: Final[dict[str, Forge]] = {
    "over_is_written_anew": _over_written("/ShadowOver", PAID),
    "text_is_written_anew": _over_written("/ShadowText", PAID + b" "),
    "fonts": appended(_fonts),
    "resources": appended(_resources),
    "appearance_of_the_field": appended(_appearance_of_the_field),
    "turned": appended(_turned),
}

SHADOW_HIDE_AND_REPLACE: Final[dict[str, Forge]] = {
    "other_catalogue": _table(lambda _: {}, _number("ShadowRoot")),
    "catalogue_found_elsewhere": _points_to("Root", "ShadowRoot"),
    "pages_found_elsewhere": _table(
        lambda pdf: {_number("Pages")(pdf): b"%010d 00000 n \n" % _place(pdf, _number("ShadowRoot")(pdf))}
    ),
    "content_found_elsewhere": _points_to("ShadowText", "ShadowOver"),
    "other_catalogue_and_freed": _table(
        lambda pdf: {_number("ShadowOver")(pdf): b"0000000000 65535 f \n"}, _number("ShadowRoot")
    ),
}
