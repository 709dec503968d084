"""Provider metadata and keys."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.keys.signing import SigningKeys
from idp.web.routes import Access, Entry


class MetadataEndpoints:
    """The two well-known addresses (one document) and the key set; the same for everybody, so caches may keep them."""

    def __init__(self, *, metadata: Mapping[str, Any], keys: SigningKeys) -> None:
        self._metadata = dict(metadata)
        self._keys = keys

    def entries(self) -> tuple[Entry, ...]:
        """The paths of OpenID Connect Discovery §4, RFC 8414 §3 and RFC 7517 §5."""
        anyone = Access.ANYONE
        return (
            Entry("/.well-known/openid-configuration", ("GET",), self._document, anyone, "openid_configuration"),
            Entry("/.well-known/oauth-authorization-server", ("GET",), self._document, anyone, "oauth_metadata"),
            Entry("/jwks", ("GET",), self._jwks, anyone, "jwks"),
        )

    async def _document(self, request: Request) -> Response:
        return JSONResponse(self._metadata, headers={"cache-control": "public, max-age=300"})

    async def _jwks(self, request: Request) -> Response:
        keys = await self._keys.public_jwks()
        return JSONResponse(
            keys, headers={"cache-control": "public, max-age=300"}, media_type="application/jwk-set+json"
        )
