"""Places for officers: how many there are and are taken, asking for more, and the letter that goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.errors import DocumentError
from connectors.contracts.onboarding_papers import (
    AgencyOnPaper,
    LetterHead,
    OfficerAtPost,
    OnboardingPapers,
    PersonOnPaper,
    PlacesRequest,
    WantedPlaces,
)
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.agreement_store import find_live_officer_grants_of
from idp.agencies.model import Agency, Member, Role, Standing
from idp.agencies.onboarding.model import OnboardingProblem
from idp.agencies.seats.asking import OFFICER, SeatRequests, seat_asked_for
from idp.agencies.seats.attendance import AttendedMember, members_attended
from idp.agencies.seats.model import SeatProblem, TakenSeat
from idp.agencies.seats.rules import AT_COUNTERS, MOST_PLACES, NOT_BY_PROGRAMS
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.approvals.model import Proposal
from idp.catalogue.shown import shown_dataset
from idp.kernel.errors import Refused, Unavailable
from idp.portal.agency.desk import FORM, REFUSALS, Desk
from idp.portal.agency.officer_pages import Names
from idp.portal.downloads import download
from idp.portal.staff import decider_of
from idp.stations.officer_store import signed_in_until
from idp.storage.storage import UnitOfWork
from idp.web.errors import ProblemText
from idp.web.forms import Form, read_form
from idp.web.routes import Entry

LIST: Final = "/agency/seats"
PAPER: Final = f"{LIST}/letter"
MOST_ON_PAPER: Final = 500
HAS_PIN: Final = "เข้าระบบทะเบียนราษฎรอยู่"
"""What the house can see of somebody's PIN: a session with the registry is open. Else the column is left to a pen."""


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of place as it is, None where the agency has none of it yet; and the request that waits for it."""

    role: Role
    site: str
    position: tuple[str, str]
    seat: TakenSeat | None
    waiting: Proposal | None

    @property
    def key(self) -> str:
        """By which the form names it."""
        return f"{self.role.value}|{self.site}"

    @property
    def present(self) -> int:
        """How many places are open now."""
        is_open = self.seat is not None and self.seat.seat.status is Standing.ACTIVE
        return self.seat.seat.places if self.seat is not None and is_open else 0

    @property
    def taken(self) -> int:
        """How many of them somebody holds."""
        return 0 if self.seat is None else self.seat.taken


class SeatPages:
    """`/agency/seats` and its letter."""

    def __init__(
        self,
        *,
        desk: Desk,
        agencies: Agencies,
        seats: Seats,
        asking: SeatRequests,
        names: Names,
        papers: OnboardingPapers,
    ) -> None:
        self._desk = desk
        self._agencies = agencies
        self._seats = seats
        self._asking = asking
        self._names = names
        self._papers = papers

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (LIST, "GET", self.list_page, "agency_seats"),
                (LIST, "POST", self.ask, "agency_seats_asked"),
                (PAPER, "POST", self.letter, "agency_seats_letter"),
            )
        )

    async def list_page(self, request: Request, admin: Member) -> Response:
        """What there is, what waits, and the form."""
        return await self._page(request, admin)

    async def ask(self, request: Request, admin: Member) -> Response:
        """Send the request: the platform decides; the same form sent again finds it waiting."""

        async def act(form: Form) -> Response:
            role, site = _seat(form)
            async with self._desk.storage.unit_of_work() as uow:
                await self._asking.propose(
                    uow,
                    role=role,
                    site=site,
                    places=_places(form),
                    reference_no=form.one("reference_no"),
                    by=decider_of(admin),
                )
            return RedirectResponse(f"{LIST}#waiting", 303)

        return await self._desk.act(request, admin, act, again=partial(self._page, request, admin))

    async def letter(self, request: Request, admin: Member) -> Response:
        """The request as a paper to be signed, with everybody who works there. Nothing is sent by printing it."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        try:
            role, site = _seat(form)
            wanted = _places(form)
        except REFUSALS as refusal:
            answer = await self._page(request, admin, problem=self._desk.problems.about(refusal))
            await self._desk.gate.note_refusal(admin, request, refusal)
            return answer
        async with self._desk.storage.reading() as uow:
            agency = await self._agencies.agency(uow, admin.agency_id)
            places = await self._places(uow, agency)
            chosen = [one for one in places if (one.role, one.site) == (role, site)]
            if not chosen:
                raise Refused(SeatProblem.NOT_POSSIBLE, "seat")
            officers = await self._officers(uow, agency)
            now = uow.now
        asked = WantedPlaces(chosen[0].position[0], _site(agency, site), chosen[0].present, wanted)
        try:
            pdf = await self._papers.render(PlacesRequest(_head(agency, now), (asked,), officers))
        except DocumentError as error:
            raise Unavailable(OnboardingProblem.NOT_PRINTED, type(error).__name__) from error
        return download(pdf, name="places.pdf", media_type="application/pdf")

    async def _page(self, request: Request, admin: Member, problem: ProblemText | None = None) -> Response:
        async with self._desk.storage.reading() as uow:
            agency = await self._agencies.agency(uow, admin.agency_id)
            places = await self._places(uow, agency)
            decided = await self._asking.decided(uow, by=decider_of(admin))
        return self._desk.show(
            request,
            admin,
            "seats.html",
            problem=problem,
            places=places,
            waiting=[one for one in places if one.waiting is not None],
            decided=[(one, seat_asked_for(one.change)) for one in decided],
            sites={site.code: (site.name_th, site.name_en) for site in agency.sites},
            most=MOST_PLACES,
        )

    async def _places(self, uow: UnitOfWork, agency: Agency) -> list[Place]:
        """What an agency may ask for: its own kinds of places, and look-up officers, at each of its sites."""
        taken = {(one.seat.role, one.seat.site): one for one in await self._seats.of_agency(uow, agency.id)}
        called = {
            Role.LOOKUP_OFFICER: OFFICER,
            **{role: (one.seat.position_th, one.seat.position_en) for (role, _), one in taken.items()},
        }
        sites = ("", *(site.code for site in agency.sites))
        kinds = [
            (role, site)
            for role in called
            if role not in NOT_BY_PROGRAMS
            for site in (sites if role in AT_COUNTERS else ("",))
        ]
        waiting = await self._asking.waiting(uow, agency.id, kinds)
        return [
            Place(role, site, called[role], taken.get((role, site)), waiting.get((role, site))) for role, site in kinds
        ]

    async def _officers(self, uow: UnitOfWork, agency: Agency) -> tuple[OfficerAtPost, ...]:
        found: Sequence[AttendedMember] = await members_attended(uow, agency.id, after=None, limit=MOST_ON_PAPER)
        members = [one.seated.member for one in found]
        grants = await find_live_officer_grants_of(uow, [one.id for one in members])
        sessions = await signed_in_until(uow, [one.id for one in members])
        names = await self._names.identities(uow, {one.subscriber_id for one in members})
        return tuple(
            OfficerAtPost(
                name=names[one.subscriber_id].name_th.full() if one.subscriber_id in names else "",
                position=one.position_th,
                site=_site(agency, one.site),
                rights=tuple(shown_dataset(grant.dataset).title_th for grant in grants.get(one.id, ())),
                pin=HAS_PIN if one.id in sessions else "",
                until=one.expires_at.astimezone(BANGKOK).date(),
            )
            for one in members
        )


def _head(agency: Agency, now: datetime) -> LetterHead:
    """Who signs stands on no list of the house: the line is left open."""
    number = f"{agency.code}-{now.astimezone(BANGKOK):%Y%m%d}"
    return LetterHead(AgencyOnPaper(agency.name_th, agency.name_en), PersonOnPaper(""), number)


def _site(agency: Agency, code: str) -> str:
    return next((site.name_th for site in agency.sites if site.code == code), code or "ทุกสถานที่")


def _seat(form: Form) -> tuple[Role, str]:
    role, _, site = form.one("seat").partition("|")
    try:
        return Role(role), site
    except ValueError as error:
        raise Refused(SeatProblem.NOT_POSSIBLE, "seat") from error


def _places(form: Form) -> int:
    text = form.one("places").strip()
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:7]) <= MOST_PLACES or len(text) > len("10000"):
        raise Refused(SeatProblem.NOT_POSSIBLE, "places")
    return int(text)
