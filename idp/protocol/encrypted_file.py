"""A file encrypted to the program that is to have it: a compact JWE (RFC 7516) whose content is the file's bytes."""

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError

from idp.protocol.errors import InvalidRequestError
from idp.protocol.jose import JwtRefused, import_public_key

ENCRYPTED_TYPE: Final = "application/jose"
"""RFC 7515 §9.2.1: the media type of a compact serialization."""
METHOD: Final = "A256GCM"
ALGORITHMS: Final = {"EC": "ECDH-ES+A256KW", "RSA": "RSA-OAEP-256"}
CURVES: Final = ("P-256", "P-384", "P-521")


def has_key_for_files(client_jwks: Mapping[str, Any]) -> bool:
    """Whether the program registered a key that can be encrypted to; one for signatures alone is none, nor is a weak or
    broken one. It is tried: what is found out when the file is fetched is found out too late.
    """
    try:
        encrypt_file(b"", client_jwks=client_jwks)
    except InvalidRequestError:
        return False
    return True


def encrypt_file(pdf: bytes, *, client_jwks: Mapping[str, Any]) -> bytes:
    """The PDF for the holder of the program's key alone.

    Raises InvalidRequestError when there is no such key, or it cannot be encrypted to: nothing leaves in the clear.
    """
    jwk = _key(client_jwks)
    if jwk is None:
        raise InvalidRequestError("the client has no key to encrypt to")
    alg = ALGORITHMS[jwk["kty"]]
    # RFC 7516 §4.1.12 and RFC 7515 §4.1.10: `cty` is the media type of the content, with "application/" left out
    header = {"alg": alg, "enc": METHOD, "typ": "JOSE", "cty": "pdf", **({"kid": jwk["kid"]} if "kid" in jwk else {})}
    try:
        return jwe.encrypt_compact(header, pdf, import_public_key(jwk), algorithms=[alg, METHOD]).encode("ascii")
    except (JoseError, JwtRefused, ValueError) as error:
        raise InvalidRequestError("the client's key cannot be encrypted to") from error


def _key(client_jwks: Mapping[str, Any]) -> Mapping[str, Any] | None:
    # a key without `use` may be one for signatures (RFC 7517 §4.2): what shall stay secret is not given to a guess
    fitting = (
        jwk
        for jwk in client_jwks.get("keys", ())
        if jwk.get("use") == "enc"
        and jwk.get("kty") in ALGORITHMS
        and jwk.get("alg", ALGORITHMS[jwk["kty"]]) == ALGORITHMS[jwk["kty"]]
        and (jwk["kty"] == "RSA" or jwk.get("crv") in CURVES)
    )
    return next(fitting, None)
