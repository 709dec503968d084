"""Authorities that answer without end, or certificates nobody vouches for: nobody is held up, nobody else asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connectors.contracts.documents import SealedDocument
from connectors.contracts.errors import AuthorityUnavailable, DocumentError, TimestampUnavailable
from connectors.documents.archive import Proofs, SealFacts, seal_facts
from connectors.documents.authority_client import AuthorityClient
from connectors.documents.revocation import ProofSource
from connectors.documents.seal_key import ensure_seal_key
from connectors.documents.timestamp import REPLY_TYPE, TimestampClient
from connectors.simulators.authority.routes import Authority, authority_routes
from tests.connectors.authority.serving import address_of, free_listener, served, wall_clock
from tests.connectors.documents.conftest import RunningAuthority, Seal
from tests.connectors.documents.examples import PERSON, document_request


async def drip(_: Request) -> Response:
    """A byte now and then, each well within the time for one read, and never an end."""

    async def bytes_without_end() -> AsyncIterator[bytes]:
        while True:
            yield b"\x30"
            await asyncio.sleep(0.05)

    return StreamingResponse(bytes_without_end(), media_type=REPLY_TYPE)


@pytest.fixture
def dripping() -> Iterator[str]:
    with served([Route("/tsa", drip, methods=["POST"])]) as url:
        yield f"{url}/tsa"


def test_a_time_stamp_that_comes_byte_by_byte_is_given_up(dripping: str, running: RunningAuthority) -> None:
    async def ask() -> None:
        client = TimestampClient(url=dripping, trust_roots=[running.tsa_root], timeout_seconds=0.5)
        try:
            await client.timestamp(b"\x00" * 32)
        finally:
            await client.aclose()

    with pytest.raises(TimestampUnavailable, match="TimeoutError"):
        asyncio.run(ask())


@pytest.mark.parametrize("address", ["http://[", "http://", "http://a:99999999/", "http://127.0.0.1:9/crl"])
def test_an_address_that_leads_nowhere_is_an_authority_that_is_away(address: str) -> None:
    """Certificates name it: what stands there must not end the work on all other documents."""

    async def ask() -> None:
        client = AuthorityClient(connect_to=None, timeout_seconds=0.5, longest_answer_seconds=0.5)
        try:
            await client.ask("GET", address)
        finally:
            await client.aclose()

    with pytest.raises(AuthorityUnavailable):
        asyncio.run(ask())


def proofs_of(facts: SealFacts, root: x509.Certificate, tsa_root: x509.Certificate) -> Proofs:
    async def ask() -> Proofs:
        source = ProofSource(roots=[root], tsa_roots=[tsa_root], now=wall_clock, longest_answer_seconds=0.5)
        try:
            return await source.proofs(facts)
        finally:
            await source.aclose()

    return asyncio.run(ask())


def test_a_statement_that_comes_byte_by_byte_is_given_up_for_the_list(seal: Seal, tmp_path: Path) -> None:
    listener = free_listener()
    authority = Authority(tmp_path / "pki", clock=wall_clock, reached_at=address_of(listener))
    root, tsa_root = (x509.load_pem_x509_certificate(pem) for pem in (authority.root_pem, authority.tsa_root_pem))
    slow = [Route(f"/{part}/ocsp", drip, methods=["POST"]) for part in ("ca", "tsa")]
    with served([*slow, *authority_routes(authority)], listener) as url:
        identity = ensure_seal_key(tmp_path / "key", f"{url}/ca", "x")
        document = seal(
            document_request("person", PERSON), seal_key=identity.key, seal_chain=identity.chain,
            tsa_url=f"{url}/tsa", seal_roots=[root], tsa_roots=[tsa_root],
        )  # fmt: skip
        proofs = proofs_of(seal_facts(document.pdf), root, tsa_root)
    assert (len(proofs.ocsps), len(proofs.crls)) == (0, 2)


def test_whoever_a_certificate_names_is_asked_only_when_a_trusted_root_issued_it(
    sealed: SealedDocument, running: RunningAuthority
) -> None:
    """A time-stamp's certificates are no signed part of it: who stands between could add one that names any address."""
    asked: list[str] = []

    async def inside(request: Request) -> Response:
        asked.append(request.url.path)
        return Response(b"")

    with served([Route("/internal", inside, methods=["GET", "POST"])]) as url:
        place = x509.UniformResourceIdentifier(f"{url}/internal")
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        key, name, now = ec.generate_private_key(ec.SECP256R1()), running.tsa_root.subject, wall_clock()
        planted = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.AuthorityInformationAccess([access]), critical=False)
            .sign(key, hashes.SHA256())
        )
        facts = seal_facts(sealed.pdf)
        chain = (facts.tsa_certificates[0], planted.public_bytes(Encoding.DER))
        with pytest.raises(DocumentError, match="no trusted root"):
            proofs_of(replace(facts, tsa_certificates=chain), running.root, running.tsa_root)
    assert asked == []
