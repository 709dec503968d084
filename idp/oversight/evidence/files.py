"""A bundle of evidence as one file, with its sealed cover where the seal can be had."""

import io
import zipfile
from typing import Final

from connectors.contracts.documents import Delivery, DocumentSealer
from connectors.contracts.errors import DocumentError, TimestampUnavailable
from idp.approvals.model import Decider
from idp.exchange.evidence import EvidenceBundle, EvidenceFile
from idp.exchange.evidence_cover import cover_of
from idp.kernel.ids import DisclosureId
from idp.oversight.evidence.service import EvidenceForReview

COVER: Final = "cover.pdf"
MOMENT_OF_ALL: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: the same evidence is the same file."""


class EvidenceFiles:
    """`gateway_url` is where the cover says that papers are verified."""

    def __init__(self, *, evidence: EvidenceForReview, sealer: DocumentSealer, gateway_url: str) -> None:
        self._evidence = evidence
        self._sealer = sealer
        self._gateway_url = gateway_url

    async def file(self, disclosure_id: DisclosureId, *, reason: str, by: Decider) -> bytes:
        """A ZIP of everything. Raises as `EvidenceForReview.take` does."""
        bundle = await self._evidence.take(disclosure_id, reason=reason, by=by)
        return zipped((*bundle.files, *await self._cover(bundle, disclosure_id, reason)))

    async def _cover(
        self, bundle: EvidenceBundle, disclosure_id: DisclosureId, reason: str
    ) -> tuple[EvidenceFile, ...]:
        """Nothing where it cannot be sealed now: the bundle proves itself without."""
        request = cover_of(bundle, disclosure_id, reason, self._gateway_url)
        try:
            sealed = await self._sealer.seal(request, delivery=Delivery.SEALED, password=None)
        except (DocumentError, TimestampUnavailable):
            return ()
        return (EvidenceFile(COVER, sealed.pdf),)


def zipped(files: tuple[EvidenceFile, ...]) -> bytes:
    """All of them, each under its own path."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target:
        for file in files:
            target.writestr(zipfile.ZipInfo(file.path, MOMENT_OF_ALL), file.content)
    return held.getvalue()
