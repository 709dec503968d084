"""Where receivers of events find the transmitter: Shared Signals Framework 1.0 §7."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.protocol.shared_signals import WELL_KNOWN
from idp.provider.oidc.metadata import CACHED_BY_ANYBODY
from idp.web.routes import Access, Entry


class TransmitterMetadata:
    """The one document, the same for everybody; the streams themselves are managed at the data exchange."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._document = msgspec.json.encode(dict(metadata))

    def entries(self) -> tuple[Entry, ...]:
        """§7.2.1: below the issuer, whose address the tokens name."""
        return (Entry(WELL_KNOWN, ("GET",), self._shown, Access.ANYONE, "ssf_configuration"),)

    async def _shown(self, request: Request) -> Response:
        return Response(self._document, headers=CACHED_BY_ANYBODY, media_type="application/json")
