"""About whom and of which case a grant is, as it is kept: sealed, for a dump of the store names neither.

Not under a person's data key: whoever holds a grant comes with every token, and is answered by one read. A grant ends
within the retention of grants (design, section 6), and with the identity of its person at once.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from idp.catalogue.gdx import GdxDetail, join_details, split_details
from idp.kernel.ids import SubscriberId
from idp.keys.sealing import SealBroken, TokenSealer
from idp.representation.model import ActedFor, MandateId, Organisation

ABOUT: Final = "grant_about"
FOR_GOOD: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""A row has no expiry of its own: the grant has."""


class GrantSeals:
    """Takes what a grant is about apart, and puts it together."""

    def __init__(self, sealer: TokenSealer) -> None:
        self._sealer = sealer

    def apart(
        self, grant_id: str, details: tuple[GdxDetail, ...], acted: ActedFor | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """What may be had, which names nobody, and the rest sealed for this grant; None where there is no rest."""
        what, about = split_details(details)
        organisation = None if acted is None or acted.organisation is None else asdict(acted.organisation)
        if about is None and organisation is None:
            return what, None
        rest = {"grant": grant_id, "about": about, "organisation": organisation}
        return what, self._sealer.seal(ABOUT, rest, expires_at=FOR_GOOD)

    def together(self, row: Any) -> tuple[tuple[GdxDetail, ...], ActedFor | None]:
        """The details of a row, and who acts. Raises SealBroken: nothing is given on what nobody can read."""
        about, organisation = None, None
        if row.sealed_about is not None:
            rest = self._sealer.open(ABOUT, row.sealed_about, now=row.expires_at)
            if rest["grant"] != row.id:
                raise SealBroken(ABOUT)
            about, organisation = rest["about"], rest["organisation"]
        return join_details(row.details, about), _acted_for(row, organisation)


def _acted_for(row: Any, organisation: dict[str, Any] | None) -> ActedFor | None:
    if row.actor_id is None:
        return None
    return ActedFor(
        SubscriberId(row.actor_id),
        None if row.mandate_id is None else MandateId(row.mandate_id),
        None if organisation is None else Organisation(**organisation),
    )
