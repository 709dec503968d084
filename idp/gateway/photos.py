"""Photos, on a path of their own: an officer asks, a second one agrees, the first one sees it, once.

All three with the officers' own tokens: no program has one on its own authority, and no token names the data set.
"""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.catalogue.gdx import CardSessionSubject, CitizenRefSubject
from idp.catalogue.photo import PHOTO_PATH
from idp.exchange.photo.model import PhotoProblem, PhotoView
from idp.exchange.photo.service import Photos
from idp.gateway.bodies import read_json
from idp.gateway.tokens import GatewayTokens
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.web.routes import Access, Entry

REQUESTS: Final = "/photo-requests"


class PhotoRequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /photo-requests`: one of both. Purpose and case are those for which that was opened."""

    card_session: str | None = None
    citizen_ref: str | None = None


class PhotoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /photos`."""

    request: str


class PhotoEndpoints:
    """`POST /photo-requests`, `GET` of one, `POST` of its agreement, and `POST /photos`."""

    def __init__(self, *, photos: Photos, tokens: GatewayTokens) -> None:
        self._photos = photos
        self._tokens = tokens

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        one = f"{REQUESTS}/{{request_id}}"
        return (
            Entry(REQUESTS, ("POST",), self.ask, Access.ACCESS_TOKEN, "photo_requested"),
            Entry(one, ("GET",), self.look, Access.ACCESS_TOKEN, "photo_request"),
            Entry(f"{one}/agreement", ("POST",), self.agree, Access.ACCESS_TOKEN, "photo_agreed"),
            Entry(PHOTO_PATH, ("POST",), self.show, Access.ACCESS_TOKEN, "photo"),
        )

    async def ask(self, request: Request) -> Response:
        """The officer who opened a card session or handle asks for the photo of its person."""
        token = await self._tokens.verified(request)
        body = await read_json(request, PhotoRequestBody, malformed=PhotoProblem.MALFORMED)
        view = await self._photos.ask(token, _subject(body))
        return self._described(view, status=201)

    async def look(self, request: Request) -> Response:
        """What is asked for, as a second officer sees it before agreeing; nothing in it says who the person is."""
        token = await self._tokens.verified(request)
        return self._described(await self._photos.look(token, _request_id(request.path_params["request_id"])))

    async def agree(self, request: Request) -> Response:
        """A second officer of the agency agrees to exactly this request. No body is read."""
        token = await self._tokens.verified(request)
        return self._described(await self._photos.agree(token, _request_id(request.path_params["request_id"])))

    async def show(self, request: Request) -> Response:
        """The photo, once, to the officer who asked; it is kept nowhere, here or on the way."""
        token = await self._tokens.verified(request)
        body = await read_json(request, PhotoBody, malformed=PhotoProblem.MALFORMED)
        shown = await self._photos.show(token, _request_id(body.request))
        headers = {
            "cache-control": "no-store, private, no-transform",
            "content-disposition": "inline",
            "disclosure-id": shown.disclosure_id,
            "dpop-nonce": self._tokens.nonce(),
        }
        return Response(shown.jpeg, media_type="image/jpeg", headers=headers)

    def _described(self, view: PhotoView, *, status: int = 200) -> Response:
        asked = view.request
        members: dict[str, Any] = {
            "id": asked.id,
            "purpose": view.opened_for.service_id,
            "case": view.opened_for.case,
            "by_number": asked.anchor.startswith("ctr_"),
            "asked_by_th": view.asked_by_th,
            "asked_by_en": view.asked_by_en,
            "agreed": asked.second_id is not None,
            "shown": asked.shown_at is not None,
            "expires_at": asked.expires_at.isoformat(timespec="seconds"),
        }
        return JSONResponse(members, status, headers={"cache-control": "no-store", "dpop-nonce": self._tokens.nonce()})


def _subject(body: PhotoRequestBody) -> CardSessionSubject | CitizenRefSubject:
    match (body.card_session, body.citizen_ref):
        case (str() as card_session, None) if is_id("cds", card_session):
            return CardSessionSubject(card_session)
        case (None, str() as citizen_ref) if is_id("ctr", citizen_ref):
            return CitizenRefSubject(citizen_ref)
        case _:
            raise Refused(PhotoProblem.MALFORMED, "subject")


def _request_id(text: str) -> str:
    if not is_id("pho", text):
        raise NotFound(PhotoProblem.UNKNOWN)
    return text
