"""The photo of a card on its way to the officer's screen.

The agent encrypts it to a one-time key whose private half exists only here, in the memory of the process that asked.
The store holds ciphertext that nobody else can open; when the session ends the key is forgotten and the ciphertext
with it (nevers, 5).
"""

from datetime import datetime
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from idp.kernel.errors import NotFound
from idp.kernel.ids import CardSessionId
from idp.stations.model import StationProblem

_ALGORITHMS: Final = ["ECDH-ES", "A256GCM"]
_JPEG_START: Final = b"\xff\xd8\xff"
MAX_PHOTO_BYTES: Final = 64 * 1024


class PhotoVault:
    """One-time keys of open card sessions; memory only, forgotten by and by."""

    def __init__(self) -> None:
        self._keys: dict[CardSessionId, tuple[ECKey, datetime]] = {}

    def make_key(self, *, now: datetime) -> tuple[ECKey, dict[str, Any]]:
        """A fresh key pair and its public JWK; also forgets every key whose time is over."""
        self._keys = {session: kept for session, kept in self._keys.items() if kept[1] > now}
        key = ECKey.generate_key("P-256")
        return key, {**key.as_dict(private=False), "use": "enc", "alg": "ECDH-ES"}

    def keep(self, card_session_id: CardSessionId, key: ECKey, *, until: datetime) -> None:
        """Keep the private half for a session that was opened."""
        self._keys[card_session_id] = (key, until)

    def has_key(self, card_session_id: CardSessionId, *, now: datetime) -> bool:
        """True while this process can open what was read in the session."""
        return card_session_id in self._keys and now < self._keys[card_session_id][1]

    def open(self, card_session_id: CardSessionId, sealed: str, *, now: datetime) -> bytes:
        """The JPEG.

        Raises NotFound (PHOTO_GONE) when this process has no key for it, any more or ever, or it is no JPEG.
        """
        photo = self._opened(card_session_id, sealed, now)
        if not photo.startswith(_JPEG_START) or len(photo) > MAX_PHOTO_BYTES:
            raise NotFound(StationProblem.PHOTO_GONE, "not a JPEG")
        return photo

    def open_passport(self, card_session_id: CardSessionId, sealed: str, *, now: datetime) -> bytes:
        """A passport's files as they travelled, the portrait among them. Raises NotFound (PHOTO_GONE) as `open`."""
        return self._opened(card_session_id, sealed, now)

    def _opened(self, card_session_id: CardSessionId, sealed: str, now: datetime) -> bytes:
        key, until = self._keys.get(card_session_id, (None, now))
        if key is None or now >= until:
            raise NotFound(StationProblem.PHOTO_GONE)
        try:
            opened = jwe.decrypt_compact(sealed, key, algorithms=_ALGORITHMS).plaintext
        except (JoseError, ValueError, TypeError, RecursionError) as error:  # the header is the agent's: any JSON
            raise NotFound(StationProblem.PHOTO_GONE, "cannot be opened") from error
        if opened is None:
            raise NotFound(StationProblem.PHOTO_GONE, "cannot be opened")
        return opened

    def forget(self, card_session_id: CardSessionId) -> None:
        """Throw the key away."""
        self._keys.pop(card_session_id, None)
