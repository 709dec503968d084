"""`POST /agent/poll`, `/agent/answer`, `/agent/progress`: compact JWS in; a request, nothing, or a JSON error out."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.contracts.card_wire import MESSAGE_CONTENT_TYPE
from idp.kernel.errors import Conflict, Refused
from idp.stations.mail_slots import MailSlots
from idp.stations.model import StationProblem
from idp.stations.rules import MAX_MESSAGE_LENGTH
from idp.web.routes import Access, Entry

# 401, 403 and 426 tell an agent to stop and say why; 409 and 410 that the card session is over
AGENT_STATUSES: Final = {
    StationProblem.UNKNOWN_STATION: 401,
    StationProblem.BAD_MESSAGE: 401,
    StationProblem.REPLAYED: 401,
    StationProblem.NOT_ACTIVE: 403,
    StationProblem.VIRTUAL_REFUSED: 403,
    StationProblem.AGENT_TOO_OLD: 426,
    StationProblem.SESSION_OVER: 409,
    StationProblem.SESSION_EXPIRED: 410,
    StationProblem.PAIRING_CODE_WRONG: 400,
}
_DESCRIPTIONS: Final = {
    StationProblem.UNKNOWN_STATION: "no such station; enrol it first",
    StationProblem.BAD_MESSAGE: "the message is not believed",
    StationProblem.REPLAYED: "the message was used before",
    StationProblem.NOT_ACTIVE: "the station is revoked, or its agency is not active",
    StationProblem.VIRTUAL_REFUSED: "a virtual reader is not allowed at this station",
    StationProblem.AGENT_TOO_OLD: "the agent is too old; update it",
    StationProblem.SESSION_OVER: "the card session has had its answer",
    StationProblem.SESSION_EXPIRED: "the card session has expired",
    StationProblem.PAIRING_CODE_WRONG: "the code is wrong, used or too old; have a new one made in the portal",
}


class AgentEndpoints:
    """The mail slots over HTTP."""

    def __init__(self, *, mail_slots: MailSlots) -> None:
        self._mail_slots = mail_slots

    def entries(self) -> tuple[Entry, ...]:
        """The route table: all take a message signed by the station's own key."""
        return (
            Entry("/agent/poll", ("POST",), self.poll, Access.STATION, "agent_poll"),
            Entry("/agent/answer", ("POST",), self.answer, Access.STATION, "agent_answer"),
            Entry("/agent/progress", ("POST",), self.progress, Access.STATION, "agent_progress"),
        )

    async def poll(self, request: Request) -> Response:
        """A hello; 200 with a signed request as soon as there is one, 204 when there is none for a while."""
        try:
            station = await self._mail_slots.hello(await signed_message(request))
        except Refused as refused:
            return agent_refusal(refused)
        try:
            card_request = await self._mail_slots.next_request(station, is_gone=request.is_disconnected, gives_way=True)
        except Refused as refused:
            return agent_refusal(refused)
        if card_request is None:
            return Response(status_code=204)
        return Response(card_request, media_type=MESSAGE_CONTENT_TYPE)

    async def answer(self, request: Request) -> Response:
        """What came of a card request; 204 when it was taken."""
        try:
            await self._mail_slots.answer(await signed_message(request))
        except (Refused, Conflict) as refused:
            return agent_refusal(refused)
        return Response(status_code=204)

    async def progress(self, request: Request) -> Response:
        """How far a read has come; 204 when somebody still waits for it."""
        try:
            await self._mail_slots.progress(await signed_message(request))
        except (Refused, Conflict) as refused:
            return agent_refusal(refused)
        return Response(status_code=204)


async def signed_message(request: Request) -> str:
    """The compact JWS in the body. Raises Refused (BAD_MESSAGE)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MESSAGE_CONTENT_TYPE:
        raise Refused(StationProblem.BAD_MESSAGE, "content type")
    body = await request.body()
    if len(body) > MAX_MESSAGE_LENGTH or not body.isascii():
        raise Refused(StationProblem.BAD_MESSAGE, "length or characters")
    return body.decode("ascii")


def agent_refusal(refused: Refused | Conflict) -> Response:
    """The code, and words for the log of the agent."""
    status = AGENT_STATUSES[StationProblem(refused.code)]
    return JSONResponse(refusal_of(refused), status, headers={"cache-control": "no-store"})


def refusal_of(refused: Refused | Conflict) -> dict[str, str]:
    """`error` and `error_description`."""
    problem = StationProblem(refused.code)
    return {"error": problem.value, "error_description": _DESCRIPTIONS[problem]}
