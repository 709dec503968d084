"""What a document says of itself to programs: the record twice, ETDA's and our own properties, and nothing else."""

import hashlib
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.documents import Delivery, SealedDocument
from connectors.contracts.errors import DocumentError
from connectors.documents.content_information import NAMESPACE, content_information
from connectors.documents.imprint import imprint
from connectors.documents.render import Renderer
from tests.connectors.documents.examples import COMPANY, PERSON, document_request
from tests.connectors.documents.test_sealing import qpdf_check

ED = "{urn:etda:pdfa:ElectronicDocument:1p0:standard#}"
OWN = "{urn:tuaton:document:1.0#}"


@pytest.fixture(scope="module")
def renderer(fonts_dir: Path) -> Renderer:
    return Renderer(fonts_dir=fonts_dir)


@pytest.mark.parametrize("delivery", list(Delivery))
def test_the_metadata_name_document_log_entry_and_data(renderer: Renderer, delivery: Delivery, tmp_path: Path) -> None:
    request = document_request("company", COMPANY)
    pdf, pages = imprint(renderer.render(request, delivery=delivery, seal_name="x"), request)
    assert qpdf_check(pdf, tmp_path).returncode == 0
    with pikepdf.open(BytesIO(pdf)) as document:
        assert pages == len(document.pages)
        said = dict(document.open_metadata())
        raw = document.Root.Metadata.read_bytes().decode()
    assert said[f"{OWN}DocumentID"] == said[f"{ED}DocumentReferenceID"] == request.document_id
    assert said[f"{OWN}AuditEntry"] == request.audit_entry_id
    assert said[f"{OWN}DataSHA256"] == hashlib.sha256(request.data_json).hexdigest()
    assert said[f"{ED}DocumentFileName"] == "ContentInformation.xml"
    assert said[f"{ED}DocumentVersion"] == "1.0"
    assert said[f"{ED}DocumentOID"].startswith("2.16.764.")
    # ISO 19005-3 section 6.6.2.3.1: each property of a schema that XMP does not know is described
    described = [name.rpartition("}")[2] for name in said if name.startswith((ED, OWN))]
    is_archivable = delivery is not Delivery.PASSWORD
    assert all((f"<pdfaProperty:name>{name}<" in raw) == is_archivable for name in described)


def test_the_same_request_gives_the_same_bytes(renderer: Renderer, fonts_dir: Path) -> None:
    request = document_request("person", PERSON)
    made = [
        imprint(one.render(request, delivery=Delivery.SEALED, seal_name="x"), request)[0]
        for one in (renderer, renderer, Renderer(fonts_dir=fonts_dir))
    ]
    assert made[0] == made[1] == made[2]
    assert made[0].endswith(b"%%EOF\n")


def test_no_value_is_taken_for_the_metadata(renderer: Renderer, tmp_path: Path) -> None:
    """Metadata are found by reference: a name that looks like them, or like the end of the file, changes nothing."""
    hostile = "<?xpacket begin?></rdf:Description></rdf:RDF> /Metadata 1 0 R endobj trailer startxref 9 %%EOF"
    request = document_request("person", PERSON | {"name_th": hostile}, audit_entry_id="<&>\"'", document_id="<a&b>")
    pdf, _ = imprint(renderer.render(request, delivery=Delivery.SEALED, seal_name="x"), request)
    assert qpdf_check(pdf, tmp_path).returncode == 0
    with pikepdf.open(BytesIO(pdf)) as document:
        assert dict(document.open_metadata())[f"{OWN}AuditEntry"] == "<&>\"'"
        assert dict(document.open_metadata())[f"{OWN}DocumentID"] == "<a&b>"
        assert json.loads(document.attachments["data.json"].get_file().read_bytes())["fields"]["name_th"] == hostile


def test_a_file_laid_out_otherwise_is_refused(renderer: Renderer) -> None:
    request = document_request("person", PERSON)
    pdf = renderer.render(request, delivery=Delivery.SEALED, seal_name="x")
    rewritten = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        document.save(rewritten, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    without_pages = pdf.replace(b"xmpTPg:NPages>1", b"xmpTPg:NPagez>1")
    for other in (rewritten.getvalue(), without_pages, b"trailer", b"%PDF-1.7"):
        with pytest.raises(DocumentError):
            imprint(other, request)


def test_the_xml_twin_is_attached_as_the_alternative_and_says_the_same(renderer: Renderer) -> None:
    request = document_request("company", COMPANY)
    pdf = renderer.render(request, delivery=Delivery.SEALED, seal_name="x")
    with pikepdf.open(BytesIO(pdf)) as document:
        xml = document.attachments["ContentInformation.xml"].get_file().read_bytes()
        relations = {str(named.F): str(named.AFRelationship) for named in document.Root.AF}
        types = {str(named.F): str(named.EF.F.Subtype) for named in document.Root.AF}
    assert relations == {"ContentInformation.xml": "/Alternative", "data.json": "/Source"}
    assert types == {"ContentInformation.xml": "/text/xml", "data.json": "/application/json"}
    root = fromstring(xml)
    fields = {one.get("name"): one for one in root.iterfind(f"{{{NAMESPACE}}}Content/{{{NAMESPACE}}}Field")}
    assert list(fields) == list(COMPANY)
    assert fields["name_th"].text == COMPANY["name_th"]
    names = [one.text for one in fields["directors"].iter(f"{{{NAMESPACE}}}Column") if one.get("name") == "name"]
    assert names == [row["name"] for row in COMPANY["directors"]]


@given(st.dictionaries(st.text(max_size=8), st.text() | st.lists(st.text()) | st.none() | st.integers(), max_size=4))
def test_whatever_a_record_holds_the_xml_can_be_read(fields: dict[str, object]) -> None:
    request = replace(document_request("person", {}), purpose="<!DOCTYPE x [<!ENTITY e 'e'>]>&e;\x00")
    root = fromstring(content_information(request, fields, {}).encode("utf-8"))
    assert len(root.findall(f"{{{NAMESPACE}}}Content/{{{NAMESPACE}}}Field")) == len(fields)
    assert "&e;[U+0000]" in (root.findtext(f"{{{NAMESPACE}}}Purpose") or "")


def test_sealing_leaves_what_the_document_says_of_itself(sealed: SealedDocument) -> None:
    """Byte for byte, with the prefix `ed` that readers of ETDA's form look for; it holds in years too."""
    with pikepdf.open(BytesIO(sealed.pdf)) as document:
        metadata = document.Root.Metadata.read_bytes()
    assert sealed.pdf.count(metadata) == 1
    for told in (b"<ed:DocumentReferenceID>", b"<tuaton:DataSHA256>", b"<pdfaSchema:prefix>ed<", b"<pdfaid:part>3<"):
        assert told in metadata
