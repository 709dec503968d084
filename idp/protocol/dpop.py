"""Demonstrating Proof of Possession, RFC 9449: the proof (§4), its binding to tokens (§6), the stateless nonce (§8)."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from joserfc.jwk import Key

from idp.protocol.errors import InvalidDpopProof, UseDpopNonce
from idp.protocol.jose import (
    SIGNING_ALGORITHMS,
    JwtRefused,
    VerifiedJwt,
    bounded_text,
    import_public_key,
    numeric_date,
    verify_jwt_signature,
)

CLOCK_TOLERANCE = timedelta(seconds=60)
LONGEST_JTI = 256
NONCE_STEP_SECONDS = 60
STEPS_AT_HAND = 8
"""How many nonces are made once and kept: every answer carries the one of its minute."""
NONCE_CHARACTERS = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,256}")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class VerifiedDpopProof:
    """The caller holds the private key of thumbprint `jkt`; good for one use until `expires_at`."""

    jkt: str
    jti: str
    expires_at: datetime


def only_proof(header_values: Sequence[str]) -> str | None:
    """The value of the one DPoP header, None when there is none; raises InvalidDpopProof when there are several."""
    # §4.3 (1): "There is not more than one DPoP HTTP request header field."
    if len(header_values) > 1:
        raise InvalidDpopProof("more than one DPoP header")
    return header_values[0] if header_values else None


def verify_dpop_proof(
    proof: str,
    *,
    expected_method: str,
    expected_url: str,
    now: datetime,
    other_url: str | None = None,
    expected_access_token: str | None = None,
    expected_jkt: str | None = None,
    nonces: "DpopNonces | None" = None,
    nonce_required: bool = False,
) -> VerifiedDpopProof:
    """Check a proof by the list of §4.3. The caller spends its `jti`.

    `expected_url` and `other_url`, a second address of the same resource, come from configuration, never from the
    request's Host header. With `expected_access_token` the proof must be bound to that token, with `expected_jkt` to
    that key. Raises InvalidDpopProof or UseDpopNonce.
    """
    try:
        verified = verify_jwt_signature(proof, find_key=_embedded_key, expected_algorithms=SIGNING_ALGORITHMS)
        # (4) "The typ JOSE Header Parameter has the value dpop+jwt."
        if verified.header.get("typ") != "dpop+jwt":
            raise JwtRefused("typ must be dpop+jwt")
        jti = _judge_target(verified, expected_method, expected_url, other_url)
        expires_at = _judge_time(verified, now)
        _judge_bindings(verified, expected_access_token)
    except JwtRefused as error:
        raise InvalidDpopProof(f"DPoP proof: {error}") from error
    _judge_nonce(verified.claims.get("nonce"), nonces, nonce_required, now)
    jkt = verified.key.thumbprint()
    # (12) "… confirm that the public key to which the access token is bound matches the public key from the DPoP
    # proof."
    if expected_jkt is not None and not compare_digest(jkt, expected_jkt):
        raise InvalidDpopProof("the DPoP proof is made with another key")
    return VerifiedDpopProof(jkt, jti, expires_at)


def _embedded_key(header: Mapping[str, Any]) -> Key:
    jwk = header.get("jwk")
    if not isinstance(jwk, dict):
        raise JwtRefused("jwk is missing")
    # (7) "The jwk JOSE Header Parameter does not contain a private key."
    return import_public_key(jwk)


def _judge_target(verified: VerifiedJwt, expected_method: str, expected_url: str, other_url: str | None) -> str:
    claims = verified.claims
    jti = bounded_text(claims, "jti", longest=LONGEST_JTI)
    # (8) "The htm claim matches the HTTP method of the current request."
    if claims.get("htm") != expected_method:
        raise JwtRefused("htm is not the method of this request")
    # (9) "The htu claim matches the HTTP URI value for the HTTP request in which the JWT was received, ignoring any
    # query and fragment parts."
    htu = normalised_url(bounded_text(claims, "htu", longest=2048))
    if htu != normalised_url(expected_url) and (other_url is None or htu != normalised_url(other_url)):
        raise JwtRefused("htu is not the address of this request")
    return jti


def _judge_time(verified: VerifiedJwt, now: datetime) -> datetime:
    # (11) "The creation time of the JWT, as determined by either the iat claim or a server managed timestamp via the
    # nonce claim, is within an acceptable window."
    issued, tolerance, present = numeric_date(verified.claims, "iat"), CLOCK_TOLERANCE.total_seconds(), now.timestamp()
    if issued is None or abs(present - issued) > tolerance:
        raise JwtRefused("iat is missing or not near the present")
    expires, not_before = numeric_date(verified.claims, "exp"), numeric_date(verified.claims, "nbf")
    if (expires is not None and expires <= present) or (not_before is not None and not_before > present + tolerance):
        raise JwtRefused("exp or nbf says not now")
    return datetime.fromtimestamp(issued, UTC) + CLOCK_TOLERANCE


def _judge_bindings(verified: VerifiedJwt, expected_access_token: str | None) -> None:
    # (12) "If presented to a protected resource in conjunction with an access token: ensure that the value of the ath
    # claim equals the hash of that access token"
    if expected_access_token is None:
        return
    if verified.claims.get("ath") != access_token_hash(expected_access_token):
        raise JwtRefused("ath is not the hash of the access token")


def _judge_nonce(nonce: Any, nonces: "DpopNonces | None", nonce_required: bool, now: datetime) -> None:
    # (10) "If the server provided a nonce value to the client, the nonce claim matches the server-provided nonce
    # value."
    if nonce is None and not nonce_required:
        return
    if not isinstance(nonce, str) or nonces is None or not nonces.accepts(nonce, now=now):
        raise UseDpopNonce()


def access_token_hash(access_token: str) -> str:
    """§4.2: base64url of the SHA-256 of the ASCII access token."""
    return urlsafe_b64encode(hashlib.sha256(access_token.encode("utf-8")).digest()).rstrip(b"=").decode()


def normalised_url(url: str) -> str:
    """Scheme, host, port and path after RFC 3986 §6.2.2 and §6.2.3; query and fragment are left out.

    Raises JwtRefused when it is no http or https URL.
    """
    try:
        parts = urlsplit(url)
        port, host, scheme = parts.port, parts.hostname, parts.scheme.lower()
    except ValueError as error:
        raise JwtRefused("htu is malformed") from error
    if scheme not in DEFAULT_PORTS or not host or parts.username is not None or not url.isascii():
        raise JwtRefused("htu is malformed")
    suffix = "" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}"
    # Decoding and encoding again makes %7e, %7E and ~ alike. A decoded slash would be another path: segments stay
    # apart.
    path = "/".join(quote(unquote(segment), safe="!$&'()*+,;=:@-._~") for segment in (parts.path or "/").split("/"))
    return f"{scheme}://{host}{suffix}{path}"


class DpopNonces:
    """Nonces that need no store: an HMAC over the minute, under a key that all nodes share (§8)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._of_step = lru_cache(maxsize=STEPS_AT_HAND)(self._made_for)

    def current(self, *, now: datetime) -> str:
        """The nonce to hand out now."""
        return self._of_step(int(now.timestamp()) // NONCE_STEP_SECONDS)

    def accepts(self, nonce: str, *, now: datetime) -> bool:
        """True for the nonce of this minute, the one before and the one after (clocks of nodes differ)."""
        if not NONCE_CHARACTERS.fullmatch(nonce):
            return False
        step = int(now.timestamp()) // NONCE_STEP_SECONDS
        return any(compare_digest(nonce, self._of_step(step + offset)) for offset in (-1, 0, 1))

    def _made_for(self, step: int) -> str:
        digest = hmac.new(self._key, b"dpop-nonce" + step.to_bytes(8, "big"), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:24]).decode()
