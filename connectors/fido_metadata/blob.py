"""A metadata BLOB: one signed text with every model in it (FIDO Metadata Service v3.0, section 3.1.6)."""

import base64
import binascii
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from connectors.contracts.authenticator_models import AuthenticatorModel

ALGORITHMS: Final = ("ES256", "RS256", "PS256")
LONGEST_BLOB: Final = 64 * 1024 * 1024
LONGEST_HEADER: Final = 64 * 1024
LONGEST_CHAIN: Final = 5
COMPROMISED: Final = frozenset(
    {
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    }
)
"""Status reports after which a model is trusted no more (section 3.1.4). A later report does not make keys good again
that were made before it."""


class BlobRefused(ValueError):
    """The BLOB is not what its service signed; the text is ASCII and for operators."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A BLOB whose signature was verified. `number` grows with each; `ends` is when the next one is out."""

    number: int
    ends: datetime
    models: Mapping[str, AuthenticatorModel]


class _LargeRegistry(JWSRegistry):
    """A catalogue is megabytes, its header holds certificates; the usual limits are for tokens."""

    max_header_length = LONGEST_HEADER
    max_payload_length = LONGEST_BLOB


def read_blob(text: str, *, expected_root: x509.Certificate, expected_signer: str, now: datetime) -> Blob:
    """The BLOB, verified; whether it is over is for the caller. Raises BlobRefused.

    `expected_signer` is the host name in the certificate of whoever signs: the root signs for others too.
    """
    if len(text) > LONGEST_BLOB:
        raise BlobRefused("longer than any catalogue")
    # 1. the certificates that it names lead to the root
    leaf = _signer(_certificates(text), expected_root, expected_signer, now)
    # 2. it is signed with the key of the first of them
    public = leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    try:
        key = _imported(public)
        registry = _LargeRegistry(algorithms=list(ALGORITHMS))
        payload = json.loads(jws.deserialize_compact(text, key, algorithms=list(ALGORITHMS), registry=registry).payload)
    except (JoseError, ValueError) as error:
        raise BlobRefused(f"signature: {type(error).__name__}") from error
    # 3. what it says can be read whole
    try:
        return _blob(payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BlobRefused(f"content: {type(error).__name__}") from error


def _certificates(text: str) -> Sequence[x509.Certificate]:
    try:
        head = text.split(".", 1)[0]
        if len(head) > LONGEST_HEADER:
            raise BlobRefused("header")
        named = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["x5c"]
        if not isinstance(named, list) or not 0 < len(named) <= LONGEST_CHAIN:
            raise BlobRefused("chain")
        return [x509.load_der_x509_certificate(base64.b64decode(each, validate=True)) for each in named]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BlobRefused("certificates") from error


def _signer(
    chain: Sequence[x509.Certificate], root: x509.Certificate, expected_signer: str, now: datetime
) -> x509.Certificate:
    try:
        verifier = PolicyBuilder().store(Store([root])).time(now).build_server_verifier(x509.DNSName(expected_signer))
        verifier.verify(chain[0], [certificate for certificate in chain[1:] if certificate != root])
    except (VerificationError, ValueError) as error:
        raise BlobRefused("its certificates do not lead to the root, or name another signer") from error
    return chain[0]


def _imported(public: bytes) -> ECKey | RSAKey:
    try:
        return ECKey.import_key(public)
    except (JoseError, ValueError, TypeError, AttributeError):
        return RSAKey.import_key(public)


def _blob(payload: Mapping[str, Any]) -> Blob:
    models = {}
    for entry in payload["entries"]:
        if "aaguid" not in entry:
            continue  # U2F and UAF models have other names; they make no passkeys
        model = _model(entry)
        models[model.aaguid] = model
    next_update = date.fromisoformat(payload["nextUpdate"])
    ends = datetime.combine(next_update + timedelta(days=1), time(), UTC)
    return Blob(int(payload["no"]), ends, models)


def _model(entry: Mapping[str, Any]) -> AuthenticatorModel:
    statement = entry.get("metadataStatement", {})
    roots = [
        x509.load_der_x509_certificate(base64.b64decode(each)).public_bytes(Encoding.PEM)
        for each in statement.get("attestationRootCertificates", ())
    ]
    statuses = {report["status"] for report in entry["statusReports"]}
    return AuthenticatorModel(
        aaguid=str(uuid.UUID(entry["aaguid"])),
        description=str(statement.get("description", "")),
        roots=tuple(roots),
        is_compromised=not statuses.isdisjoint(COMPROMISED),
    )
