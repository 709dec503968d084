"""Public keys of passports and their certificates, and what they have signed (ICAO Doc 9303-12, 4; RFC 5480, 8017).

Passports write out the parameters of their curves, which the library does not read for every curve. Here they are
recognised by their field and replaced by the curve of that name, so that a base point somebody else chose never counts.
"""

from typing import Any, Final

from asn1crypto import keys
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from connectors.card.epassport import asn1

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_CURVES: Final[dict[int, ec.EllipticCurve]] = {
    2**256 - 2**224 + 2**192 + 2**96 - 1: ec.SECP256R1(),
    2**384 - 2**128 - 2**96 + 2**32 - 1: ec.SECP384R1(),
    2**521 - 1: ec.SECP521R1(),
    0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377: ec.BrainpoolP256R1(),
    int(
        "8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123ACD3A729901D1A71874700133107EC53", 16
    ): ec.BrainpoolP384R1(),
    int(
        "AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330871"
        "7D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3", 16
    ): ec.BrainpoolP512R1(),
}  # fmt: skip
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""SHA-1 is not among them: what it signed no longer proves anything."""
_SMALLEST_RSA_BITS: Final = 2048


class UnusableKey(ValueError):
    """A key, or an algorithm, that nothing here can be proven with."""


def load_public_key(info: keys.PublicKeyInfo) -> PublicKey:
    """The key. Raises UnusableKey."""
    try:
        if info.algorithm == "ec":
            return ec.EllipticCurvePublicKey.from_encoded_point(_curve(info), info["public_key"].native)
        key = load_der_public_key(info.dump())
    except (*asn1.MALFORMED, UnsupportedAlgorithm) as error:
        raise UnusableKey("a public key of an unknown kind") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _SMALLEST_RSA_BITS:
        raise UnusableKey("a public key of an unknown kind, or too small")
    return key


def hash_named(name: str) -> hashes.HashAlgorithm:
    """The hash function by the name asn1crypto gives it. Raises UnusableKey."""
    try:
        return _HASHES[name]
    except KeyError:
        raise UnusableKey("a hash function that proves nothing") from None


def is_signed(
    key: PublicKey, *, algorithm: Any, message: bytes, signature: bytes, default_hash: str | None = None
) -> bool:
    """True when `signature` over `message` is the key's; `algorithm` as asn1crypto reads SignedDigestAlgorithm.

    `default_hash` is for algorithms that leave the hash function to the message around them. Raises UnusableKey for an
    algorithm that proves nothing.
    """
    scheme, digest = _scheme(algorithm, default_hash)
    try:
        match scheme, key:
            case "ecdsa", ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(digest))
            case "rsassa_pkcs1v15", rsa.RSAPublicKey():
                key.verify(signature, message, padding.PKCS1v15(), digest)
            case "rsassa_pss", rsa.RSAPublicKey():
                salt = algorithm["parameters"]["salt_length"].native
                key.verify(signature, message, padding.PSS(padding.MGF1(digest), salt), digest)
            case _:
                raise UnusableKey("a signature algorithm that does not fit the key")
    except InvalidSignature:
        return False
    return True


def _scheme(algorithm: Any, default_hash: str | None) -> tuple[str, hashes.HashAlgorithm]:
    try:
        scheme = algorithm.signature_algo
    except ValueError as error:
        raise UnusableKey("an unknown signature algorithm") from error
    try:
        return scheme, hash_named(algorithm.hash_algo)
    except ValueError as error:
        if default_hash is None or isinstance(error, UnusableKey):
            raise UnusableKey("an unknown hash function") from error
        return scheme, hash_named(default_hash)


def _curve(info: keys.PublicKeyInfo) -> ec.EllipticCurve:
    parameters = info["algorithm"]["parameters"]
    match parameters.name:
        case "named":
            return _NAMED[parameters.chosen.dotted]
        case "specified":
            return _CURVES[parameters.chosen["field_id"]["parameters"].native]
        case _:
            raise UnusableKey("a curve that is not told")


_NAMED: Final[dict[str, ec.EllipticCurve]] = {
    "1.2.840.10045.3.1.7": ec.SECP256R1(),
    "1.3.132.0.34": ec.SECP384R1(),
    "1.3.132.0.35": ec.SECP521R1(),
    "1.3.36.3.3.2.8.1.1.7": ec.BrainpoolP256R1(),
    "1.3.36.3.3.2.8.1.1.11": ec.BrainpoolP384R1(),
    "1.3.36.3.3.2.8.1.1.13": ec.BrainpoolP512R1(),
}
