"""The photo off the card in the reader, and the officer's copy: sent once, kept nowhere, here or on the way.

With the token of the officer who opened the card session, or a program's own token that names it.
"""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.documents import Delivery
from idp.exchange.counter.model import CounterProblem, CounterSessionId
from idp.exchange.on_card.model import CopyWanted
from idp.exchange.on_card.service import OnCard
from idp.gateway.bodies import read_json
from idp.gateway.tokens import GatewayTokens
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.web.routes import Access, Entry

NOT_KEPT: Final = "no-store, private, no-transform"
_Name = Annotated[str, msgspec.Meta(max_length=64)]
_Names = Annotated[list[_Name], msgspec.Meta(min_length=1, max_length=64)]
DELIVERIES: Final = {one.value: one for one in (Delivery.SEALED, Delivery.PASSWORD)}


class CopyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /card-sessions/{session_id}/officer-copy`; without `fields`, all that the right covers."""

    fields: _Names | None = None


class OnCardEndpoints:
    """`GET /card-sessions/{session_id}/photo` and `POST /card-sessions/{session_id}/officer-copy`."""

    def __init__(self, *, on_card: OnCard, tokens: GatewayTokens) -> None:
        self._on_card = on_card
        self._tokens = tokens

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        one = "/card-sessions/{session_id}"
        return (
            Entry(f"{one}/photo", ("GET",), self.photo, Access.ACCESS_TOKEN, "card_session_photo"),
            Entry(f"{one}/officer-copy", ("POST",), self.copy, Access.ACCESS_TOKEN, "card_session_copy"),
        )

    async def photo(self, request: Request) -> Response:
        """The photo, for the officer's screen while the card is in the reader."""
        token = await self._tokens.verified(request)
        shown = await self._on_card.show_photo(token, _session_id(request))
        headers = {
            "cache-control": NOT_KEPT,
            "content-disposition": "inline",
            "disclosure-id": shown.disclosure_id,
            "dpop-nonce": self._tokens.nonce(),
        }
        return Response(shown.jpeg, media_type="image/jpeg", headers=headers)

    async def copy(self, request: Request) -> Response:
        """The officer's sealed copy of what the card says."""
        token = await self._tokens.verified(request)
        delivery = DELIVERIES.get(request.query_params.get("delivery", Delivery.SEALED.value))
        if delivery is None:
            raise Refused(CounterProblem.MALFORMED, "delivery")
        body = await read_json(request, CopyRequest, malformed=CounterProblem.MALFORMED)
        fields = None if body.fields is None else frozenset(body.fields)
        copy = await self._on_card.copy(token, _session_id(request), CopyWanted(fields, delivery))
        made = copy.made
        headers = {
            "cache-control": NOT_KEPT,
            "content-disposition": f'attachment; filename="card-{made.id}.pdf"',
            "disclosure-id": copy.disclosure_id,
            "document-id": made.id,
            "document-sha256": made.sha256 or "",
            "document-photo": "printed" if copy.has_photo else "none",
            "dpop-nonce": self._tokens.nonce(),
        }
        if made.password is not None:
            headers["document-password"] = made.password
        return Response(made.content, media_type="application/pdf", headers=headers)


def _session_id(request: Request) -> CounterSessionId:
    named: str = request.path_params["session_id"]
    if not is_id("cds", named):
        raise NotFound(CounterProblem.UNKNOWN)
    return CounterSessionId(named)
