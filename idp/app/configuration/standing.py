"""What stands in the store, in the words of a configuration file; and records made of those words."""

from datetime import datetime
from typing import Any, Final

from idp.agencies import agreement_store, store
from idp.agencies.agreements.model import terms_from_json, terms_to_json
from idp.agencies.model import (
    Agency,
    AgencyKind,
    Agreement,
    PaperReplaced,
    Service,
    Site,
    Standing,
    WhenUnavailable,
)
from idp.agencies.seats.store import find_seats
from idp.app.configuration.bridges import bridge_name, bridge_terms
from idp.app.configuration.model import Document, Terms
from idp.app.configuration.programs import program_terms
from idp.app.configuration.reading import SERVICE_TEXTS, agreement_name
from idp.app.configuration.seats import seat_name, seat_terms
from idp.authorization.client_registration.store import find_agencies_clients
from idp.catalogue.model import Channel
from idp.gateway.bridge.store import find_all
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, AgreementId, ServiceId
from idp.storage.storage import UnitOfWork

_OF_THE_STORE: Final = ("id", "version")
"""Terms of an agreement that the store gives and no file says."""


async def present_document(uow: UnitOfWork) -> Document:
    """Every agency, seat, service, agreement and program, in the order of a file; the issuer's programs are in none."""
    agencies = await store.find_all_agencies(uow)
    codes = {agency.id: agency.code for agency in agencies}
    services = await store.find_all_services(uow)
    # of several with one letter the one that has not ended stands for it, else the last
    agreements = sorted(
        await agreement_store.find_agreements(uow), key=lambda one: (one.status is not Standing.ENDED, one.id)
    )
    seats = [seat_terms(one, codes) for one in await find_seats(uow)]
    granted = (agreement_terms(one, codes) for one in agreements)
    return (
        {f"agency/{one.code}": agency_terms(one, codes) for one in agencies}
        | {seat_name(terms): terms for terms in seats}
        | {f"service/{one.id}": service_terms(one, codes) for one in services}
        | {agreement_name(terms): terms for terms in granted}
        | {f"program/{one.id}": program_terms(one, codes) for one in await find_agencies_clients(uow)}
        | {bridge_name(terms): terms for terms in [bridge_terms(one, codes) for one in await find_all(uow)]}
    )


async def present_agreement(uow: UnitOfWork, terms: Terms, agency_id: AgencyId) -> Agreement | None:
    """The agreement that a file means by these terms."""
    wanted = (terms["service"], terms["dataset"], terms["channel"], terms["reference_no"])
    found = [
        one
        for one in await agreement_store.find_agreements(uow, agency_id=agency_id)
        if (one.service_id, one.dataset, one.channel.value, one.reference_no) == wanted
    ]
    return max(found, key=lambda one: (one.status is not Standing.ENDED, one.id), default=None)


def agency_terms(agency: Agency, codes: dict[AgencyId, str]) -> Terms:
    """An agency in the words of a file."""
    return {
        "code": agency.code,
        "name_th": agency.name_th,
        "name_en": agency.name_en,
        "kind": agency.kind.value,
        "status": agency.status.value,
        "parent": None if agency.parent_id is None else codes[agency.parent_id],
        "owns": sorted(agency.owns),
        "sites": [{"code": site.code, "name_th": site.name_th, "name_en": site.name_en} for site in agency.sites],
    }


def service_terms(service: Service, codes: dict[AgencyId, str]) -> Terms:
    """A service in the words of a file."""
    return {
        "agency": codes[service.agency_id],
        "id": str(service.id),
        **{name: getattr(service, name) for name in SERVICE_TEXTS},
        "papers_replaced": [
            {name: getattr(paper, name) for name in ("title_th", "title_en", "law_th", "law_en", "dataset")}
            for paper in service.papers_replaced
        ],
        "minimum_ial": service.minimum.ial.value,
        "minimum_aal": service.minimum.aal.value,
        "provisional_ial": None if service.provisional_ial is None else service.provisional_ial.value,
        "consent_days": service.consent_days,
        "uses": service.uses,
        "status": service.status.value,
        "channels": sorted(channel.value for channel in service.channels),
        "when_unavailable": service.when_unavailable.value,
        "sites": sorted(service.sites),
        "optional_fields": sorted(service.optional_fields),
    }


def agreement_terms(agreement: Agreement, codes: dict[AgencyId, str]) -> Terms:
    """An agreement in the words of a file."""
    terms = terms_to_json(agreement) | {"agency": codes[agreement.agency_id]}
    # a file says whole seconds
    for name in ("valid_from", "valid_until"):
        terms[name] = datetime.fromisoformat(terms[name]).replace(microsecond=0).isoformat()
    return {name: value for name, value in terms.items() if name not in _OF_THE_STORE}


def agency_of(terms: Terms, agency_id: AgencyId, parent_id: AgencyId | None) -> Agency:
    """The record that the terms say."""
    return Agency(
        id=agency_id,
        code=terms["code"],
        name_th=terms["name_th"],
        name_en=terms["name_en"],
        kind=AgencyKind(terms["kind"]),
        status=Standing(terms["status"]),
        parent_id=parent_id,
        sites=tuple(Site(**site) for site in terms["sites"]),
        owns=frozenset(terms["owns"]),
    )


def service_of(terms: Terms, agency_id: AgencyId) -> Service:
    """The record that the terms say."""
    texts: dict[str, Any] = {name: terms[name] for name in SERVICE_TEXTS}
    provisional = terms["provisional_ial"]
    return Service(
        id=ServiceId(terms["id"]),
        agency_id=agency_id,
        **texts,
        papers_replaced=tuple(PaperReplaced(**paper) for paper in terms["papers_replaced"]),
        minimum=Acr(Ial(terms["minimum_ial"]), Aal(terms["minimum_aal"])),
        consent_days=terms["consent_days"],
        uses=terms["uses"],
        status=Standing(terms["status"]),
        provisional_ial=None if provisional is None else Ial(provisional),
        channels=frozenset(Channel(channel) for channel in terms["channels"]),
        when_unavailable=WhenUnavailable(terms["when_unavailable"]),
        sites=frozenset(terms["sites"]),
        optional_fields=frozenset(terms["optional_fields"]),
    )


def agreement_of(terms: Terms, agreement_id: AgreementId, agency_id: AgencyId) -> Agreement:
    """The record that the terms say; which version it is the store knows."""
    return terms_from_json(terms | {"id": agreement_id, "agency": agency_id, "version": 1})
