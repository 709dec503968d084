"""What the reader of a card session does, for the page that waits: the light of its counter, and the progress."""

from dataclasses import dataclass

from idp.kernel.errors import NotFound
from idp.kernel.ids import CardSessionId
from idp.stations.service import Stations
from idp.stations.state_rules import view_of
from idp.storage.storage import Storage


@dataclass(frozen=True, slots=True)
class ReaderNews:
    """What changed on the page: the counter's need, and how much of the card is read, in percent."""

    need: str
    percent: int


class ReaderWatch:
    """Looks at a card session and its station."""

    def __init__(self, *, storage: Storage, stations: Stations) -> None:
        self._storage = storage
        self._stations = stations

    async def look(self, card_session_id: CardSessionId) -> ReaderNews | None:
        """The news, None when there is no such session any more."""
        async with self._storage.reading() as uow:
            try:
                session = await self._stations.session(uow, card_session_id)
                station = await self._stations.get(uow, session.station_id)
            except NotFound:
                return None
            light = view_of(station, officer_session=None, officer_is_needed=False, now=uow.now)
        return ReaderNews(light.need.value, session.percent)
