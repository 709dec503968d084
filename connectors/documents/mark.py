"""The mark in a document's QR code: who issued which document over which data, and when, signed with the seal's key.

A compact JWS (RFC 7515) behind the `#` of the verification address: a phone opens the page, whose server never sees it;
whoever has the seal's published certificate checks the paper without asking anybody. It holds no value of the record.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from connectors.contracts.documents import DocumentRequest
from connectors.documents import der
from connectors.documents.certificates import ROOT_FILE, SEALS_FOLDER, is_issued_by, load_certificates, published_seals
from connectors.documents.imprint import data_digest
from connectors.documents.seal import SealKey

MARK_TYPE: Final = "dm+jws"
COORDINATE_BYTES: Final = 32
KEY_ID_BYTES: Final = 9
LONGEST_MARK: Final = 2048


class MarkRefused(Exception):
    """The mark is no mark, or none of a known seal; the text is ASCII and safe to show."""


@dataclass(frozen=True, slots=True)
class VerifiedMark:
    """What a mark says, proven: `data_sha256` is hexadecimal, of the attached `data.json`."""

    issuer: str
    document_id: str
    issued_at: datetime
    data_sha256: str
    signer: str


def marked_address(request: DocumentRequest, *, key: SealKey) -> str:
    """The verification address with the document's mark behind it: what the QR code holds."""
    return f"{request.verify_url}#{document_mark(request, key=key)}"


def document_mark(request: DocumentRequest, *, key: SealKey) -> str:
    """The signed mark."""
    address = urlsplit(request.verify_url)
    header = {"alg": "ES256", "kid": key_id(key.leaf_digest), "typ": MARK_TYPE}
    claims = {
        "iss": f"{address.scheme}://{address.netloc}",
        "jti": request.document_id,
        "iat": int(request.issued_at.timestamp()),
        "dh": _text(bytes.fromhex(data_digest(request))),
    }
    signing_input = f"{_text(_json(header))}.{_text(_json(claims))}"
    r, s = decode_dss_signature(key.sign(signing_input.encode("ascii")))
    # RFC 7518 section 3.4: R and S "as octet sequence representations" of 32 octets, one behind the other
    signature = r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")
    return f"{signing_input}.{_text(signature)}"


def verify_mark(text: str, *, seals: Sequence[x509.Certificate]) -> VerifiedMark:
    """What a scanned mark says, or a whole scanned address. `seals` are the published certificates of seals.

    Whether a certificate among them is to be trusted is for the caller to have checked. Raises MarkRefused.
    """
    mark = text.rpartition("#")[2].strip()
    if len(text) > LONGEST_MARK:
        raise MarkRefused("the mark is too long")
    known = {key_id(der.sha256(seal.public_bytes(Encoding.DER))): seal for seal in seals}
    try:
        header = jws.extract_compact(mark.encode("ascii")).headers()
        seal = known.get(str(header.get("kid")))
        if header.get("typ") != MARK_TYPE or seal is None:
            raise MarkRefused("the mark is not of a seal that is known here")
        checked = jws.deserialize_compact(mark, _public_key(seal), algorithms=["ES256"])
        return _said(json.loads(checked.payload), seal)
    # AttributeError: the library takes a list for a header
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as fault:
        raise MarkRefused("the mark cannot be read, or was changed") from fault


def verify_mark_by_folder(text: str, trust_dir: Path) -> VerifiedMark:
    """What a scanned mark says, by the seals published in `trust_dir`/seals that `root.pem` there issued.

    Raises MarkRefused, and DocumentError when the folder cannot be read.
    """
    roots = load_certificates(trust_dir / ROOT_FILE)
    seals = [
        seal for seal in published_seals(trust_dir / SEALS_FOLDER) if any(is_issued_by(seal, root) for root in roots)
    ]
    return verify_mark(text, seals=seals)


def key_id(leaf_digest: bytes) -> str:
    """Which certificate of a seal made a mark: the beginning of its SHA-256, for the code has little room."""
    return _text(leaf_digest[:KEY_ID_BYTES])


def _said(claims: Any, seal: x509.Certificate) -> VerifiedMark:
    issued_at = datetime.fromtimestamp(claims["iat"], UTC)
    if not seal.not_valid_before_utc <= issued_at <= seal.not_valid_after_utc:
        raise MarkRefused("the seal's certificate was not in force when the document was issued")
    digest = urlsafe_b64decode(str(claims["dh"]).encode("ascii"))
    return VerifiedMark(str(claims["iss"]), str(claims["jti"]), issued_at, digest.hex(), seal.subject.rfc4514_string())


def _public_key(seal: x509.Certificate) -> ECKey:
    public = seal.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise MarkRefused("the seal's certificate holds no P-256 key")
    return ECKey.import_key(public)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii")
