"""The catalogue in a file: read when it changed, brought anew by an operator."""

import asyncio
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import structlog
from cryptography import x509

from connectors.contracts.authenticator_models import AuthenticatorModel
from connectors.fido_metadata.blob import Blob, BlobRefused, read_blob

FIDO_SIGNER: Final = "mds.fidoalliance.org"

logger = structlog.get_logger("fido_metadata")


@dataclass(frozen=True, slots=True)
class TrustedSigner:
    """Whose catalogue is believed: the root that its certificate leads to, and the name in that."""

    root: x509.Certificate
    name: str = FIDO_SIGNER


class FileModels:
    """Implements `AuthenticatorModels` over a file that `install_blob` wrote.

    When the catalogue's time is over, `when_over` says what holds: nothing in it ("refuse"), or what it said last, with
    a line in the log at each reading ("warn"). A file that is missing or not what its service signed knows no model.
    """

    def __init__(self, path: Path, *, signer: TrustedSigner, when_over: Literal["refuse", "warn"] = "refuse") -> None:
        self._path = path
        self._signer = signer
        self._when_over = when_over
        self._read_of: tuple[int, int] | None = None
        self._blob: Blob | None = None

    async def find(self, aaguid: str, *, now: datetime) -> AuthenticatorModel | None:
        """The model, None when it is unknown or the catalogue may not be believed."""
        blob = await asyncio.to_thread(self._present, now)
        if blob is None or (now >= blob.ends and self._when_over == "refuse"):
            return None
        return blob.models.get(aaguid)

    def _present(self, now: datetime) -> Blob | None:
        try:
            stat = self._path.stat()
            read_of = (stat.st_mtime_ns, stat.st_size)
            if read_of != self._read_of:
                self._blob = read_blob(
                    self._path.read_text("ascii").strip(),
                    expected_root=self._signer.root,
                    expected_signer=self._signer.name,
                    now=now,
                )
                self._read_of = read_of
                if now >= self._blob.ends:
                    logger.warning("fido_metadata.over", number=self._blob.number)
        except (OSError, UnicodeDecodeError, BlobRefused) as error:
            logger.warning("fido_metadata.unusable", reason=type(error).__name__)
            self._blob, self._read_of = None, None
        return self._blob


def install_blob(text: str, path: Path, *, signer: TrustedSigner, now: datetime) -> Blob:
    """Put a BLOB where `FileModels` reads it, whole or not at all.

    Raises BlobRefused: not signed by the service, over already, or older than the one in place (an old one would hide
    what was found out since).
    """
    blob = read_blob(text, expected_root=signer.root, expected_signer=signer.name, now=now)
    # Section 3.2: "If the number is less or equal to the number of the last Metadata BLOB object cached locally, the
    # FIDO Server SHOULD silently stop"; we say so.
    if now >= blob.ends:
        raise BlobRefused("its time is over")
    try:
        present = path.read_text("ascii").strip()
        kept = read_blob(present, expected_root=signer.root, expected_signer=signer.name, now=now)
    except (OSError, UnicodeDecodeError, BlobRefused):
        kept = None
    if kept is not None and blob.number < kept.number:
        raise BlobRefused(f"number {blob.number} is older than {kept.number}, which is in place")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return blob
