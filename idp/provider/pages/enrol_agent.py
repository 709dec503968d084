"""`POST /agent/home` and `/agent/home/answer`: the agent of somebody who enrols at home."""

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.contracts.card_wire import MESSAGE_CONTENT_TYPE
from idp.enrolment.unattended.home_agents import HomeAgents
from idp.enrolment.unattended.model import UnattendedProblem
from idp.kernel.errors import Refused
from idp.stations.rules import MAX_MESSAGE_LENGTH
from idp.web.forms import read_body, read_json, text_field
from idp.web.routes import Access, Entry

_STATUSES: Final = {
    UnattendedProblem.CODE_WRONG: 400,
    UnattendedProblem.VIRTUAL_REFUSED: 403,
    UnattendedProblem.TIME_OVER: 410,
}
_DESCRIPTIONS: Final = {
    UnattendedProblem.CODE_WRONG: "the code is wrong, was used or is over; begin again in the browser",
    UnattendedProblem.VIRTUAL_REFUSED: "a virtual reader is not allowed here",
    UnattendedProblem.TIME_OVER: "too late; begin again in the browser",
    UnattendedProblem.MESSAGE_REFUSED: "the message is not believed",
}


class HomeAgentEndpoints:
    """What the agent sends is signed by a key that it made for this one application."""

    def __init__(self, *, agents: HomeAgents) -> None:
        self._agents = agents

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return (
            Entry("/agent/home", ("POST",), self.take, Access.STATION, "agent_home"),
            Entry("/agent/home/answer", ("POST",), self.answer, Access.STATION, "agent_home_answer"),
        )

    async def take(self, request: Request) -> Response:
        """JSON `code`, `jwk`, `hello` (signed, of `home:` and the key's thumbprint); 200 with a signed request."""
        sent = await read_json(request)
        jwk = sent.get("jwk")
        try:
            request_message = await self._agents.take(
                code=text_field(sent, "code") or "",
                jwk=jwk if isinstance(jwk, dict) else {},
                hello=text_field(sent, "hello") or "",
            )
        except Refused as refused:
            return _error(refused)
        return Response(request_message, media_type=MESSAGE_CONTENT_TYPE)

    async def answer(self, request: Request) -> Response:
        """A signed answer; 200 with the number for the page, 204 when no card was read."""
        body = await read_body(request)
        try:
            if len(body) > MAX_MESSAGE_LENGTH or not body.isascii():
                raise Refused(UnattendedProblem.MESSAGE_REFUSED, "length or characters")
            number = await self._agents.answer(body.decode("ascii"))
        except Refused as refused:
            return _error(refused)
        if number is None:
            return Response(status_code=204)
        return JSONResponse({"number": number}, headers={"cache-control": "no-store"})


def _error(refused: Refused) -> Response:
    problem = UnattendedProblem(refused.code)
    body = {"error": problem.value, "error_description": _DESCRIPTIONS[problem]}
    return JSONResponse(body, _STATUSES.get(problem, 401), headers={"cache-control": "no-store"})
