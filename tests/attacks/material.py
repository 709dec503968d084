"""What an attacker has to make tokens from, and how wrong ones are put together by hand."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


@dataclass(frozen=True)
class Material:
    """A genuine token by its parts, the key to sign anew with, and the public key that the verifier will use.

    Of tokens that clients sign the attacker has the client's own key: most signatures are good, so that what is refused
    is what the attack's name says. Of tokens of the issuer the attacker has a `genuine` one and a key of their own.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    key: ECKey
    public: ECKey
    time_claim: str = "exp"
    name_claim: str = "sub"
    genuine: str = ""
    stranger: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def token(self, header: Mapping[str, Any] | None = None, claims: Mapping[str, Any] | None = None) -> str:
        """Signed, with these members changed."""
        return self.raw(_json({**self.header, **(header or {})}), _json({**self.claims, **(claims or {})}))

    def original(self) -> str:
        """A token as it should be."""
        return self.genuine or self.token()

    def raw(self, header: bytes, payload: bytes) -> str:
        """Signed over any bytes."""
        signing_input = f"{b64(header)}.{b64(payload)}"
        return f"{signing_input}.{b64(self.signature(signing_input))}"

    def signature(self, signing_input: str) -> bytes:
        return JWSRegistry.algorithms["ES256"].sign(signing_input.encode(), self.key)

    def with_signature(self, signature: bytes) -> str:
        """The genuine parts under another signature."""
        return f"{self.original().rpartition('.')[0]}.{b64(signature)}"

    def by_stranger(self, **header: Any) -> str:
        """Signed with a key that nobody registered."""
        return Material(self.header, self.claims, self.stranger, self.public).token(header)

    def with_secret(self, alg: str, secret: bytes) -> str:
        """Authenticated with a symmetric algorithm."""
        signing_input = f"{b64(_json({**self.header, 'alg': alg}))}.{b64(_json(self.claims))}"
        return f"{signing_input}.{b64(hmac.digest(secret, signing_input.encode(), DIGESTS[alg]))}"

    def spelled(self, claim: str, text: str) -> str:
        """A payload in which one claim is this text, JSON or not."""
        members = {name: json.dumps(value) for name, value in self.claims.items()} | {claim: text}
        return self.raw(_json(self.header), _members(members.items()))

    def doubled(self, claim: str) -> str:
        """A payload with one claim twice: first the wrong value, then the right one."""
        members = [(claim, '"another"'), *((name, json.dumps(value)) for name, value in self.claims.items())]
        return self.raw(_json(self.header), _members(members))

    def public_key_as(self, form: str) -> bytes:
        """The verifier's public key in one of the spellings that libraries took for a secret."""
        spki = PublicFormat.SubjectPublicKeyInfo
        public = self.public.public_key
        match form:
            case "pem":
                return public.public_bytes(Encoding.PEM, spki)
            case "der":
                return public.public_bytes(Encoding.DER, spki)
            case "point":
                return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            case "jwk":
                return json.dumps(self.public.as_dict(private=False), separators=(",", ":")).encode()
            case _:
                return b""


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token, unverified."""
    header, payload, _ = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(payload))


def nested(depth: int) -> str:
    """JSON text of lists in lists."""
    return "[" * depth + "]" * depth


def _json(value: Any) -> bytes:
    return json.dumps(dict(value)).encode()


def _members(members: Any) -> bytes:
    return ("{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in members) + "}").encode()
