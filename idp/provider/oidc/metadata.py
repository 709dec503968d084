"""Provider metadata and keys."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.keys.encryption import ServerEncryptionKey
from idp.keys.signing import SigningKeys
from idp.web.routes import Access, Entry

CACHED_BY_ANYBODY = {"cache-control": "public, max-age=300"}


class MetadataEndpoints:
    """The two well-known addresses (one document) and the key set; the same for everybody, so caches may keep them."""

    def __init__(self, *, metadata: Mapping[str, Any], keys: SigningKeys, encryption: ServerEncryptionKey) -> None:
        self._metadata = msgspec.json.encode(dict(metadata))
        self._keys = keys
        self._encryption = encryption.public_jwk()
        self._shown: object = None
        self._jwks_document = b""

    def entries(self) -> tuple[Entry, ...]:
        """The paths of OpenID Connect Discovery §4, RFC 8414 §3 and RFC 7517 §5."""
        anyone = Access.ANYONE
        return (
            Entry("/.well-known/openid-configuration", ("GET",), self._document, anyone, "openid_configuration"),
            Entry("/.well-known/oauth-authorization-server", ("GET",), self._document, anyone, "oauth_metadata"),
            Entry("/jwks", ("GET",), self._jwks, anyone, "jwks", hot=True),
        )

    async def _document(self, request: Request) -> Response:
        return Response(self._metadata, headers=CACHED_BY_ANYBODY, media_type="application/json")

    async def _jwks(self, request: Request) -> Response:
        keys = await self._keys.refresh()
        if keys is not self._shown:
            # written down once for as long as the keys are the same snapshot
            published = await self._keys.public_jwks()
            self._jwks_document = msgspec.json.encode({"keys": [*published["keys"], self._encryption]})
            self._shown = keys
        return Response(self._jwks_document, headers=CACHED_BY_ANYBODY, media_type="application/jwk-set+json")
