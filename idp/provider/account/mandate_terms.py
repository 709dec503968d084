"""What mandates say on pages, and what the form of a new one brings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from starlette.requests import Request

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, ascii_digits
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Service
from idp.agencies.service import Agencies
from idp.agencies.sought import ServicesSought, find_services_sought
from idp.catalogue.model import DataSet
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import Refused
from idp.kernel.ids import ServiceId, SubscriberId
from idp.representation.mandates.model import (
    CompanyPrincipal,
    Mandate,
    MandateKind,
    MandateState,
    PersonPrincipal,
)
from idp.representation.model import RepresentationProblem, Scope
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import SubscriberStatus
from idp.subscribers.service import Subscribers
from idp.web.days import typed_day
from idp.web.forms import Form, sent_field

MAX_CASE = 64


@dataclass(frozen=True, slots=True, repr=False)
class MandateRow:
    """A mandate in words. `other` is the person or company on the other side; empty where nobody may say it yet."""

    mandate: Mandate
    other: str
    is_of_company: bool
    services: tuple[Service, ...]
    datasets: tuple[DataSet, ...]
    is_live: bool
    may_end: bool


class MandateWords:
    """Reads what pages say of mandates and services."""

    def __init__(self, *, subscribers: Subscribers, agencies: Agencies, hidden_services: Collection[ServiceId]) -> None:
        self._subscribers = subscribers
        self._agencies = agencies
        self._hidden = frozenset(hidden_services)

    async def rows(
        self, uow: UnitOfWork, mandates: Sequence[Mandate], *, by_proxy: bool, thai: bool
    ) -> list[MandateRow]:
        """The mandates as one side reads them: the proxy about the principal, the principal about the proxy."""
        wanted = {service for mandate in mandates for service in mandate.terms.scope.services}
        services: Mapping[ServiceId, Service] = await self._agencies.services_named(uow, wanted)
        return [
            MandateRow(
                mandate=mandate,
                other=await self._other(uow, mandate, by_proxy=by_proxy, thai=thai),
                is_of_company=isinstance(mandate.principal, CompanyPrincipal),
                services=tuple(services[one] for one in sorted(mandate.terms.scope.services) if one in services),
                datasets=tuple(shown_dataset(one) for one in sorted(mandate.terms.scope.datasets)),
                is_live=mandate.is_live(uow.now),
                may_end=mandate.state is not MandateState.ENDED
                and (by_proxy or mandate.kind is not MandateKind.LEGAL_REPRESENTATIVE),
            )
            for mandate in mandates
        ]

    async def services(self, uow: UnitOfWork, request: Request) -> ServicesSought:
        """The services that a mandate can be for: of the agency that was looked for, where there are many."""
        typed = sent_field(request, "agency", standing=request.query_params.get("agency", ""))
        sought = await find_services_sought(uow, typed)
        return replace(sought, services=tuple(one for one in sought.services if one.id not in self._hidden))

    async def _other(self, uow: UnitOfWork, mandate: Mandate, *, by_proxy: bool, thai: bool) -> str:
        if not by_proxy:
            # a number must not become a name: who offers a mandate reads the proxy's name once the proxy accepted
            if mandate.kind in (MandateKind.ONLINE, MandateKind.COMPANY) and not _was_accepted(mandate):
                return ""
            return await self._name(uow, mandate.terms.proxy, thai=thai)
        match mandate.principal:
            case CompanyPrincipal(juristic_id):
                return juristic_id.digits
            case PersonPrincipal(subscriber_id):
                return await self._name(uow, subscriber_id, thai=thai)
            case _:
                return ""

    async def _name(self, uow: UnitOfWork, subscriber_id: SubscriberId, *, thai: bool) -> str:
        """The person's name; empty once the identity was closed: its attributes can be read by nobody."""
        if (await self._subscribers.get(uow, subscriber_id)).status is SubscriberStatus.CLOSED:
            return ""
        return (await self._subscribers.identity(uow, subscriber_id)).name(thai=thai).full()


def _was_accepted(mandate: Mandate) -> bool:
    return mandate.state is MandateState.ACTIVE


def scope_of(form: Form) -> Scope:
    """The services, data sets and case of the form."""
    case = form.one("case").strip()[:MAX_CASE]
    services = frozenset(ServiceId(one) for one in form.all("services"))
    return Scope(services, frozenset(form.all("datasets")), case or None)


def until_of(form: Form, *, now: datetime) -> datetime:
    """The end of the last day named, in Bangkok. Raises Refused (TERMS_NOT_POSSIBLE)."""
    try:
        last = typed_day(form, "until")
    except ValueError as error:
        raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "no day") from error
    if not now.date() <= last <= now.date() + timedelta(days=3 * 366):
        raise Refused(RepresentationProblem.TERMS_NOT_POSSIBLE, "day")
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=BANGKOK)


def citizen_of(form: Form) -> CitizenId:
    """The number typed. Raises Refused (NOT_ENROLLED): it cannot be one."""
    try:
        return CitizenId.parse(ascii_digits(form.one("citizen_id")))
    except InvalidIdentifier as error:
        raise Refused(RepresentationProblem.NOT_ENROLLED, "not a number") from error
