"""Pairwise subject identifiers (OpenID Connect Core 1.0, section 8.1) and pseudonyms for the log.

The key never rotates: an agency knows a person by this value for ever. No two sectors share a value, and none leads
back to the subscriber without the key.
"""

import base64

from idp.kernel.ids import SsoSessionId, SubscriberId
from idp.keys.files import FIRST_VERSION, RootKeys
from idp.keys.keyed_digest import KeyedDigest


class PairwiseSubjects:
    """Subject identifiers, one a person and sector."""

    def __init__(self, root_keys: RootKeys) -> None:
        self._subjects = KeyedDigest(root_keys.derive("pairwise-subject", version=FIRST_VERSION))
        self._pseudonyms = KeyedDigest(root_keys.derive("audit-pseudonym", version=FIRST_VERSION))

    def sub(self, sector: str, subscriber_id: SubscriberId) -> str:
        """The `sub` by which a sector knows a subscriber: 256 bits, base64url, ASCII."""
        return _text(self._subjects.of(f"{sector}\x1f{subscriber_id}".encode()))

    def sid(self, sector: str, session_id: SsoSessionId) -> str:
        """The `sid` by which a sector knows a session (Back-Channel Logout 1.0, §2.1): as little shared as `sub` is."""
        return _text(self._subjects.of(f"sid\x1f{sector}\x1f{session_id}".encode()))

    def pseudonym(self, subscriber_id: SubscriberId) -> str:
        """The name of a subscriber in the audit log."""
        return _text(self._pseudonyms.of(subscriber_id.encode()))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
