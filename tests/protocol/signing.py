"""What clients sign: proofs and assertions, good ones with single claims or headers changed."""

import json
import warnings
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.protocol.dpop import access_token_hash

GONE = object()
"""A claim or header set to this is left out."""


def ec_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)


def rsa_key(bits: int = 2048) -> RSAKey:
    private = rsa.generate_private_key(65537, bits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # short keys are what some tests are about
        key = RSAKey.import_key(private, {"use": "sig"})
    key.ensure_kid()
    return key


def okp_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)


def signed(header: dict[str, Any], payload: dict[str, Any], key: Key) -> str:
    """A compact JWS put together by hand: joserfc refuses to make the wrong ones that tests need."""
    signing_input = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, payload))
    signature = JWSRegistry.algorithms[header["alg"]].sign(signing_input, key)
    return (signing_input + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def proof(
    key: Key,
    *,
    now: datetime,
    method: str = "POST",
    url: str = "https://server.example.com/token",
    jti: str = "proof-1",
    alg: str = "ES256",
    access_token: str | None = None,
    nonce: str | None = None,
    header: dict[str, Any] | None = None,
    claims: dict[str, Any] | None = None,
) -> str:
    jwk = {name: value for name, value in key.as_dict(private=False).items() if name not in ("use", "kid")}
    whole_header = {"typ": "dpop+jwt", "alg": alg, "jwk": jwk, **(header or {})}
    whole_claims: dict[str, Any] = {"jti": jti, "htm": method, "htu": url, "iat": int(now.timestamp())}
    if access_token is not None:
        whole_claims["ath"] = access_token_hash(access_token)
    if nonce is not None:
        whole_claims["nonce"] = nonce
    return signed(_without(whole_header), _without({**whole_claims, **(claims or {})}), key)


def assertion(
    key: Key,
    *,
    now: datetime,
    client_id: str,
    audience: Any,
    jti: str = "assertion-1",
    alg: str = "ES256",
    header: dict[str, Any] | None = None,
    claims: dict[str, Any] | None = None,
) -> str:
    moment = int(now.timestamp())
    whole_claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": jti,
        "iat": moment,
        "exp": moment + 60,
        **(claims or {}),
    }
    whole_header = {"alg": alg, "kid": key.kid, **(header or {})}
    return signed(_without(whole_header), _without(whole_claims), key)


def _without(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not GONE}
