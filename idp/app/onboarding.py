"""The onboarding room: applications of agencies, what approves them, and what fulfils the room's ports."""

from dataclasses import dataclass

from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.agreements.service import Agreements
from idp.agencies.onboarding.applications import Applications
from idp.agencies.onboarding.model import Registration, Terms
from idp.agencies.onboarding.review import OnboardingReviews
from idp.agencies.onboarding.service import Onboarding
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.app.configuration.applying import Configurations
from idp.app.configuration.seats import seat_name, seat_terms
from idp.app.configuration.standing import agency_terms, service_terms
from idp.app.configuration.writing import write_configuration
from idp.app.ground import Ground
from idp.approvals.service import Approvals
from idp.audit.model import Actor
from idp.kernel.ids import AgencyId
from idp.stations.service import Stations
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True)
class OnboardingRooms:
    """Both sides of an application, and how a registration is written down as a file."""

    onboarding: Onboarding
    reviews: OnboardingReviews
    applications: Applications
    registrar: "AsAFile"


class AsAFile:
    """Registrations put in place as `idp apply` does with a file: the two ways are one."""

    def __init__(self, configurations: Configurations) -> None:
        self._configurations = configurations

    def document(self, registration: Registration) -> Terms:
        """The things of the file by name."""
        agency = registration.agency
        codes = {agency.id: agency.code}
        # what it belongs to is not changed by an application
        parent = {} if agency.parent_id is None else {agency.parent_id: registration.parent_code or ""}
        seats = [seat_terms(seat, codes) for seat in registration.seats]
        return {
            f"agency/{agency.code}": agency_terms(agency, codes | parent),
            **{seat_name(terms): terms for terms in seats},
            f"service/{registration.service.id}": service_terms(registration.service, codes),
        }

    def file(self, document: Terms) -> str:
        """The YAML that `idp apply` takes."""
        return write_configuration(document)

    async def apply(self, uow: UnitOfWork, document: Terms, *, by: Actor) -> None:
        """Make it stand, all or nothing. Raises as `Configurations.apply`."""
        await self._configurations.apply(uow, document, by=by)


class StationsAsReaders:
    """Each station of an agency that may work has a reader."""

    def __init__(self, stations: Stations) -> None:
        self._stations = stations

    async def count(self, uow: UnitOfWork, agency_id: AgencyId) -> int:
        """How many there are."""
        return len(await self._stations.of_agency(uow, agency_id))


def build_onboarding(
    ground: Ground,
    *,
    agencies: Agencies,
    agreements: Agreements,
    accounts: CompanyAccounts,
    seats: Seats,
    approvals: Approvals,
    stations: Stations,
    configurations: Configurations,
    platform_id: AgencyId,
) -> OnboardingRooms:
    """Put them together."""
    applications = Applications(
        personal=ground.personal,
        accounts=accounts,
        readers=StationsAsReaders(stations),
        audit=ground.audit,
        randomness=ground.randomness,
    )
    onboarding = Onboarding(applications=applications, agencies=agencies, seats=seats, platform_id=platform_id)
    registrar = AsAFile(configurations)
    reviews = OnboardingReviews(
        applications=applications,
        onboarding=onboarding,
        agencies=agencies,
        agreements=agreements,
        seats=seats,
        approvals=approvals,
        registrar=registrar,
        platform_id=platform_id,
    )
    return OnboardingRooms(onboarding, reviews, applications, registrar)
