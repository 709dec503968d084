"""For what an officer may look something up: the services of the agency, and what each may have in which way."""

from collections.abc import Iterable, Sequence

from idp.agencies.model import Agency, Member, Role, Service
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis, Channel, DataSet, SubjectSource
from idp.kernel.errors import Refused
from idp.kernel.ids import AgencyId, ServiceId
from idp.portal.look_ups.model import LookUpProblem, Offer, Purpose, Visit, VisitKind
from idp.storage.storage import UnitOfWork

SOURCES = {
    VisitKind.CARD: SubjectSource.CARD_SESSION,
    VisitKind.NUMBER: SubjectSource.CITIZEN_REF,
    VisitKind.COMPANY: SubjectSource.JURISTIC_ID,
}
GROUNDS = {
    VisitKind.CARD: frozenset({Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY}),
    VisitKind.NUMBER: frozenset({Basis.SIGNED_FORM, Basis.DUTY}),
    VisitKind.COMPANY: frozenset({Basis.DUTY}),
}
"""What an officer can state where. Without a card there is nothing to hand over, and nobody of a company consents."""


class Purposes:
    """Every method joins the caller's unit of work."""

    def __init__(self, *, agencies: Agencies) -> None:
        self._agencies = agencies

    async def of(self, uow: UnitOfWork, officer: Member, kind: VisitKind) -> tuple[Purpose, ...]:
        """What this officer's agency may look up in this way, service by service."""
        if Role.LOOKUP_OFFICER not in officer.roles:
            return ()
        found = [
            await self._purpose(uow, service, kind, site=officer.site)
            for service in await self.services(uow, officer.agency_id)
        ]
        return tuple(one for one in found if one is not None)

    async def one(self, uow: UnitOfWork, officer: Member, kind: VisitKind, service_id: ServiceId) -> Purpose | None:
        """That of one service, None where there is nothing to have."""
        return next((one for one in await self.of(uow, officer, kind) if one.service.id == service_id), None)

    async def any_offer(self, uow: UnitOfWork, visit: Visit) -> Offer | None:
        """Some data set of a visit, for a token that only follows it."""
        services = await self._agencies.services_named(uow, [visit.service_id])
        service = services.get(visit.service_id)
        purpose = None if service is None else await self._purpose(uow, service, visit.kind, site="")
        offers = () if purpose is None else offers_on(purpose, visit.basis)
        # what has a path of its own is named by no token
        return next((offer for offer in offers if offer.dataset.own_path is None), None)

    async def services(self, uow: UnitOfWork, agency_id: AgencyId) -> tuple[Service, ...]:
        """The services of an agency."""
        return await self._agencies.services_of(uow, agency_id)

    async def agency(self, uow: UnitOfWork, agency_id: AgencyId) -> Agency:
        """The agency for which is looked up."""
        return await self._agencies.agency(uow, agency_id)

    async def _purpose(self, uow: UnitOfWork, service: Service, kind: VisitKind, *, site: str) -> Purpose | None:
        if site and service.sites and site not in service.sites:
            return None
        offers = []
        for dataset in _datasets(kind):
            agreement = await self._agencies.agreement_for(
                uow, service.agency_id, service.id, dataset.id, uow.now, channel=_channel(kind)
            )
            if agreement is not None and agreement.bases & GROUNDS[kind]:
                offers.append(Offer(dataset, agreement))
        by_number = any(offer.agreement.by_number for offer in offers)
        if not offers or (kind is VisitKind.NUMBER and not by_number):
            return None
        kept = offers if kind is not VisitKind.NUMBER else [one for one in offers if one.agreement.by_number]
        return Purpose(service, tuple(kept), by_number)


def offers_on(purpose: Purpose, basis: Basis) -> tuple[Offer, ...]:
    """What may be had on this ground, in the order of the catalogue: checks first."""
    return tuple(one for one in purpose.offers if basis in one.agreement.bases and basis in one.dataset.bases)


def fields_of(offer: Offer, basis: Basis) -> tuple[str, ...]:
    """The fields that right and ground name."""
    return tuple(name for name in offer.dataset.opened_by(basis) if name in offer.agreement.fields)


def needs_registry(offers: Iterable[Offer]) -> bool:
    """True when more than the card itself is looked at: then the officer's session with the registry is needed."""
    return any(offer.dataset.service != "card" for offer in offers)


def _datasets(kind: VisitKind) -> tuple[DataSet, ...]:
    return tuple(one for one in DATASETS.values() if SOURCES[kind] in one.subjects)


def _channel(kind: VisitKind) -> Channel:
    return Channel.ONLINE if kind is VisitKind.COMPANY else Channel.COUNTER


def expect_offer(offers: Sequence[Offer], dataset: str) -> Offer:
    """The data set that was chosen. Raises Refused (NOT_OFFERED)."""
    found = next((one for one in offers if one.dataset.id == dataset), None)
    if found is None:
        raise Refused(LookUpProblem.NOT_OFFERED)
    return found
