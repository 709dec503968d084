"""My account: for which agencies I work, taking a place that I am invited to, and leaving one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import AgencyProblem, Member, Site
from idp.agencies.seats.model import Invitee, Offer, Seat, SeatProblem
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.kernel.assurance import Acr
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import MemberId, is_id
from idp.provider.pages.session_cookie import Citizen, Citizens, to_sign_in
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

LIST = "/account/memberships"
INVITATION = "/account/invitation"
FORM = "invitation"
LONGEST_CODE = 200


class MembershipPages:
    """`/account/memberships` and `/account/invitation`; a place is taken with a passkey minutes ago.

    A code never stands in an address that a server sees: it comes behind the `#`, or is typed.
    """

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        problems: ProblemCatalogue,
        storage: Storage,
        citizens: Citizens,
        subscribers: Subscribers,
        agencies: Agencies,
        seats: Seats,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._problems = problems
        self._storage = storage
        self._citizens = citizens
        self._subscribers = subscribers
        self._agencies = agencies
        self._seats = seats

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen = Access.CITIZEN
        return (
            Entry(LIST, ("GET",), self._list, citizen, "memberships"),
            Entry(f"{LIST}/{{member_id}}/leave", ("POST",), self._leave, citizen, "membership_left"),
            Entry(INVITATION, ("GET",), self._ask, citizen, "invitation"),
            Entry(INVITATION, ("POST",), self._look, citizen, "invitation_shown"),
            Entry(f"{INVITATION}/accept", ("POST",), self._accept, citizen, "invitation_accepted"),
        )

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            members = await self._agencies.members_of(uow, citizen.subscriber.id)
            named = await self._agencies.agencies_named(uow, {member.agency_id for member in members})
        rows = [(member, named[member.agency_id], _site(named[member.agency_id].sites, member)) for member in members]
        return self._pages.render(request, "account/memberships.html", rows=rows, form_of=_leave_form)

    async def _leave(self, request: Request) -> Response:
        text: str = request.path_params["member_id"]
        if not is_id("mem", text):
            raise NotFound(AgencyProblem.UNKNOWN)
        self._csrf.check(request, await read_form(request), form=_leave_form(text))
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._seats.leave(uow, MemberId(text), subscriber_id=citizen.subscriber.id)
        return RedirectResponse(LIST, 303)

    async def _ask(self, request: Request) -> Response:
        citizen = await self._citizens.fresh(request, returning=INVITATION)
        return citizen if isinstance(citizen, Response) else self._form(request)

    async def _look(self, request: Request) -> Response:
        """What the code invites to, before anything is accepted."""
        code, citizen = await self._shown(request)
        if isinstance(citizen, Response):
            return citizen
        try:
            async with self._storage.reading() as uow:
                offer = await self._seats.offer(uow, code, to=await self._invitee(uow, citizen))
        except Refused as refusal:
            return self._form(request, problem=refusal)
        return self._offered(request, offer, code)

    async def _accept(self, request: Request) -> Response:
        code, citizen = await self._shown(request)
        if isinstance(citizen, Response):
            return citizen
        try:
            async with self._storage.unit_of_work() as uow:
                await self._seats.accept(uow, code, by=await self._invitee(uow, citizen))
        except (Refused, Conflict, NotFound) as refusal:
            return self._form(request, problem=refusal)
        return RedirectResponse(LIST, 303)

    async def _shown(self, request: Request) -> tuple[str, Citizen | Response]:
        form = await read_form(request)
        self._csrf.check(request, form, form=FORM)
        return form.one("code").strip()[:LONGEST_CODE], await self._citizens.fresh(request, returning=INVITATION)

    async def _invitee(self, uow: UnitOfWork, citizen: Citizen) -> Invitee:
        identity = await self._subscribers.identity(uow, citizen.subscriber.id)
        acr = Acr(citizen.subscriber.ial, citizen.session.aal)
        return Invitee(citizen.subscriber.id, identity.citizen_id, acr)

    def _form(self, request: Request, *, problem: Refused | Conflict | NotFound | None = None) -> Response:
        text = None if problem is None else self._problems.text(problem.code)
        status = 200 if text is None else text.status
        return self._pages.render(
            request,
            "account/invitation.html",
            status_code=status,
            form=FORM,
            problem=text,
            needs_level=_is_low(problem),
        )

    def _offered(self, request: Request, offer: Offer, code: str) -> Response:
        site = _site(offer.agency.sites, offer.seat)
        return self._pages.render(request, "account/offer.html", offer=offer, site=site, code=code, form=FORM)


def _is_low(problem: Refused | Conflict | NotFound | None) -> bool:
    return problem is not None and problem.code is SeatProblem.LEVEL_TOO_LOW


def _site(sites: tuple[Site, ...], seat: Member | Seat) -> Site | None:
    """The place by its names; None for all of the agency's."""
    return next((site for site in sites if site.code == seat.site), None)


def _leave_form(member_id: str) -> str:
    return f"leave:{member_id}"
