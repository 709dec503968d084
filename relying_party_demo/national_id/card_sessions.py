"""Card sessions at the gateway: a person's visit to a counter, and what was read in it, in memory alone."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from relying_party_demo.national_id.client import NationalId
from relying_party_demo.national_id.details import gdx_details
from relying_party_demo.national_id.gateway import DataGateway
from relying_party_demo.national_id.problems import AskRefused

SESSION_SECONDS: Final = 900
"""How long a card session lasts at the gateway: nothing that was read is older."""
USES: Final = 3
"""The registry may have to be asked again while the person stands at the counter."""


class Visit(Protocol):
    """What the agency keeps of a visit: the card session it has, and the agency's own case number."""

    @property
    def session(self) -> str:
        """The id that `CardSessions.open` returned."""

    @property
    def case(self) -> str:
        """The number on papers and in the log of who saw the data."""


def mark_of(state: Mapping[str, Any]) -> str:
    """What a page of the visit shows, in short: another mark, another page. How far a read has come is no change."""
    return ":".join(str(state[name]) for name in ("light", "need", "card", "fault", "ready", "reason", "over"))


@dataclass(slots=True, repr=False)
class Read:
    """What card and registry said of one visit, by data set; where one refused, why."""

    since: float
    values: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    refusals: dict[str, AskRefused] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def value(self, dataset: str, name: str) -> str:
        """One field in one line; "" where it is not known."""
        return " ".join(str(self.values.get(dataset, {}).get(name) or "").split())

    def is_otherwise(self, card: str, registry: str) -> bool:
        """Whether the registry, where it is known, says otherwise than the card; blanks do not count."""
        return bool(registry) and "".join(card.split()) != "".join(registry.split())


class CardSessions:
    """Card sessions as this program sees them. A restart of the program forgets what was read.

    `fields` says what the service asks for, by data set; the first is the card itself.
    """

    def __init__(
        self,
        *,
        national_id: NationalId,
        gateway: DataGateway,
        clock: Callable[[], float],
        purpose: str,
        fields: Mapping[str, Sequence[str]],
    ) -> None:
        self._national_id = national_id
        self._gateway = gateway
        self._clock = clock
        self._purpose = purpose
        self._fields = fields
        self._read: dict[str, Read] = {}
        self._tokens: dict[str, Mapping[str, Any]] = {}

    async def open(self, officer_token: str, *, case: str, station: str, language: str) -> str:
        """Open one as the officer, who has read out the notice to whom hands the card over. Returns its id."""
        basis = {"kind": "card_handed_over", "notice_read": True}
        body = {"purpose": self._purpose, "case": case, "station": station, "basis": basis}
        path = "/card-sessions"
        opened = await self._gateway.send("POST", path, body, access_token=officer_token, language=language)
        return str(opened["id"])

    async def state(self, visit: Visit) -> Mapping[str, Any]:
        """How the session stands. What was read is forgotten as soon as it cannot be used any more."""
        path = f"/card-sessions/{visit.session}"
        state: Mapping[str, Any] = await self._gateway.send("GET", path, access_token=await self._token(visit))
        self._forget_when_gone(visit, state)
        return state

    async def changes(self, visit: Visit) -> AsyncIterator[Mapping[str, Any]]:
        """The session as it changes, until it is over or the gateway falls silent: whoever listens asks again."""
        path = f"/card-sessions/{visit.session}/events"
        with suppress(AskRefused):
            async for state in self._gateway.changes(path, access_token=await self._token(visit)):
                self._forget_when_gone(visit, state)
                yield state

    async def read(self, visit: Visit, wanted: Iterable[str], *, language: str) -> Read:
        """What card and registry say; each is asked once in a visit, or again after `ask_again`."""
        now = self._clock()
        self._read = {session: one for session, one in self._read.items() if one.since > now - SESSION_SECONDS}
        read = self._read.setdefault(visit.session, Read(now))
        async with read.reading:
            missing = [name for name in wanted if name not in read.values and name not in read.refusals]
            answers = await asyncio.gather(*(self._pull(visit, name, language=language) for name in missing))
            for dataset, answer in zip(missing, answers, strict=True):
                if isinstance(answer, AskRefused):
                    read.refusals[dataset] = answer
                else:
                    read.values[dataset] = answer
        return read

    def known(self, visit: Visit) -> Read | None:
        """What was read in this visit; None when it is gone."""
        return self._read.get(visit.session)

    def ask_again(self, visit: Visit) -> None:
        """Where something was refused, ask once more."""
        if visit.session in self._read:
            self._read[visit.session].refusals.clear()

    async def end(self, visit: Visit) -> None:
        """The visit is over; the gateway throws away what was read, and so does this program."""
        self._read.pop(visit.session, None)
        with suppress(AskRefused):  # what cannot be told now, the gateway does by itself within the quarter of an hour
            token = await self._token(visit)
            await self._gateway.send("DELETE", f"/card-sessions/{visit.session}", access_token=token)
        self._tokens.pop(visit.session, None)

    async def slip(self, visit: Visit) -> bytes:
        """What the person takes home: who asked for what, and where to see it."""
        token = await self._token(visit)
        return await self._gateway.paper(f"/card-sessions/{visit.session}/slip", access_token=token)

    def _details(self, visit: Visit, dataset: str) -> list[dict[str, Any]]:
        return gdx_details(
            {dataset: self._fields[dataset]},
            subject={"card_session": visit.session},
            purpose=self._purpose,
            basis="card_handed_over",
            case=visit.case,
            formats=["json"],
            uses=USES,
        )

    async def _pull(self, visit: Visit, dataset: str, *, language: str) -> Mapping[str, Any] | AskRefused:
        try:
            token = await self._national_id.own_token(self._details(visit, dataset))
            answer = await self._gateway.read(
                access_token=token["access_token"],
                dataset=dataset,
                idempotency_key=secrets.token_urlsafe(24),
                case=visit.case,
                language=language,
            )
        except AskRefused as refused:
            return refused
        fields: Mapping[str, Any] = answer["fields"]
        return fields

    async def _token(self, visit: Visit) -> str:
        """The program's own token for following this session; it opens nothing but what the card's token opens."""
        known = self._tokens.get(visit.session)
        if known is None or float(known.get("expires_at", 0)) - 30 < self._clock():
            details = self._details(visit, next(iter(self._fields)))
            known = self._tokens[visit.session] = await self._national_id.own_token(details)
        return str(known["access_token"])

    def _forget_when_gone(self, visit: Visit, state: Mapping[str, Any]) -> None:
        if not state["ready"]:
            self._read.pop(visit.session, None)
        if state["over"]:
            self._tokens.pop(visit.session, None)
