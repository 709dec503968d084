"""What an agent and the provider say to each other when a station is paired: shared by both sides, so that they agree.

The agent signs with the key it has just made and shows that key in the header (RFC 7515, section 4.1.3): who holds the
code says which key is the station's from now on. It asks twice: once to see whose station this will be, and once with
`confirms`, after a person at the desk has agreed.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from connectors.contracts.card_wire import BilingualText

PAIRING_TYP: Final = "agent-pairing+jwt"
ISSUER_KEYS_TYP: Final = "issuer-keys+jwt"
LINK_ALGORITHM: Final = "HS256"
CODE_LENGTH: Final = 8
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})

StationModeName = Literal["one-slot", "two-slot", "kiosk"]


@dataclass(frozen=True, slots=True, repr=False)
class PairingClaims:
    """The agent shows a pairing code; with `confirms` it takes the station over."""

    aud: str
    iat: int
    exp: int
    jti: str
    code: str
    version: str
    confirms: bool


@dataclass(frozen=True, slots=True, repr=False)
class PairingAnswer:
    """Whose station it is. `issuer_jwks` and `link_key` (base64url) come with the confirmed answer alone.

    The link key is the station's own: by it the provider proves later key sets, so that a station that was switched
    off over a change of keys need not be paired again.
    """

    station_id: str
    station: BilingualText
    agency: BilingualText
    site: str
    mode: StationModeName
    issuer_jwks: dict[str, Any] | None = None
    link_key: str | None = None


@dataclass(frozen=True, slots=True)
class IssuerKeysClaims:
    """The provider's public keys as they are now, proven by the station's link key."""

    iss: str
    aud: str
    iat: int
    exp: int
    jwks: dict[str, Any]


def normal_code(typed: str) -> str | None:
    """A pairing code as it was made, from what a person typed: any case, with spaces or dashes, O for 0, I or L for 1.

    None when it cannot be one.
    """
    code = typed.strip().upper().translate(_READ_AS)
    return code if len(code) == CODE_LENGTH and all(letter in CROCKFORD for letter in code) else None
