"""What is known of look-ups: who, for what, about whom by a pseudonym, and what was noticed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Row

from idp.exchange.counter.store import case_in, citizen_ref
from idp.kernel.ids import AgencyId, MemberId, ServiceId, SubscriberId, is_id, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData
from idp.keys.files import FIRST_VERSION, RootKeys
from idp.keys.keyed_digest import KeyedDigest
from idp.keys.sealing import SealBroken
from idp.oversight.followup import store
from idp.oversight.followup.model import Chosen, Flag, LookUp, Result, Sample, SampleId
from idp.oversight.watched.store import watched_among
from idp.storage.storage import UnitOfWork

PSEUDONYM_BYTES: Final = 8


class LookUps:
    """Reads look-ups of an agency, and makes the rows of those that are looked at."""

    def __init__(self, *, personal: PersonalData, root_keys: RootKeys, randomness: Randomness) -> None:
        self._personal = personal
        self._pseudonyms = KeyedDigest(root_keys.derive("oversight-person", version=FIRST_VERSION))
        self._randomness = randomness

    async def of(
        self, uow: UnitOfWork, agency_id: AgencyId, rows: Sequence[Row[Any]], anchors: store.Anchors, *, since: date
    ) -> dict[str, LookUp]:
        """By anchor; `rows` are the handles and card sessions, `anchors` the same by their ids, `since` a day before
        all of them.
        """
        results, persons = await store.results_of(uow, anchors), await store.persons_of(uow, anchors)
        named = await store.naming_officers(uow, anchors, agency_id=agency_id, since=since)
        watched = await watched_among(uow, anchors)
        return {
            row.id: LookUp(
                anchor=row.id,
                officer_id=MemberId(row.member_id),
                service_id=ServiceId(row.service_id),
                case=await self._case(uow, row),
                person=self.pseudonym(row.agency_id, persons.get(row.id)),
                flags=frozenset(Flag(flag) for flag in row.flags)
                | ({Flag.HOUSE_MATE} if (row.id, row.officer_person) in named else set())
                | ({Flag.WATCHED} if row.id in watched else set()),
                result=results.get(row.id, Result.UNUSED),
                at=row.opened_at,
                with_card=is_id("cds", row.id),
            )
            for row in rows
        }

    def samples(
        self, uow: UnitOfWork, rows: Sequence[Row[Any]], found: Mapping[str, LookUp], chosen: Mapping[str, Chosen]
    ) -> list[Sample]:
        """The rows of those that are chosen, in the order of `rows`."""
        return [
            Sample(
                id=self.new_id(uow),
                agency_id=AgencyId(row.agency_id),
                day=store.day_of(row.opened_at),
                anchor=row.id,
                disclosure_id=None,
                officer_id=found[row.id].officer_id,
                officer_person=SubscriberId(row.officer_person),
                second_person=None,
                service_id=found[row.id].service_id,
                person=found[row.id].person,
                result=found[row.id].result,
                flags=chosen[row.id].flags,
                why=chosen[row.id].why,
                at=row.opened_at,
            )
            for row in rows
            if row.id in chosen
        ]

    def pseudonym(self, agency_id: str, digest: bytes | None) -> str:
        """The name of a person in this agency's rows; no two agencies' rows share one. Empty where nobody is known."""
        if digest is None:
            return ""
        return self._pseudonyms.of(agency_id.encode() + b"\x1f" + digest)[:PSEUDONYM_BYTES].hex()

    def new_id(self, uow: UnitOfWork) -> SampleId:
        """A fresh id of a row."""
        return SampleId(new_id("ovs", now=uow.now, randomness=self._randomness))

    async def _case(self, uow: UnitOfWork, row: Row[Any]) -> str:
        """The case of a look-up by number; one row that somebody spoiled stops no day's sample."""
        if is_id("cds", row.id):
            return ""
        try:
            return await case_in(uow, self._personal, citizen_ref, row) or ""
        except SealBroken:
            return ""
