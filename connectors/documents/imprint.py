"""What a document says of itself to programs: ETDA's and our own properties in its XMP metadata (ISO 16684-1).

The typesetter has no place for them. Its file is a plain one, with one table of where each object stands; the metadata
are replaced in it and the table is moved along, because reading and writing the whole file again costs a third of a
page's time and a second for a long list (docs/adr/0004). Same file, same bytes.

Facts: facts/thai-registries, section 7.1 (ETDA's schema); ISO 19005-3, section 6.6.2.3 (extension schemas).
"""

import hashlib
import re
from typing import Final
from xml.sax.saxutils import escape

from connectors.contracts.documents import DocumentRequest
from connectors.contracts.errors import DocumentError
from connectors.documents.content_information import FILE_NAME

ETDA_NAMESPACE: Final = "urn:etda:pdfa:ElectronicDocument:1p0:standard#"
ETDA_VERSION: Final = "1.0"
DOCUMENT_OID: Final = "2.16.764.9999.2.1"  # demonstration only: an arc nobody else uses
OWN_NAMESPACE: Final = "urn:tuaton:document:1.0#"

_TRAILER: Final = re.compile(rb"trailer\s*<<.*?/Root (\d+) 0 R.*?>>\s*startxref\s+(\d+)\s+%%EOF\s*\Z", re.DOTALL)
_TABLE: Final = re.compile(rb"xref\r?\n0 (\d+)\r?\n")
_METADATA: Final = re.compile(rb"/Metadata (\d+) 0 R")
_STREAM: Final = re.compile(rb"(\d+ 0 obj\s*<<[^>]*?/Length )(\d+)([^>]*>>\s*stream\r?\n)")
_ENTRY_SIZE: Final = 20  # bytes, ISO 32000-2 section 7.5.4
_PAGES: Final = re.compile(rb"<xmpTPg:NPages>(\d+)</xmpTPg:NPages>")
_END_OF_SCHEMAS: Final = b"</rdf:Bag></pdfaExtension:schemas>"
_END_OF_DESCRIPTION: Final = b"</rdf:Description></rdf:RDF>"

_ETDA_SCHEMA: Final = (
    "Electronic Document PDFA Extension Schema",
    ETDA_NAMESPACE,
    "ed",
    (
        ("DocumentFileName", "Name of the embedded XML file"),
        ("DocumentVersion", "Version of the electronic document standard"),
        ("DocumentReferenceID", "Number of the document"),
        ("DocumentOID", "Object identifier of the kind of document"),
    ),
)
_OWN_SCHEMA: Final = (
    "Sealed extract of a registry record",
    OWN_NAMESPACE,
    "tuaton",
    (
        ("DocumentID", "Number of the document"),
        ("AuditEntry", "Entry of the issuer's log that stands for the release"),
        ("DataSHA256", "SHA-256 of the attached record, hexadecimal"),
    ),
)


def imprint(pdf: bytes, request: DocumentRequest) -> tuple[bytes, int]:
    """The typesetter's file with the document's number, log entry and data hash in its metadata; how many pages it has.

    Raises DocumentError when the file is not laid out as this typesetter does.
    """
    try:
        start, end = _stream_of_metadata(pdf)
    except ValueError:
        raise DocumentError("the typesetter's file is not laid out as it was") from None
    metadata = pdf[start:end]
    pages = _PAGES.search(metadata)
    if pages is None:
        raise DocumentError("the typesetter's metadata do not tell how many pages there are")
    return _with_stream(pdf, start, end, _with_properties(metadata, request)), int(pages.group(1))


def data_digest(request: DocumentRequest) -> str:
    """SHA-256 of the attached record, hexadecimal: the same in the metadata, on the page's mark and in the log."""
    return hashlib.sha256(request.data_json).hexdigest()


def _with_properties(metadata: bytes, request: DocumentRequest) -> bytes:
    if metadata.count(_END_OF_DESCRIPTION) != 1:
        raise DocumentError("the typesetter's metadata are not what they were")
    properties = "".join(
        f"<{name}>{escape(value)}</{name}>"
        for name, value in (
            ("ed:DocumentFileName", FILE_NAME),
            ("ed:DocumentVersion", ETDA_VERSION),
            ("ed:DocumentReferenceID", request.document_id),
            ("ed:DocumentOID", DOCUMENT_OID),
            ("tuaton:DocumentID", request.document_id),
            ("tuaton:AuditEntry", request.audit_entry_id),
            ("tuaton:DataSHA256", data_digest(request)),
        )
    )
    described = (
        f'</rdf:Description><rdf:Description rdf:about="" xmlns:ed="{ETDA_NAMESPACE}" xmlns:tuaton="{OWN_NAMESPACE}">'
        f"{properties}</rdf:Description></rdf:RDF>"
    ).encode()
    # ISO 19005-3 section 6.6.2.3.1: properties of other schemas than those of XMP 2005 "shall" have a description of
    # their schema embedded; a file that is not PDF/A needs none and has no place for one
    schemas = (_schema(*_ETDA_SCHEMA) + _schema(*_OWN_SCHEMA)).encode() + _END_OF_SCHEMAS
    return metadata.replace(_END_OF_SCHEMAS, schemas, 1).replace(_END_OF_DESCRIPTION, described, 1)


def _schema(name: str, namespace: str, prefix: str, properties: tuple[tuple[str, str], ...]) -> str:
    described = "".join(
        '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
        f"<pdfaProperty:description>{escape(meaning)}</pdfaProperty:description><pdfaProperty:name>{one}"
        "</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
        for one, meaning in properties
    )
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{name}</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{namespace}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{described}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )


def _stream_of_metadata(pdf: bytes) -> tuple[int, int]:
    """Where the metadata begin and end: found by reference, so that nothing a record holds is taken for them."""
    root, table = _root_and_table(pdf)
    catalogue = _offset(pdf, table, root)
    named = _METADATA.search(pdf, catalogue, pdf.index(b"endobj", catalogue))
    if named is None:
        raise DocumentError("the typesetter's file has no metadata")
    head = _STREAM.match(pdf, _offset(pdf, table, int(named.group(1))))
    if head is None:
        raise DocumentError("the typesetter's metadata are not what they were")
    return head.end(), head.end() + int(head.group(2))


def _root_and_table(pdf: bytes) -> tuple[int, int]:
    """The number of the catalogue, and where the table's first entry stands."""
    trailer = _TRAILER.search(pdf, pdf.rindex(b"trailer"))
    table = None if trailer is None else _TABLE.match(pdf, int(trailer.group(2)))
    if trailer is None or table is None:
        raise DocumentError("the typesetter's file has no plain table of objects")
    return int(trailer.group(1)), table.end()


def _offset(pdf: bytes, table: int, number: int) -> int:
    return int(pdf[table + number * _ENTRY_SIZE :][:10])


def _with_stream(pdf: bytes, start: int, end: int, content: bytes) -> bytes:
    """The file with other content in one stream, its length, and everything behind it found where it now stands."""
    _, table = _root_and_table(pdf)
    head_at = pdf.rindex(b" 0 obj", 0, start)
    length = pdf[head_at:start].replace(b"/Length %d" % (end - start), b"/Length %d" % len(content), 1)
    moved = len(length) - (start - head_at) + len(content) - (end - start)
    count_at = pdf.rindex(b"xref", 0, table)
    entries_end = pdf.index(b"trailer", table)
    entries = b"".join(
        _moved(pdf[at : at + _ENTRY_SIZE], behind=start, by=moved) for at in range(table, entries_end, _ENTRY_SIZE)
    )
    tail = pdf[entries_end:].replace(b"startxref\n%d" % count_at, b"startxref\n%d" % (count_at + moved), 1)
    return pdf[:head_at] + length + content + pdf[end:table] + entries + tail


def _moved(entry: bytes, *, behind: int, by: int) -> bytes:
    offset = int(entry[:10])
    is_behind = entry[17:18] == b"n" and offset > behind
    return b"%010d" % (offset + by) + entry[10:] if is_behind else entry
