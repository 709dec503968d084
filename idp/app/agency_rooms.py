"""Agencies, their rights and their accounts at registries; the issuer is an agency itself."""

from dataclasses import dataclass

from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.agreements.service import Agreements
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.seats.asking import SeatRequests
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.app.company_accounts import try_at
from idp.app.ground import Ground
from idp.app.issuer_agency import ensure_issuer_agency
from idp.app.outside import Outside
from idp.app.station_rooms import LivePrograms
from idp.approvals.service import Approvals
from idp.kernel.ids import AgencyId


@dataclass(frozen=True, slots=True)
class AgencyRooms:
    """`agreements` and `accounts` ask `agencies`; what two persons decide goes through `approvals`."""

    agencies: Agencies
    accounts: CompanyAccounts
    agreements: Agreements
    seats: Seats
    seat_requests: SeatRequests
    namings: SecurityNamings
    approvals: Approvals
    issuer_agency: AgencyId


async def build_agency_rooms(ground: Ground, outside: Outside) -> AgencyRooms:
    """Put them together; the issuer's own agency is made when the store is new."""
    storage, audit, randomness = ground.storage, ground.audit, ground.randomness
    agencies = Agencies(audit=audit, randomness=randomness)
    approvals = Approvals(personal=ground.personal, audit=audit, randomness=randomness)
    issuer_agency = await ensure_issuer_agency(storage, agencies)
    seats = seats_of(ground, agencies)
    return AgencyRooms(
        agencies=agencies,
        accounts=CompanyAccounts(
            storage=storage, agencies=agencies, personal=ground.personal, audit=audit, ask=try_at(outside.desk_of)
        ),
        agreements=Agreements(
            agencies=agencies, approvals=approvals, audit=audit, randomness=randomness, platform_id=issuer_agency
        ),
        seats=seats,
        seat_requests=SeatRequests(agencies=agencies, seats=seats, approvals=approvals, platform_id=issuer_agency),
        namings=SecurityNamings(agencies=agencies, approvals=approvals, audit=audit, randomness=randomness),
        approvals=approvals,
        issuer_agency=issuer_agency,
    )


def seats_of(ground: Ground, agencies: Agencies) -> Seats:
    """The places for members."""
    return Seats(
        agencies=agencies,
        programs=LivePrograms(),
        blind_index=ground.blind_index,
        audit=ground.audit,
        randomness=ground.randomness,
    )
