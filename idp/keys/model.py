"""What the signing keys share: their records, why they refuse, and the port of whoever keeps private halves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.kernel.errors import Unavailable

KEY_ALGORITHMS: Final = ("ES256", "RS256", "EdDSA")
"""Which keys are made: one key a kind. The RSA key signs by RS256 and PS256, and is published for both."""
ALGORITHMS: Final = ("ES256", "PS256", "EdDSA", "RS256")
DEFAULT_SIGNATURE: Final = "ES256"
"""What signs for clients that asked for no other algorithm."""

PublicKey = ECKey | RSAKey | OKPKey


class KeysProblem(StrEnum):
    """Why nothing is signed or verified; the value is the code that people see."""

    UNCONFIRMED = "KEY-01"
    UNREACHABLE = "KEY-02"
    UNKNOWN = "KEY-03"
    STILL_SIGNS = "KEY-04"


class KeysUnconfirmed(Unavailable):
    """The store has not confirmed the keys for more than five seconds."""

    def __init__(self) -> None:
        super().__init__(KeysProblem.UNCONFIRMED)


class KeyUnreachable(Unavailable):
    """The private half of a key cannot be used now: its module is lost, or its root key is not here."""

    def __init__(self, detail: str) -> None:
        super().__init__(KeysProblem.UNREACHABLE, detail)


class Keeper(StrEnum):
    """Where a private half is kept; the words stand in the store."""

    STORE = "store"
    MODULE = "pkcs11"


@dataclass(frozen=True, slots=True, repr=False)
class PrivateHalf:
    """What the store knows of a private half: `content` is its keeper's to read.

    A wrapped key under a root key of `root_version`, or the label under which a module keeps it (no root version then).
    """

    keeper: Keeper
    content: bytes
    root_version: int | None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair with its calendar; `public` is joserfc's object."""

    kid: str
    alg: str
    public: PublicKey
    private: PrivateHalf
    active_from: datetime
    retired_at: datetime

    def signs_at(self, now: datetime) -> bool:
        """True while this key is the one that may sign."""
        return self.active_from <= now < self.retired_at


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair that was just made; `kid` is the thumbprint of its public half (RFC 7638)."""

    kid: str
    public_jwk: dict[str, Any]
    private: PrivateHalf


class PrivateKeys(Protocol):
    """Whoever keeps private halves: they sign where they lie."""

    async def make(self, alg: str) -> NewKey:
        """A fresh pair of one of KEY_ALGORITHMS. Raises KeyUnreachable."""

    async def sign(self, kid: str, private: PrivateHalf, alg: str, signing_input: bytes) -> bytes:
        """The signature as JWS wants it (RFC 7518 §3: r and s side by side for ES256). Raises KeyUnreachable."""

    async def destroy(self, private: PrivateHalf) -> None:
        """Forget a key that is gone from the store. Raises KeyUnreachable."""


def public_key(kid: str, alg: str, public_jwk: dict[str, Any]) -> PublicKey:
    """The public half as joserfc's object, to verify with and to publish."""
    match alg:
        case "ES256":
            return ECKey.import_key(public_jwk, {"kid": kid, "alg": alg, "use": "sig"})
        case "EdDSA":
            return OKPKey.import_key(public_jwk, {"kid": kid, "alg": alg, "use": "sig"})
        case _:
            return RSAKey.import_key(public_jwk, {"kid": kid, "use": "sig"})
