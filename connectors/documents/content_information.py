"""`ContentInformation.xml`: the record once more, as the XML that ETDA's own tools attach to an electronic document.

Same values as `data.json`, for readers of XML; where the two could differ the JSON is exact. What XML 1.0 cannot hold
is written as its Unicode number in brackets, as on the page. Facts: facts/thai-registries, section 7.1.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from connectors.contracts.documents import DocumentRequest

FILE_NAME: Final = "ContentInformation.xml"
NAMESPACE: Final = "urn:tuaton:content-information:1.0"
LONE_SURROGATES: Final = (0xD800, 0xDFFF)


def content_information(request: DocumentRequest, fields: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """The document's particulars and the record's fields, in the record's order."""
    particulars = (
        ("DocumentReferenceID", request.document_id),
        ("Title", request.title_th),
        ("IssuedTo", request.agency_name),
        ("Purpose", request.purpose),
        ("Source", request.source),
        ("IssuedAt", request.issued_at.isoformat(timespec="seconds")),
    )
    told = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in particulars)
    content = "".join(_elements("Field", fields, labels))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ContentInformation xmlns="{NAMESPACE}">{told}<Content>{content}</Content></ContentInformation>\n'
    )


def _elements(tag: str, values: Mapping[str, Any], labels: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        label = labels.get(name)
        attributes = f" name={_attribute(name)}"
        if isinstance(label, Mapping) and isinstance(label.get("th"), str):
            attributes += f" label={_attribute(label['th'])}"
        columns = label.get("columns") if isinstance(label, Mapping) else None
        yield f"<{tag}{attributes}>{_content(value, columns if isinstance(columns, Mapping) else {})}</{tag}>"


def _content(value: Any, columns: Mapping[str, Any]) -> str:
    match value:
        case Mapping():
            return "".join(_elements("Column", value, columns))
        case list() | tuple():
            return "".join(f"<Entry>{_content(one, columns)}</Entry>" for one in value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return _text(str(value))


def _attribute(value: str) -> str:
    return quoteattr(_allowed(value))


def _text(value: str) -> str:
    return escape(_allowed(value))


def _allowed(value: str) -> str:
    """Letters that XML 1.0 has (section 2.2), others as their number."""
    return value if value.isprintable() else "".join(map(_shown, value))


def _shown(letter: str) -> str:
    number = ord(letter)
    first, last = LONE_SURROGATES
    is_allowed = letter in "\t\n\r" or (
        number >= 0x20 and not first <= number <= last and number not in (0xFFFE, 0xFFFF)
    )
    return letter if is_allowed else f"[U+{number:04X}]"
