"""The signed mark in a document's code: checked without asking anybody, told from every other text, no value in it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from typer.testing import CliRunner

from connectors.contracts.documents import DocumentRequest
from connectors.documents.certificates import publish_seal, published_seals
from connectors.documents.imprint import data_digest
from connectors.documents.mark import MARK_TYPE, MarkRefused, document_mark, marked_address, verify_mark
from connectors.documents.qr import qr_svg
from connectors.documents.seal import SealKey, software_key
from connectors.documents.seal_key import SealIdentity, ensure_seal_key
from idp.cli.document import commands
from tests.connectors.documents.conftest import RunningAuthority
from tests.connectors.documents.examples import PERSON, document_request


@pytest.fixture(scope="module")
def asked(identity: SealIdentity) -> DocumentRequest:
    """A request of a moment at which the seal's certificate was in force."""
    return replace(document_request("person", PERSON), issued_at=identity.chain[0].not_valid_before_utc)


@pytest.fixture(scope="module")
def key(identity: SealIdentity) -> SealKey:
    return software_key(identity.key, identity.chain)


def test_a_mark_says_who_what_and_when_and_holds_no_value(
    asked: DocumentRequest, key: SealKey, identity: SealIdentity
) -> None:
    address = marked_address(asked, key=key)
    said = verify_mark(address, seals=identity.chain)
    assert (said.issuer, said.document_id) == ("http://data.localhost:8001", asked.document_id)
    assert said.issued_at == asked.issued_at.replace(microsecond=0)
    assert said.data_sha256 == data_digest(asked)
    assert "ตราประทับ" in said.signer
    claims = json.loads(urlsafe_b64decode(address.rpartition("#")[2].split(".")[1].encode()))
    assert set(claims) == {"iss", "jti", "iat", "dh"}
    assert address.startswith(asked.verify_url + "#")


def test_the_code_that_carries_it_is_small_enough_to_print(asked: DocumentRequest, key: SealKey) -> None:
    """Version 15 at most: 77 modules and the quiet zone on 27 mm are 0.3 mm each, what a phone reads from paper."""
    view = qr_svg(marked_address(asked, key=key)).split('viewBox="')[1].split('"')[0]
    assert int(view.split()[2]) <= 77 + 8


def test_any_jose_library_checks_it_with_the_published_certificate(
    asked: DocumentRequest, key: SealKey, identity: SealIdentity, tmp_path: Path
) -> None:
    publish_seal(tmp_path / "seals", identity.chain[0])
    publish_seal(tmp_path / "seals", identity.chain[0])
    (seal,) = published_seals(tmp_path / "seals")
    checked = jws.deserialize_compact(
        document_mark(asked, key=key), ECKey.import_key(seal.public_key()), algorithms=["ES256"]
    )
    assert json.loads(checked.payload)["jti"] == asked.document_id


def test_the_same_document_has_the_same_mark(asked: DocumentRequest, key: SealKey) -> None:
    assert document_mark(asked, key=key) == document_mark(asked, key=key)


def test_what_was_changed_or_is_of_another_seal_is_refused(
    asked: DocumentRequest, key: SealKey, identity: SealIdentity, running: RunningAuthority, tmp_path: Path
) -> None:
    mark = document_mark(asked, key=key)
    header, payload, signature = mark.split(".")
    claims = json.loads(urlsafe_b64decode(payload.encode()))
    other_claims = urlsafe_b64encode(json.dumps(claims | {"jti": "TUA-1"}).encode()).decode()
    unsigned = urlsafe_b64encode(b'{"alg":"none","typ":"dm+jws"}').decode()
    for forged in (f"{header}.{other_claims}.{signature}", f"{unsigned}.{payload}.", mark[:-4], "", "x" * 4000):
        with pytest.raises(MarkRefused):
            verify_mark(forged, seals=identity.chain)
    stranger = ensure_seal_key(tmp_path / "other", f"{running.url}/ca", "other")
    with pytest.raises(MarkRefused, match="known"):
        verify_mark(mark, seals=stranger.chain)
    with pytest.raises(MarkRefused, match="known"):
        verify_mark(mark, seals=())


def test_another_token_of_the_same_key_is_no_mark(asked: DocumentRequest, key: SealKey, identity: SealIdentity) -> None:
    """RFC 8725 section 3.11: a token of one kind is not taken for one of another."""
    kid = json.loads(urlsafe_b64decode(document_mark(asked, key=key).split(".")[0].encode()))["kid"]
    for header in ({"alg": "ES256", "kid": kid}, {"alg": "ES256", "kid": kid, "typ": "JWT"}):
        other = jws.serialize_compact(header, b"{}", ECKey.import_key(identity.key), algorithms=["ES256"])
        with pytest.raises(MarkRefused):
            verify_mark(other, seals=identity.chain)
    empty = {"alg": "ES256", "kid": kid, "typ": MARK_TYPE}
    for payload in (b"{}", b"[]", b"1", b'{"iat":9e99,"iss":"","jti":"","dh":""}'):
        other = jws.serialize_compact(empty, payload, ECKey.import_key(identity.key), algorithms=["ES256"])
        with pytest.raises(MarkRefused):
            verify_mark(other, seals=identity.chain)


@pytest.mark.parametrize("header", [b'["alg"]', b'"alg"', b"[" * 1400])
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    """Anybody can write one: it is read before any signature is."""
    certificates: list[x509.Certificate] = []
    with pytest.raises(MarkRefused):
        verify_mark(f"{urlsafe_b64encode(header).decode()}.e30.AA", seals=certificates)


def test_a_mark_from_before_the_certificate_is_refused(
    asked: DocumentRequest, key: SealKey, identity: SealIdentity
) -> None:
    early = replace(asked, issued_at=asked.issued_at - timedelta(days=2))
    with pytest.raises(MarkRefused, match="in force"):
        verify_mark(document_mark(early, key=key), seals=identity.chain)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    certificates: list[x509.Certificate] = []
    with pytest.raises(MarkRefused):
        verify_mark(text, seals=certificates)


def test_a_paper_is_checked_with_a_trust_folder_on_the_command_line(
    asked: DocumentRequest, key: SealKey, identity: SealIdentity, running: RunningAuthority, tmp_path: Path
) -> None:
    (tmp_path / "root.pem").write_bytes(running.authority.root_pem)
    publish_seal(tmp_path / "seals", identity.chain[0])
    run, address = CliRunner(), marked_address(asked, key=key)
    good = run.invoke(commands, ["verify", "--payload", address, "--trust", str(tmp_path), "--json"])
    assert good.exit_code == 0
    assert json.loads(good.output)["document_id"] == asked.document_id
    assert asked.document_id in run.invoke(commands, ["verify", "--payload", address, "--trust", str(tmp_path)]).output
    assert run.invoke(commands, ["verify", "--payload", address[:-3], "--trust", str(tmp_path)]).exit_code == 1
    assert run.invoke(commands, ["verify", "--payload", address, "--trust", str(tmp_path / "none")]).exit_code == 2
    # a certificate that somebody put there, and that no trusted root issued, makes nothing genuine
    (tmp_path / "root.pem").write_bytes(running.authority.tsa_root_pem)
    assert run.invoke(commands, ["verify", "--payload", address, "--trust", str(tmp_path)]).exit_code == 1
