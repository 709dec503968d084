"""Hearing of what happened to the agency's people: a polled event stream (Shared Signals Framework 1.0, RFC 8936)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relying_party_demo.national_id.client import NationalId
from relying_party_demo.national_id.gateway import DataGateway
from relying_party_demo.national_id.problems import AskRefused

REST_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 1.0
POLL_SECONDS: Final = 40.0
"""Longer than the provider holds a poll that has nothing to say."""


@dataclass(frozen=True, slots=True)
class Event:
    """One verified event: its type, the person as this agency knows them, when it was, and what else it says."""

    type: str
    sub: str
    at: int
    facts: Mapping[str, Any]


class EventStream:
    """The agency's one stream; `wanted` are the types it asks for. What was kept is acknowledged with the next poll."""

    def __init__(self, *, national_id: NationalId, gateway: DataGateway, wanted: Sequence[str]) -> None:
        self._national_id = national_id
        self._gateway = gateway
        self._wanted = list(wanted)

    async def follow(self, keep: Callable[[Event], None]) -> None:
        """Hand every event to `keep`, until cancelled. A provider that is away is asked again a moment later."""
        said: dict[str, Any] = {}
        while True:
            try:
                token = await self._national_id.events_token()
                sets = await self._poll(token["access_token"], said)
                said = await self._read(sets, keep)
            except AskRefused:
                await asyncio.sleep(REST_SECONDS)

    async def _read(self, sets: Mapping[str, str], keep: Callable[[Event], None]) -> dict[str, Any]:
        """What to say of these tokens: taken, or refused as none of the provider's (RFC 8936 §2.4)."""
        taken, refused = [], {}
        for jti, token in sets.items():
            try:
                claims = await self._national_id.event_claims(token)
            except AskRefused as untrusted:
                if untrusted.code != "event_invalid":
                    raise
                refused[jti] = {"err": "invalid_key", "description": "the token failed its checks"}
                continue
            for kind, facts in claims["events"].items():
                at = int(facts.get("event_timestamp", claims["iat"]))
                keep(Event(kind, str(claims["sub_id"].get("sub", "")), at, facts))
            taken.append(jti)
        return {"ack": taken, "setErrs": refused}

    async def _poll(self, access_token: str, said: Mapping[str, Any]) -> Mapping[str, str]:
        streams = await self._gateway.send("GET", "/ssf/streams", access_token=access_token)
        if not streams:
            made = {"events_requested": self._wanted}
            streams = [await self._gateway.send("POST", "/ssf/streams", made, access_token=access_token)]
        where = streams[0]["delivery"]["endpoint_url"]
        polled = await self._gateway.send("POST", where, said, access_token=access_token, seconds=POLL_SECONDS)
        sets: Mapping[str, str] = polled["sets"]
        if not sets:
            await asyncio.sleep(IDLE_SECONDS)
        return sets
