"""The owner's view: who asked for my data, and what became of it; who was told about me when I signed in."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row

from connectors.contracts.thai_dates import BANGKOK
from idp.catalogue.model import Basis
from idp.catalogue.shown import shown_dataset
from idp.exchange.decision.model import Reason
from idp.exchange.pull.cases import open_case
from idp.exchange.pull.model import Outcome
from idp.kernel.ids import AgencyId, AuditEntryId, ConsentId, DisclosureId, GrantId, SubscriberId, is_id
from idp.keys.envelope import PersonalData
from idp.oversight import store
from idp.oversight.model import (
    EVERYTHING,
    AccessRecord,
    Entry,
    FieldLabel,
    HistoryFilter,
    InHistory,
    Known,
    LookRecord,
    NamedRecord,
    SignInRecord,
)
from idp.protocol.claims_request import as_verified, claim_names, verified_claim_names
from idp.protocol.scopes import consent_names
from idp.storage.metadata import EPOCH
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import LookKind


class AccessHistory:
    """Every release and refusal about one subscriber, every sign-in at which claims were given, every look of the staff
    that manages identities.
    """

    def __init__(self, *, personal: PersonalData) -> None:
        self._personal = personal

    async def of(
        self,
        uow: UnitOfWork,
        subscriber_id: SubscriberId,
        which: HistoryFilter = EVERYTHING,
        *,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Entry]:
        """One page, newest first; `before` is the place of the last entry of the page before."""
        disclosed = await store.find_disclosures(uow, subscriber_id, which, before=before, limit=limit)
        signed_in = await store.find_sign_ins(uow, subscriber_id, which, before=before, limit=limit)
        entries: list[Entry] = [
            _named(row) if row.outcome == Outcome.NAMED.value else _record(row, await self._case(uow, row))
            for row in disclosed
        ]
        entries += [_sign_in(row) for row in signed_in]
        looks = await store.find_looks(uow, subscriber_id, which, before=before, limit=limit)
        entries += [_look(row) for row in looks]
        return sorted(entries, key=lambda entry: entry.place, reverse=True)[:limit]

    async def entry(self, uow: UnitOfWork, subscriber_id: SubscriberId, entry_id: str) -> Entry | None:
        """The one entry with this id that this subscriber reads; None for everybody else's, and for being named in
        another person's record: its id tells the moment, which is that person's.
        """
        found = await self.of(uow, subscriber_id, HistoryFilter(entry_id=entry_id), limit=1)
        return next((entry for entry in found if not isinstance(entry, NamedRecord)), None)

    async def names(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> InHistory:
        """Which agencies and data sets there are to choose from."""
        agencies = await store.find_agencies(uow, subscriber_id)
        datasets = [shown_dataset(name) for name in await store.find_datasets(uow, subscriber_id)]
        return InHistory(
            agencies=tuple(Known(row.id, row.name_th, row.name_en) for row in agencies),
            datasets=tuple(Known(each.id, each.title_th, each.title_en) for each in datasets),
        )

    async def log_entry(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, disclosure_id: DisclosureId
    ) -> AuditEntryId | None:
        """The entry of the log behind a line that this subscriber reads; None for everybody else's line."""
        return await store.find_log_entry(uow, subscriber_id, disclosure_id)

    async def _case(self, uow: UnitOfWork, row: Row[Any]) -> str | None:
        return await open_case(
            self._personal, uow, owner=row.subscriber_id or row.agency_id, disclosure_id=row.id, sealed=row.sealed_case
        )


def _record(row: Row[Any], case: str | None) -> AccessRecord:
    dataset = shown_dataset(row.dataset)
    asked = frozenset(row.fields)
    return AccessRecord(
        disclosure_id=DisclosureId(row.id),
        at=row.at,
        agency_id=AgencyId(row.agency_id),
        agency_name_th=row.agency_name_th,
        agency_name_en=row.agency_name_en,
        # a refused request may have named a purpose that nobody registered
        service_title_th=row.service_title_th or row.service_id,
        service_title_en=row.service_title_en or row.service_id,
        dataset=dataset.id,
        dataset_title_th=dataset.title_th,
        dataset_title_en=dataset.title_en,
        fields=tuple(
            FieldLabel(field.name, field.label_th, field.label_en) for field in dataset.fields if field.name in asked
        ),
        basis=Basis(row.basis),
        consent_id=ConsentId(row.consent_id) if row.consent_id is not None else None,
        case=case,
        outcome=Outcome(row.outcome),
        reason=Reason(row.reason) if row.reason is not None else None,
        times=row.times,
        acted_by=None if row.actor_id is None else SubscriberId(row.actor_id),
        acting_juristic_id=row.acting_juristic_id,
        officer_position_th=row.officer_position_th,
        officer_position_en=row.officer_position_en,
        station_name_th=row.station_name_th,
        station_name_en=row.station_name_en,
        by_number=is_id("ctr", row.counter_id or ""),
    )


def _named(row: Row[Any]) -> NamedRecord:
    dataset = shown_dataset(row.dataset)
    return NamedRecord(
        disclosure_id=DisclosureId(row.id),
        day=datetime.combine(row.at.astimezone(BANGKOK).date(), time.min, tzinfo=BANGKOK),
        agency_id=AgencyId(row.agency_id),
        agency_name_th=row.agency_name_th,
        agency_name_en=row.agency_name_en,
        dataset=dataset.id,
        dataset_title_th=dataset.title_th,
        dataset_title_en=dataset.title_en,
    )


def _sign_in(row: Row[Any]) -> SignInRecord:
    asked = (*consent_names(row.scope), *claim_names(row.claims), *map(as_verified, verified_claim_names(row.claims)))
    agreed = frozenset(row.agreed)
    return SignInRecord(
        grant_id=GrantId(row.id),
        at=row.created_at,
        agency_id=AgencyId(row.agency_id),
        agency_name_th=row.agency_name_th,
        agency_name_en=row.agency_name_en,
        client_name_th=row.client_name_th,
        client_name_en=row.client_name_en,
        # an earlier consent may name more than this program asked for now
        claims=tuple(dict.fromkeys(name for name in asked if name in agreed)),
        consent_id=ConsentId(row.consent_id),
    )


def _look(row: Row[Any]) -> LookRecord:
    return LookRecord(
        look_id=row.id,
        at=EPOCH + timedelta(minutes=row.minute),
        agency_id=AgencyId(row.agency_id),
        agency_name_th=row.agency_name_th,
        agency_name_en=row.agency_name_en,
        what=LookKind(row.what),
    )
