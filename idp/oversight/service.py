"""The owner's view: who asked for my data, and what became of it."""

from typing import Any

from sqlalchemy import Row

from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import Basis
from idp.exchange.decision.model import Reason
from idp.exchange.pull.cases import open_case
from idp.exchange.pull.model import Outcome
from idp.kernel.ids import AgencyId, ConsentId, DisclosureId, SubscriberId
from idp.keys.envelope import PersonalData
from idp.oversight import store
from idp.oversight.model import AccessRecord, FieldLabel
from idp.storage.storage import UnitOfWork


class AccessHistory:
    """Every release and refusal about one subscriber."""

    def __init__(self, *, personal: PersonalData) -> None:
        self._personal = personal

    async def of(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, *, after: DisclosureId | None = None, limit: int = 50
    ) -> list[AccessRecord]:
        """One page, newest first; `after` is the last id of the page before."""
        rows = await store.find_disclosures(uow, subscriber_id, after=after, limit=limit)
        return [_record(row, await self._case(uow, row)) for row in rows]

    async def _case(self, uow: UnitOfWork, row: Row[Any]) -> str | None:
        return await open_case(
            self._personal, uow, owner=row.subscriber_id, disclosure_id=row.id, sealed=row.sealed_case
        )


def _record(row: Row[Any], case: str | None) -> AccessRecord:
    dataset = DATASETS[row.dataset]
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
    )
