"""Clients from a plan's configuration file, in the form that the OpenID conformance suite reads.

The suite's own members (`alias`, `server`, `client`, `client2`, `client_secret_post`, …) hold what a tester's program
needs: client_id, secret, private keys. Beside them the member `tuaton`, which the suite does not look at, holds what we
register: for each client its profile and RFC 7591 metadata, and the redirect_uris they share.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, KeySet, RSAKey

from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from idp.protocol.client_registration import SELF_SIGNED

OURS = "tuaton"
SHARED = "redirect_uris"
CERTIFICATES = {"client": "mtls", "client2": "mtls2"}
"""Which member of the suite holds a client's TLS certificate."""
NOT_METADATA = ("profile", "pkce_required", "nonce_required", "citizen_number")


class PlanUnreadable(ValueError):
    """The file is no such configuration; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, repr=False)
class PlannedClient:
    """A client as a plan wants it registered.

    `secret` is what its program will show, where it has one; `citizen_number` is for one that may have the number by
    consent.
    """

    id: ClientId
    profile: ClientProfile
    metadata: Mapping[str, Any]
    pkce_required: bool
    nonce_required: bool
    secret: str | None
    citizen_number: bool


def clients_of(path: Path) -> tuple[PlannedClient, ...]:
    """The clients of one configuration file. Raises PlanUnreadable, OSError."""
    try:
        plan = json.loads(path.read_text("utf-8"))
        wanted = plan[OURS]
        clients = tuple(
            _client(plan[name], {SHARED: wanted[SHARED], **ours}, plan.get(CERTIFICATES.get(name, "")))
            for name, ours in wanted.items()
            if name != SHARED
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlanUnreadable(f"{path.name}: {type(error).__name__}: {error}") from error
    if len({client.id for client in clients}) < len(clients):
        raise PlanUnreadable(f"{path.name}: two clients have one client_id")
    return clients


def _certified(ours: Mapping[str, Any], certificate: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The certificate that a client proves itself with, as RFC 8705 §2.2.1 has it registered: a key with `x5c`."""
    if certificate is None or ours.get("token_endpoint_auth_method") != SELF_SIGNED:
        return []
    parsed = x509.load_pem_x509_certificate(certificate["cert"].encode())
    key = parsed.public_key()
    kind = ECKey if isinstance(key, EllipticCurvePublicKey) else RSAKey
    jwk = kind.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).as_dict(private=False)
    return [{**jwk, "x5c": [b64encode(parsed.public_bytes(Encoding.DER)).decode()]}]


def _client(theirs: Mapping[str, Any], ours: Mapping[str, Any], certificate: Mapping[str, Any] | None) -> PlannedClient:
    metadata = {name: value for name, value in ours.items() if name not in NOT_METADATA}
    if "jwks" in theirs:
        # the file holds the client's private keys, for the suite: we take their public halves
        keys = KeySet.import_key_set(theirs["jwks"]).as_dict(private=False)["keys"]
        metadata["jwks"] = {"keys": [*keys, *_certified(ours, certificate)]}
    return PlannedClient(
        id=ClientId(theirs["client_id"]),
        profile=ClientProfile(ours["profile"]),
        metadata={"scope": theirs.get("scope", "openid"), **metadata},
        pkce_required=bool(ours.get("pkce_required", True)),
        nonce_required=bool(ours.get("nonce_required", True)),
        secret=theirs.get("client_secret"),
        citizen_number=bool(ours.get("citizen_number", False)),
    )
