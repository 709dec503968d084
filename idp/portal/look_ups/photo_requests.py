"""A photo of the registry: the officer of a visit asks, a second officer agrees, the first sees it once.

For security agencies alone (nevers, 5); whether all of that holds, the data exchange judges.
"""

from typing import Final

from idp.agencies.model import Member
from idp.kernel.errors import NotFound
from idp.portal.look_ups.counter import HOME, Counter, place_of
from idp.portal.look_ups.model import LookUpProblem, Visit, VisitKind

SHORTEST_REASON: Final = 30
LONGEST_REASON: Final = 500
DATASET: Final = "dopa.photo"
REQUESTS: Final = f"{HOME}/photo-requests"


class PhotoRequests:
    """Asks and agrees with the officers' own tokens. Raises NotDone and Unavailable as the exchange does."""

    def __init__(self, *, counter: Counter) -> None:
        self._counter = counter

    async def ask(self, visit: Visit, access_token: str, *, language: str) -> str:
        """Ask for it; gives the page where it will be shown."""
        exchange = await self._counter.ways.exchange(visit.agency_id, language=language)
        named = "card_session" if visit.kind is VisitKind.CARD else "citizen_ref"
        asked = await exchange.ask_photo(access_token, **{named: visit.anchor or ""})
        await self._counter.visits.with_token(visit, access_token, photo_request=str(asked["id"]))
        return f"{place_of(visit)}/registry-photo"

    async def agree(self, officer: Member, visit_id: str, access_token: str, *, language: str) -> str:
        """Agree to a colleague's request as the second officer, whose token ends with that."""
        visit = await self._counter.visits.of_agency(visit_id, officer)
        if visit.photo_request is None:
            raise NotFound(LookUpProblem.UNKNOWN)
        exchange = await self._counter.ways.exchange(visit.agency_id, language=language)
        await exchange.agree_photo(access_token, visit.photo_request)
        await self._counter.ways.revoke(visit.agency_id, access_token)
        return REQUESTS
