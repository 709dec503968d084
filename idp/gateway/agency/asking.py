"""Who asks at the agency's own interface, for which version of what, from where in a list."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.audit.model import Actor, ActorKind
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.gateway.agency.model import AgencyApiProblem
from idp.gateway.bodies import Body, read_json
from idp.gateway.own_tokens import OwnTokens
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.protocol.scopes import AGENCY_MANAGE, AGENCY_SCOPES
from idp.storage.storage import Storage
from idp.web.model import WebProblem

PAGE: Final = 50
LARGEST_BODY: Final = 65_536
CHOSEN_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,128}")
"""Programs and stations may have names that were chosen for them."""
_MOST_VERSION_DIGITS: Final = 9


class Asking:
    """What every page of this interface needs: the store, the caller's token, the form of answers."""

    def __init__(self, *, storage: Storage, tokens: OwnTokens) -> None:
        self.storage = storage
        self._tokens = tokens

    async def reader(self, request: Request) -> VerifiedAccessToken:
        """A program that may look at its agency's things. Raises an OAuth2Error."""
        return await self._tokens.client(request, scopes=AGENCY_SCOPES)

    async def manager(self, request: Request) -> VerifiedAccessToken:
        """A program that may change them. Raises an OAuth2Error."""
        return await self._tokens.client(request, scopes=(AGENCY_MANAGE,))

    def answer(
        self, said: Any, *, status: int = 200, version: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """JSON with the next nonce; `version` is what the caller names to change it."""
        tag = {} if version is None else {"etag": f'"{version}"'}
        return JSONResponse(said, status, headers={**self._tokens.nonce(), **tag, **(headers or {})})

    def done(self) -> Response:
        """There is nothing to say."""
        return Response(status_code=204, headers=self._tokens.nonce())


def actor(token: VerifiedAccessToken) -> Actor:
    """The program as the one who acts."""
    return Actor(ActorKind.CLIENT, token.acting_client_id)


def version_asked_for(request: Request) -> int:
    """The version that the caller read and means to change: one strong tag in `If-Match`.

    Raises Refused (PRECONDITION_MISSING, CHANGED_MEANWHILE: no version has such a tag).
    """
    fields = request.headers.getlist("if-match")
    # RFC 6585 §3: 428 "requires the request to be conditional … to avoid the "lost update" problem"
    if not fields:
        raise Refused(AgencyApiProblem.PRECONDITION_MISSING)
    tag = fields[0].strip()
    # RFC 9110 §13.1.1: "An origin server MUST use the strong comparison function when comparing entity tags for
    # If-Match"; `*` and lists would change what the caller never read
    digits = tag[1:-1]
    is_tag = len(fields) == 1 and tag == f'"{digits}"' and digits.isascii() and digits.isdigit()
    if not is_tag or len(digits) > _MOST_VERSION_DIGITS:
        raise Refused(AgencyApiProblem.CHANGED_MEANWHILE)
    return int(digits)


async def read_body(request: Request, kind: type[Body]) -> Body:
    """The body as JSON of this form. Raises Refused (MALFORMED)."""
    if len(await request.body()) > LARGEST_BODY:
        raise Refused(WebProblem.TOO_LARGE)
    return await read_json(request, kind, malformed=AgencyApiProblem.MALFORMED)


async def read_members(request: Request, kind: type[Body]) -> tuple[Body, frozenset[str]]:
    """As `read_body`, and which members were sent: null takes away, what is left out stays. Raises Refused."""
    body = await read_body(request, kind)
    return body, frozenset(json.loads(await request.body()))


def cursor(request: Request, prefix: str | None) -> str | None:
    """Where the page begins: `after`, which the page before called `next`. Raises Refused (MALFORMED)."""
    return cursor_of(request.query_params.get("after"), prefix)


def cursor_of(named: str | None, prefix: str | None) -> str | None:
    """As `cursor`, wherever it was named."""
    if named is None:
        return None
    if CHOSEN_ID.fullmatch(named) is None or (prefix is not None and not is_id(prefix, named)):
        raise Refused(AgencyApiProblem.MALFORMED, "after")
    return named


def named_in_path(request: Request, name: str, *, prefix: str | None, absent: StrEnum) -> str:
    """An identifier of the path; `prefix` is None for chosen ones. Raises NotFound (`absent`) where it is none."""
    text: str = request.path_params[name]
    if CHOSEN_ID.fullmatch(text) is None or (prefix is not None and not is_id(prefix, text)):
        raise NotFound(absent)
    return text


def expect_printable(*texts: str) -> None:
    """Refuse what no page shows and not every store keeps. Raises Refused (MALFORMED)."""
    if not all(text.isprintable() and text.strip() for text in texts):
        raise Refused(AgencyApiProblem.MALFORMED, "text")


def page_of(name: str, described: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of a list: `next` is the `after` of the following one, null on the last."""
    following = described[-1]["id"] if len(described) == PAGE else None
    return {name: described, "next": following}
