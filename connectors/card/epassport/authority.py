"""Passports judged by the certificates in a folder: the adapter of PassportAuthority.

The folder holds what an operator received out of band: `*.der`, `*.cer` or `*.crt` certificates of authorities (CSCA),
`*.ml` master lists each beside `NAME.publisher.der`, the pinned authority of its publisher, `links/*.der` link
certificates, and `*.crl` revocation lists.
"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from connectors.card.epassport.face import portrait_of
from connectors.card.epassport.mrz import LINE, is_access_number, key_of_access_number, key_of_mrz, parse_mrz
from connectors.card.epassport.proof import prove_passport
from connectors.card.epassport.reading import mrz_text
from connectors.card.epassport.trust import (
    TrustStore,
    trust_certificates,
    trust_master_list,
    with_links,
    with_revocations,
)
from connectors.contracts.card import PassportData, PassportFiles, PassportKey, PassportProof
from connectors.contracts.errors import CardError, CardFault

_CERTIFICATES: Final = frozenset({".der", ".cer", ".crt"})
_PUBLISHER: Final = ".publisher.der"
_LARGEST_PORTRAIT: Final = (3000, 4000)


def load_trust(folder: Path, *, now: datetime) -> TrustStore:
    """The authorities in the folder.

    Raises OSError, and ValueError for a file that is not what its name says.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    pinned = [path for path in files if path.suffix in _CERTIFICATES and not path.name.endswith(_PUBLISHER)]
    store = trust_certificates(path.read_bytes() for path in pinned)
    for path in files:
        if path.suffix == ".ml":
            publisher = path.with_name(path.stem + _PUBLISHER).read_bytes()
            listed = trust_master_list(path.read_bytes(), expected_publisher=publisher, now=now)
            store = TrustStore(store.authorities + listed.authorities, store.revocations)
    links = sorted((folder / "links").glob("*.der"))
    store = with_links(store, [path.read_bytes() for path in links], now=now)
    return with_revocations(store, [path.read_bytes() for path in files if path.suffix == ".crl"])


class Passports:
    """Judges passports; implements PassportAuthority. `trust` is asked each time: lists are renewed while we run."""

    def __init__(self, *, trust: Callable[[datetime], TrustStore]) -> None:
        self._trust = trust

    def key_of(self, printed: str) -> PassportKey:
        """What opens the chip: both printed lines, the second, or the access number. Raises CardError WRONG_MRZ."""
        zone = "".join(printed.split()).upper()
        if is_access_number(zone):
            return key_of_access_number(zone)
        return key_of_mrz(zone if len(zone) != LINE else "<" * LINE + zone)

    def prove(self, files: PassportFiles, *, now: datetime) -> PassportProof:
        """What the files prove."""
        return prove_passport(files, trust=self._trust(now), now=now)

    def data_of(self, files: PassportFiles, *, today: date) -> PassportData:
        """The printed lines as the chip has them. Raises CardError MALFORMED_DATA, WRONG_MRZ."""
        return parse_mrz(mrz_text(files.mrz), today=today)

    def portrait_of(self, files: PassportFiles) -> bytes:
        """The picture of the holder as JPEG, whichever format the chip has. Raises CardError MALFORMED_DATA."""
        portrait = portrait_of(files.portrait)
        if portrait.media_type == "image/jpeg":
            return portrait.image
        try:
            with Image.open(BytesIO(portrait.image), formats=("JPEG2000",)) as picture:
                if picture.width > _LARGEST_PORTRAIT[0] or picture.height > _LARGEST_PORTRAIT[1]:
                    raise CardError(CardFault.MALFORMED_DATA, "a portrait of no likely size")
                shown = BytesIO()
                picture.convert("RGB").save(shown, "JPEG", quality=90)
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
            raise CardError(CardFault.MALFORMED_DATA, "the portrait cannot be shown") from None
        return shown.getvalue()


class TrustFolder:
    """The folder's authorities, read again when anything in it changed. A folder that cannot be read trusts nobody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[tuple[str, int, int], ...] | None = None
        self._store = TrustStore()

    def __call__(self, now: datetime) -> TrustStore:
        """The authorities as the folder has them now."""
        try:
            seen = tuple(
                (str(path), path.stat().st_mtime_ns, path.stat().st_size)
                for path in sorted(self._folder.rglob("*"))
                if path.is_file()
            )
            if seen != self._seen:
                self._store, self._seen = load_trust(self._folder, now=now), seen
        except (OSError, ValueError):
            self._store, self._seen = TrustStore(), None
        return self._store
