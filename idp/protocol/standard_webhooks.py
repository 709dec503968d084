"""Standard Webhooks 1.0: headers and signatures of a message, symmetric (`v1`) and Ed25519 (`v1a`)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.protocol.jose import seconds

SECRET_PREFIX: Final = "whsec_"
PUBLIC_KEY_PREFIX: Final = "whpk_"
SECRET_BYTES: Final = 32
"""Between 24 and 64 bytes, as the specification has it."""


@dataclass(frozen=True, slots=True, repr=False)
class WebhookKeys:
    """One generation of an endpoint's keys: a secret that both sides have, and an Ed25519 seed that is ours alone."""

    secret: bytes
    seed: bytes

    @property
    def shared(self) -> str:
        """The secret as the receiver configures it."""
        return SECRET_PREFIX + base64.b64encode(self.secret).decode()

    @property
    def public(self) -> str:
        """The public key, for receivers that keep no secret."""
        return PUBLIC_KEY_PREFIX + base64.b64encode(self._key().public_key().public_bytes_raw()).decode()

    def signatures(self, content: bytes) -> tuple[str, str]:
        """Both signatures of a content."""
        digest = hmac.new(self.secret, content, hashlib.sha256).digest()
        pairs = (("v1", digest), ("v1a", self._key().sign(content)))
        symmetric, asymmetric = (f"{version},{base64.b64encode(value).decode()}" for version, value in pairs)
        return symmetric, asymmetric

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def signed_headers(*, message_id: str, now: datetime, body: bytes, keys: Sequence[WebhookKeys]) -> dict[str, str]:
    """The three headers, signed with every live generation of keys, so that a receiver changes over without a gap.

    What is signed: `{id}.{timestamp}.{body}`; the timestamp is that of the attempt, in seconds.
    """
    content = f"{message_id}.{seconds(now)}.".encode() + body
    signatures = [signature for generation in keys for signature in generation.signatures(content)]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds(now)),
        "webhook-signature": " ".join(signatures),
    }
