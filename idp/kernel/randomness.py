"""The one source of randomness."""

import base64
import secrets
from collections.abc import Callable

Randomness = Callable[[int], bytes]
"""Gives that many unpredictable bytes."""

system_randomness: Randomness = secrets.token_bytes


def random_text(randomness: Randomness, *, bits: int = 256) -> str:
    """An unguessable URL-safe string with at least `bits` of entropy."""
    return base64.urlsafe_b64encode(randomness((bits + 7) // 8)).rstrip(b"=").decode()
