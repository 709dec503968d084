"""A platform authenticator in software: P-256 keys on the device, user verified, discoverable (WebAuthn Level 3 §6).

Speaks the JSON forms that browsers' `toJSON()` gives (§5.1.8, §5.1.9). For demonstrations and tests: its keys live in
memory and die with it.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_ES256 = -7
_USER_PRESENT, _USER_VERIFIED, _ATTESTED_DATA = 0x01, 0x04, 0x40
_NO_MODEL = bytes(16)


class AuthenticatorRefused(Exception):
    """A browser or authenticator would show no passkey prompt, or would end it without a signature."""


@dataclass(slots=True, repr=False)
class _Credential:
    credential_id: bytes
    rp_id: str
    user_handle: bytes
    private_key: ec.EllipticCurvePrivateKey
    sign_count: int = 0


class SoftAuthenticator:
    """One person's device."""

    def __init__(self) -> None:
        self._credentials: list[_Credential] = []

    def create(self, options: Mapping[str, Any], *, origin: str) -> dict[str, Any]:
        """Make a passkey: PublicKeyCredentialCreationOptionsJSON in, RegistrationResponseJSON out."""
        rp_id = _allowed_rp_id(options["rp"].get("id"), origin=origin)
        if not any(wanted["alg"] == _ES256 for wanted in options["pubKeyCredParams"]):
            raise AuthenticatorRefused("the page accepts no ES256 key")
        if self._matching(rp_id, options.get("excludeCredentials") or ()) and options.get("excludeCredentials"):
            raise AuthenticatorRefused("this device already holds a passkey for the account")
        credential = _Credential(
            credential_id=secrets.token_bytes(32),
            rp_id=rp_id,
            user_handle=_unb64(options["user"]["id"]),
            private_key=ec.generate_private_key(ec.SECP256R1()),
        )
        self._credentials.append(credential)
        attested = _NO_MODEL + len(credential.credential_id).to_bytes(2) + credential.credential_id
        authenticator_data = _authenticator_data(credential, _ATTESTED_DATA) + attested + _cose_key(credential)
        client_data = _client_data("webauthn.create", options["challenge"], origin)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        return _response_json(
            credential,
            {
                "clientDataJSON": _b64(client_data),
                "attestationObject": _b64(attestation),
                "transports": ["internal"],
            },
            extensions={"credProps": {"rk": True}},
        )

    def get(self, options: Mapping[str, Any], *, origin: str) -> dict[str, Any]:
        """Use a passkey: PublicKeyCredentialRequestOptionsJSON in, AuthenticationResponseJSON out."""
        rp_id = _allowed_rp_id(options.get("rpId"), origin=origin)
        usable = self._matching(rp_id, options.get("allowCredentials") or ())
        if not usable:
            raise AuthenticatorRefused("this device holds no passkey for the page")
        credential = usable[-1]
        credential.sign_count += 1
        authenticator_data = _authenticator_data(credential)
        client_data = _client_data("webauthn.get", options["challenge"], origin)
        signature = credential.private_key.sign(authenticator_data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return _response_json(
            credential,
            {
                "clientDataJSON": _b64(client_data),
                "authenticatorData": _b64(authenticator_data),
                "signature": _b64(signature),
                "userHandle": _b64(credential.user_handle),
            },
            extensions={},
        )

    def _matching(self, rp_id: str, descriptors: Sequence[Mapping[str, Any]]) -> list[_Credential]:
        """Credentials of this site; with descriptors only those named."""
        named = {_unb64(descriptor["id"]) for descriptor in descriptors}
        mine = [credential for credential in self._credentials if credential.rp_id == rp_id]
        return [credential for credential in mine if not named or credential.credential_id in named]


def _allowed_rp_id(rp_id: str | None, *, origin: str) -> str:
    host = urlsplit(origin).hostname or ""
    effective = rp_id or host
    # §5.1.3 step 8: "If options.rp.id is not a registrable domain suffix of and is not equal to effectiveDomain,
    # return a promise rejected with a SecurityError"
    if host != effective and not host.endswith(f".{effective}"):
        raise AuthenticatorRefused("the page asks for a passkey of another site")
    return effective


def _authenticator_data(credential: _Credential, more_flags: int = 0) -> bytes:
    flags = _USER_PRESENT | _USER_VERIFIED | more_flags
    return sha256(credential.rp_id.encode()).digest() + bytes([flags]) + credential.sign_count.to_bytes(4)


def _cose_key(credential: _Credential) -> bytes:
    point = credential.private_key.public_key().public_numbers()
    # RFC 9053 §7.1.1: kty EC2, alg ES256, crv P-256, x, y
    return cbor2.dumps({1: 2, 3: _ES256, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})


def _client_data(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def _response_json(
    credential: _Credential, response: Mapping[str, Any], *, extensions: Mapping[str, Any]
) -> dict[str, Any]:
    credential_id = _b64(credential.credential_id)
    return {
        "id": credential_id,
        "rawId": credential_id,
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": dict(extensions),
        "response": dict(response),
    }


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
