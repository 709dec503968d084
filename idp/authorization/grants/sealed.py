"""About whom and of which case a grant is, as it is kept: sealed, for a dump of the store names neither.

Not under a person's data key: whoever holds a grant comes with every token, and is answered by one read. A grant ends
within the retention of grants (design, section 6), and with the identity of its person at once.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from idp.catalogue.gdx import GdxDetail, join_details, split_details
from idp.kernel.ids import SubscriberId
from idp.keys.sealing import SealBroken, TokenSealer
from idp.representation.model import ActedFor, MandateId, Organisation

ABOUT: Final = "grant_about"
EVER_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
FOR_GOOD: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""What is kept has no expiry of its own: the grant has."""


class GrantSeals:
    """Takes what a grant is about apart, and puts it together."""

    def __init__(self, sealer: TokenSealer) -> None:
        self._sealer = sealer

    def apart(
        self, owner_id: str, details: tuple[GdxDetail, ...], acted: ActedFor | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """What may be had, which names nobody, and the rest sealed for this owner alone (a grant, or a request that may
        lead to one); None where there is no rest.
        """
        what, about = split_details(details)
        organisation = None if acted is None or acted.organisation is None else asdict(acted.organisation)
        if about is None and organisation is None:
            return what, None
        rest = {"owner": owner_id, "about": about, "organisation": organisation}
        return what, self._sealer.seal(ABOUT, rest, expires_at=FOR_GOOD)

    def together(self, row: Any) -> tuple[tuple[GdxDetail, ...], ActedFor | None]:
        """The details of a row, and who acts. Raises SealBroken: nothing is given on what nobody can read."""
        details, organisation = self.opened(row.id, row.details, row.sealed_about)
        return details, _acted_for(row, organisation)

    def opened(
        self, owner_id: str, what: Sequence[Any], sealed: str | None
    ) -> tuple[tuple[GdxDetail, ...], dict[str, Any] | None]:
        """What `apart` took apart for this owner: the details, and the organisation as JSON. Raises SealBroken."""
        if sealed is None:
            return join_details(what, None), None
        rest = self._sealer.open(ABOUT, sealed, now=EVER_SINCE)
        if rest["owner"] != owner_id:
            raise SealBroken(ABOUT)
        return join_details(what, rest["about"]), rest["organisation"]


def _acted_for(row: Any, organisation: dict[str, Any] | None) -> ActedFor | None:
    if row.actor_id is None:
        return None
    return ActedFor(
        SubscriberId(row.actor_id),
        None if row.mandate_id is None else MandateId(row.mandate_id),
        None if organisation is None else Organisation(**organisation),
    )
