"""`POST /agent/pair` and `POST /agent/keys`: how a station comes to its key, and to the issuer's later ones."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.contracts.card_wire import MESSAGE_CONTENT_TYPE
from idp.kernel.errors import Refused
from idp.provider.agent.endpoints import agent_refusal, signed_message
from idp.stations.mail_slots import MailSlots
from idp.stations.pairing import Pairings
from idp.web.routes import Access, Entry


class PairingEndpoints:
    """Both take a message signed by the agent: with the key that is to be the station's, or that is."""

    def __init__(self, *, pairings: Pairings, mail_slots: MailSlots) -> None:
        self._pairings = pairings
        self._mail_slots = mail_slots

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return (
            Entry("/agent/pair", ("POST",), self.pair, Access.STATION, "agent_pair"),
            Entry("/agent/keys", ("POST",), self.keys, Access.STATION, "agent_keys"),
        )

    async def pair(self, request: Request) -> Response:
        """A pairing code and a new key; whose station it is, as JSON."""
        try:
            answer = await self._pairings.answer(await signed_message(request))
        except Refused as refused:
            return agent_refusal(refused)
        return JSONResponse(asdict(answer), headers={"cache-control": "no-store"})

    async def keys(self, request: Request) -> Response:
        """A hello; the issuer's keys as they are now, proven by the station's link key."""
        try:
            station = await self._mail_slots.hello(await signed_message(request))
        except Refused as refused:
            return agent_refusal(refused)
        return Response(await self._pairings.keys_for(station), media_type=MESSAGE_CONTENT_TYPE)
