"""Acting for others in one deployment: companies, mandates, papers and joint acts, put together once."""

from dataclasses import dataclass

from connectors.contracts.registry import CompanyRegistry
from idp.agencies.service import Agencies
from idp.approvals.service import Approvals
from idp.audit.log import AuditLog
from idp.authorization.requests.representing import Representing
from idp.kernel.randomness import Randomness
from idp.keys.blind_index import BlindIndex
from idp.keys.envelope import PersonalData
from idp.representation.acting.service import Acting
from idp.representation.companies.service import Companies
from idp.representation.mandates.by_companies import CompanyMandates
from idp.representation.mandates.papers import Papers
from idp.representation.mandates.service import Mandates
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class RepresentationRoom:
    """Who acts for whom; `representing` judges it for authorization requests."""

    companies: Companies
    mandates: Mandates
    company_mandates: CompanyMandates
    papers: Papers
    approvals: Approvals
    acting: Acting
    representing: Representing


def build_representation_room(
    *,
    storage: Storage,
    personal: PersonalData,
    blind_index: BlindIndex,
    audit: AuditLog,
    randomness: Randomness,
    registry: CompanyRegistry,
    subscribers: Subscribers,
    agencies: Agencies,
    approvals: Approvals,
    counter_first: bool,
) -> RepresentationRoom:
    """Put it together. `counter_first`: nobody signs for a company before an officer saw the papers."""
    companies = Companies(
        storage=storage,
        registry=registry,
        subscribers=subscribers,
        audit=audit,
        randomness=randomness,
        counter_first=counter_first,
    )
    mandates = Mandates(
        subscribers=subscribers,
        agencies=agencies,
        companies=companies,
        blind_index=blind_index,
        audit=audit,
        randomness=randomness,
    )
    acting = Acting(companies=companies, mandates=mandates)
    return RepresentationRoom(
        companies=companies,
        mandates=mandates,
        company_mandates=CompanyMandates(companies=companies, mandates=mandates),
        papers=Papers(
            mandates=mandates,
            subscribers=subscribers,
            agencies=agencies,
            approvals=approvals,
            personal=personal,
        ),
        approvals=approvals,
        acting=acting,
        representing=Representing(companies=companies, mandates=mandates, acting=acting, subscribers=subscribers),
    )
