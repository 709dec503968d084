"""About whom and of which case a consent is, as it is kept: under the data key of the person whose consent it is.

What may be had (data sets, names of fields, how often, until when) names nobody and stays readable: it says what was
agreed to when the person's key is long gone. What is searched for is kept as a keyed digest beside it.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from idp.catalogue.gdx import GdxDetail, join_details, split_details
from idp.consent.model import ConsentRecord, OnBehalf
from idp.kernel.ids import SubscriberId
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.keys.sealing import SealBroken
from idp.storage.storage import UnitOfWork

TABLE: Final = "consent"
COLUMN: Final = "sealed_about"
ROLE: Final = "consent-role"
SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True, repr=False)
class KeptParts:
    """The parts of a consent that are kept apart: `what` in clear, `about` sealed, `role` as a digest.

    `about` is None where people decided for themselves about their own data, of no case; `role` where nobody decided
    for anybody.
    """

    what: list[dict[str, Any]]
    about: bytes | None
    role: bytes | None


class ConsentSeals:
    """Takes a consent apart and puts it together."""

    def __init__(self, *, personal: PersonalData, blind_index: BlindIndex) -> None:
        self._personal = personal
        self._blind_index = blind_index

    async def apart(self, uow: UnitOfWork, record: ConsentRecord) -> KeptParts:
        """What is written. Raises SealBroken where the person's key was destroyed."""
        what, about = split_details(record.details)
        juristic_id = None if record.on_behalf is None else record.on_behalf.juristic_id
        sealed = None
        if about is not None or juristic_id is not None:
            sealed = await self._personal.seal(
                uow, record.subscriber_id, table=TABLE, column=COLUMN, row=record.id,
                value=json.dumps({"about": about, "juristic_id": juristic_id}, ensure_ascii=False).encode(),
            )  # fmt: skip
        newest, *_ = self.roles(record.on_behalf) or (None,)
        return KeptParts(what, sealed, newest)

    async def together(self, uow: UnitOfWork, row: Any) -> tuple[tuple[GdxDetail, ...], OnBehalf | None]:
        """The details of a whole row, and who decided for whom.

        No detail where its part does not open, for nothing rests on a consent of which nobody can say whom it is about.
        """
        about, juristic_id = None, None
        if row.sealed_about is not None:
            try:
                text = await self._personal.open(
                    uow, row.subscriber_id, table=TABLE, column=COLUMN, row=row.id, sealed=row.sealed_about
                )
            except SealBroken:
                return (), decided(row, None)
            said = json.loads(text)
            about, juristic_id = said["about"], said["juristic_id"]
        return join_details(row.details, about), decided(row, juristic_id)

    def roles(self, on_behalf: OnBehalf | None) -> tuple[bytes, ...]:
        """The digests under which a role is kept, one for each version of the key, newest first; none for oneself."""
        if on_behalf is None:
            return ()
        named = (on_behalf.decided_by, on_behalf.mandate_id or "", on_behalf.juristic_id or "")
        return tuple(one.digest for one in self._blind_index.digests(ROLE, SEPARATOR.join(named)))


def decided(row: Any, juristic_id: str | None) -> OnBehalf | None:
    """Who decided, where that was not the person for themselves."""
    if row.decided_by is None:
        return None
    return OnBehalf(SubscriberId(row.decided_by), row.mandate_id, juristic_id)
