"""Certificates between the two libraries that need them: `cryptography` in our own code, asn1crypto inside pyHanko."""

import os
import tempfile
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.contracts.errors import DocumentError

ROOT_FILE, TSA_ROOT_FILE, SEALS_FOLDER = "root.pem", "tsa-root.pem", "seals"
"""What a trust folder holds: the root of seals, the root of time-stamps, the published certificates of seals."""


def to_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate for pyHanko."""
    converted: asn1_x509.Certificate = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    return converted


def load_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Every certificate of a PEM file, in its order. Raises DocumentError when it cannot be read or holds none."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as fault:
        raise DocumentError(f"no certificate can be read from {path.name}") from fault


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer is named in it and its key signed it; dates are not looked at."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def publish_seal(folder: Path, leaf: x509.Certificate) -> None:
    """Put a seal's certificate among the published ones, for whoever checks the marks of documents on paper.

    Each has a file of its own, named by its SHA-256: those of earlier seals stay, as the papers do.
    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = folder / f"{leaf.fingerprint(hashes.SHA256()).hex()}.pem"
    # several processes may start at once, and readers look meanwhile: the file is there whole or not at all
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".new", delete=False) as written:
        written.write(leaf.public_bytes(Encoding.PEM))
        written.flush()
        os.fsync(written.fileno())
    made = Path(written.name)
    made.chmod(0o644)
    made.replace(place)


def published_seals(folder: Path) -> tuple[x509.Certificate, ...]:
    """The certificates that `publish_seal` put there. Raises DocumentError when one cannot be read."""
    return tuple(one for path in sorted(folder.glob("*.pem")) for one in load_certificates(path))
