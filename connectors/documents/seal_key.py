"""The seal's key on disk: made once, certified by an authority, then only read."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from connectors.contracts.errors import DocumentError
from connectors.documents.certificates import load_certificates

KEY_FILE = "seal.key"
CHAIN_FILE = "seal-chain.pem"
ISSUE_PATH = "/issue"
REQUEST_TYPE = "application/pkcs10"
TIMEOUT_SECONDS = 10.0
LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True, repr=False)
class SealIdentity:
    """A seal's private key with its certificates, leaf first, root left out."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]


def ensure_seal_key(folder: Path, ca_url: str, common_name: str) -> SealIdentity:
    """Read the seal's key and chain from `folder`, or make the key and have `<ca_url>/issue` certify it.

    The folder appears whole or not at all; the key's file has mode 0600. Blocks; call it before the event loop runs.
    Raises DocumentError when `common_name` is empty or longer than 64 bytes of UTF-8, or when the authority gives no
    certificate for this key.
    """
    if not (folder / CHAIN_FILE).is_file():
        key = ec.generate_private_key(ec.SECP256R1())
        chain_pem = _ask_authority(ca_url, _certificate_request(key, common_name))
        _store(folder, key, chain_pem)
    return load_seal_key(folder)


def load_seal_key(folder: Path) -> SealIdentity:
    """Read what `ensure_seal_key` stored. Raises DocumentError when it cannot be read or does not belong together."""
    try:
        key = load_pem_private_key((folder / KEY_FILE).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as fault:
        raise DocumentError("the seal's key cannot be read") from fault
    chain = load_certificates(folder / CHAIN_FILE)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != chain[0].public_key():
        raise DocumentError("the seal's key and certificate do not belong together")
    return SealIdentity(key, chain)


def _certificate_request(key: ec.EllipticCurvePrivateKey, common_name: str) -> bytes:
    # RFC 5280 appendix A.1: ub-common-name INTEGER ::= 64; the library counts bytes
    if not 1 <= len(common_name.encode()) <= LONGEST_COMMON_NAME:
        raise DocumentError("the seal's common name is empty or too long")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM)


def _ask_authority(ca_url: str, request_pem: bytes) -> bytes:
    try:
        response = httpx2.post(
            ca_url.rstrip("/") + ISSUE_PATH,
            content=request_pem,
            headers={"Content-Type": REQUEST_TYPE},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
    except httpx2.HTTPError as fault:
        raise DocumentError(f"the certification authority gave no answer: {type(fault).__name__}") from fault
    if response.status_code != httpx2.codes.OK:
        raise DocumentError(f"the certification authority answered HTTP {response.status_code}")
    return response.content


def _store(folder: Path, key: ec.EllipticCurvePrivateKey, chain_pem: bytes) -> None:
    """Write into a new folder beside `folder`, check that it can be read, then put it in place with one rename."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir(mode=0o700)
        (made / CHAIN_FILE).write_bytes(chain_pem)
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(made / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key_pem)
        load_seal_key(made)
        if folder.exists():
            folder.rmdir()  # an empty folder is put away; one that holds anything else is not ours to replace
        made.rename(folder)
