"""P-256 key pairs derived from a root key: every node of a deployment has the same one, and nothing is stored."""

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from idp.keys.files import RootKeys

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def derive_p256_key(root_keys: RootKeys, purpose: str, *, version: int) -> ECKey:
    """The key pair of this purpose."""
    # FIPS 186-5, A.2.1: 64 more bits than the order, so that the remainder is not biased.
    seed = int.from_bytes(root_keys.derive(purpose, version=version, length=40), "big")
    return ECKey.import_key(ec.derive_private_key(seed % (P256_ORDER - 1) + 1, ec.SECP256R1()))
