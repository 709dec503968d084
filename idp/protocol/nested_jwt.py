"""Signed, then encrypted to the client: RFC 7519 §5.2 and §11.2, RFC 7516; OpenID Connect Core §2 and §5.3.2."""

from collections.abc import Mapping
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError

from idp.protocol.errors import InvalidRequestError
from idp.protocol.jose import JwtRefused, import_public_key

DEFAULT_ENCRYPTION_METHOD = "A128CBC-HS256"
"""OpenID Connect Registration §2: the default `enc` where an `alg` is registered without one."""


def encrypt_for_client(token: str, *, client_jwks: Mapping[str, Any], alg: str, enc: str | None) -> str:
    """The signed token as a compact JWE that only the client can open.

    Raises InvalidRequestError when the client has no key for `alg`: what it wanted encrypted never goes in the clear.
    """
    kind = ("RSA",) if alg.startswith("RSA") else ("EC", "OKP")
    jwk = next((jwk for jwk in client_jwks.get("keys", ()) if _fits(jwk, kind, alg)), None)
    if jwk is None:
        raise InvalidRequestError("the client has no key to encrypt to")
    method = enc or DEFAULT_ENCRYPTION_METHOD
    # RFC 7519 §5.2: "In the case that nested signing or encryption is employed, this Header Parameter MUST be present;
    # in this case, the value MUST be "JWT""
    header = {"alg": alg, "enc": method, "cty": "JWT", **({"kid": jwk["kid"]} if "kid" in jwk else {})}
    try:
        return jwe.encrypt_compact(header, token.encode("ascii"), import_public_key(jwk), algorithms=[alg, method])
    except (JoseError, JwtRefused, ValueError) as error:
        raise InvalidRequestError("the client's key cannot be encrypted to") from error


def _fits(jwk: Mapping[str, Any], kinds: tuple[str, ...], alg: str) -> bool:
    # Ed25519 keys are OKP as well, and sign only.
    return (
        jwk.get("kty") in kinds
        and jwk.get("use", "enc") == "enc"
        and jwk.get("alg", alg) == alg
        and jwk.get("crv") not in ("Ed25519", "Ed448")
    )
