"""A PIN that a module refused is never shown to it again: a few wrong ones lock a token for good.

Kept beside the keys as a keyed digest, so that neither a restart nor a supervisor that restarts for ever tries it anew.
Another PIN in the settings is another digest; who repaired the token for the same PIN removes the file.
"""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class RefusedPins:
    """The file, and the key of its digests. A file that cannot be read counts as a refusal: nothing is tried."""

    path: Path
    key: bytes

    def is_refused(self, token_label: str, pin: str) -> bool:
        """Was this PIN refused by this token?"""
        try:
            known = self.path.read_text("ascii").split()
        except FileNotFoundError:
            return False
        except (OSError, UnicodeDecodeError):
            return True
        return self._digest(token_label, pin) in known

    def remember(self, token_label: str, pin: str) -> None:
        """The token refused it. Durable before anything else is tried. Raises OSError."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{self._digest(token_label, pin)}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        # a new file is there after a loss of power only when its folder says so
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _digest(self, token_label: str, pin: str) -> str:
        return hmac.digest(self.key, f"{token_label}\x1f{pin}".encode(), sha256).hex()
