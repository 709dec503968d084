"""Inviting to a seat: one person with a letter to hand over, or many from a list. A link is shown this once."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from idp.agencies.model import Agency, Member, Role, Standing
from idp.agencies.seats.inviting import COLUMNS, Invitations, RowFault, Wish, read_roll
from idp.agencies.seats.model import Invitation, InvitationId, Invited, SeatProblem, TakenSeat
from idp.agencies.seats.rules import NOT_BY_PROGRAMS
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import is_id
from idp.portal.agency.desk import FORM, PAGE_LENGTH, REFUSALS, Desk, actor
from idp.portal.downloads import TABLE, TABLE_MARK, download, table
from idp.storage.storage import UnitOfWork
from idp.web.errors import ProblemText
from idp.web.forms import Form, read_form
from idp.web.qr import qr_picture
from idp.web.routes import Entry

LIST: Final = "/agency/invitations"
FILE: Final = f"{LIST}/file"
LONGEST_LIST: Final = 30_000
"""Characters of a list of two hundred people."""


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """An invitation as it is handed over."""

    invited: Invited
    link: str

    @property
    def picture(self) -> Markup:
        """The link for the camera of a phone."""
        return qr_picture(self.link)


class InvitationPages:
    """`/agency/invitations…`; `invitation_page` is where the issuer takes a code."""

    def __init__(
        self, *, desk: Desk, agencies: Agencies, seats: Seats, invitations: Invitations, invitation_page: str
    ) -> None:
        self._desk = desk
        self._agencies = agencies
        self._seats = seats
        self._invitations = invitations
        self._invitation_page = invitation_page

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (LIST, "GET", self.list_page, "agency_invitations"),
                (LIST, "POST", self.invite, "agency_invited"),
                (FILE, "GET", self.file_page, "agency_invitation_file"),
                (FILE, "POST", self.from_file, "agency_invited_from_file"),
                (f"{LIST}/{{invitation_id}}/withdraw", "POST", self.withdraw, "agency_invitation_withdrawn"),
            )
        )

    async def list_page(self, request: Request, admin: Member) -> Response:
        """The seats with their free places, the form, and who was invited."""
        return await self._page(request, admin)

    async def invite(self, request: Request, admin: Member) -> Response:
        """One person; the answer is the letter. A number that was typed stands in the body and nowhere after it."""

        async def act(form: Form) -> Response:
            role, site = _seat(form.one("seat"))
            async with self._desk.storage.unit_of_work() as uow:
                invited = await self._invitations.invite(
                    uow,
                    admin.agency_id,
                    role=role,
                    site=site,
                    reference=form.one("reference").strip(),
                    citizen_id=_number(form.one("citizen_id")),
                    by=actor(admin),
                )
                seats = await self._seats.of_agency(uow, admin.agency_id)
                agency = await self._agencies.agency(uow, admin.agency_id)
            seat = next(one.seat for one in seats if (one.seat.role, one.seat.site) == (role, site))
            return self._desk.show(
                request, admin, "letter.html", letter=self._letter(invited), seat=seat, agency=agency
            )

        return await self._desk.act(request, admin, act, again=partial(self._page, request, admin))

    async def withdraw(self, request: Request, admin: Member) -> Response:
        """Nobody takes it up any more."""

        async def act(_form: Form) -> Response:
            named: str = request.path_params["invitation_id"]
            if not is_id("inv", named):
                raise NotFound(SeatProblem.UNKNOWN, "invitation")
            async with self._desk.storage.unit_of_work() as uow:
                await self._seats.withdraw(uow, admin.agency_id, InvitationId(named), by=actor(admin))
            return RedirectResponse(LIST, 303)

        return await self._desk.act(request, admin, act, again=partial(self._page, request, admin))

    async def file_page(self, request: Request, admin: Member) -> Response:
        """Where a list is pasted or chosen, with its first line and the seats there are."""
        return await self._file_page(request, admin)

    async def from_file(self, request: Request, admin: Member) -> Response:
        """All of the list or nobody: what is wrong, line by line; or the links, as a file, this once."""
        form = await read_form(request)
        self._desk.csrf.check(request, form, form=FORM)
        text = form.one("list")
        if len(text) > LONGEST_LIST:
            raise Refused(SeatProblem.TOO_MANY_INVITATIONS, "list")
        roll = read_roll(text)
        async with self._desk.storage.reading() as uow:
            agency = await self._agencies.agency(uow, admin.agency_id)
            sites = frozenset(site.code for site in agency.sites)
            faults = await self._invitations.faults(uow, admin.agency_id, roll, sites=sites)
        if faults or form.one("act") != "invite":
            return await self._file_page(request, admin, faults=faults, fine=0 if faults else len(roll.wishes))
        return await self._invited(request, admin, roll.wishes)

    async def _invited(self, request: Request, admin: Member, wishes: tuple[Wish, ...]) -> Response:
        try:
            async with self._desk.storage.unit_of_work() as uow:
                made = await self._invitations.invite_all(uow, admin.agency_id, wishes, by=actor(admin))
        except REFUSALS as refusal:
            answer = await self._file_page(request, admin, problem=self._desk.problems.about(refusal))
            await self._desk.gate.note_refusal(admin, request, refusal)
            return answer
        rows = [("reference", "role", "site", "link", "until")]
        for one in (self._letter(invited) for invited in made):
            told = one.invited.invitation
            rows.append((told.reference, told.role.value, told.site, one.link, told.expires_at.isoformat()))
        return download(TABLE_MARK + table(rows), name="invitations.csv", media_type=TABLE)

    async def _page(self, request: Request, admin: Member, problem: ProblemText | None = None) -> Response:
        after = request.query_params.get("after")
        if after is not None and not is_id("inv", after):
            raise NotFound(SeatProblem.UNKNOWN, "after")
        async with self._desk.storage.reading() as uow:
            agency, seats = await self._agency_and_seats(uow, admin)
            found: tuple[Invitation, ...] = await self._seats.invitations(
                uow,
                admin.agency_id,
                after=None if after is None else InvitationId(after),
                limit=PAGE_LENGTH + 1,
            )
        shown = found[:PAGE_LENGTH]
        return self._desk.show(
            request,
            admin,
            "invitations.html",
            problem=problem,
            agency=agency,
            seats=seats,
            any_free=any(one.taken < one.seat.places for one in seats),
            sites={site.code: site for site in agency.sites},
            waiting=[one for one in shown if one.state.value == "waiting"],
            over=[one for one in shown if one.state.value != "waiting"],
            next_page=f"{LIST}?after={shown[-1].id}" if len(found) > PAGE_LENGTH else None,
        )

    async def _file_page(
        self,
        request: Request,
        admin: Member,
        *,
        faults: list[RowFault] | None = None,
        fine: int = 0,
        problem: ProblemText | None = None,
    ) -> Response:
        async with self._desk.storage.reading() as uow:
            agency, seats = await self._agency_and_seats(uow, admin)
        return self._desk.show(
            request,
            admin,
            "invitation_file.html",
            problem=problem,
            agency=agency,
            seats=seats,
            sites={site.code: site for site in agency.sites},
            columns=",".join(COLUMNS),
            faults=faults or [],
            fine=fine,
        )

    async def _agency_and_seats(self, uow: UnitOfWork, admin: Member) -> tuple[Agency, list[TakenSeat]]:
        """The seats to which an administrator invites: who decides and who reviews is invited by others."""
        agency = await self._agencies.agency(uow, admin.agency_id)
        seats = await self._seats.of_agency(uow, admin.agency_id)
        own = (one for one in seats if one.seat.role not in NOT_BY_PROGRAMS)
        return agency, [one for one in own if one.seat.status is Standing.ACTIVE]

    def _letter(self, invited: Invited) -> Letter:
        # behind the mark of a fragment: no server and no log ever sees the code in an address
        return Letter(invited, f"{self._invitation_page}#{invited.code}")


def _seat(text: str) -> tuple[Role, str]:
    role, _, site = text.partition("|")
    try:
        return Role(role), site
    except ValueError as error:
        raise NotFound(SeatProblem.UNKNOWN, "seat") from error


def _number(text: str) -> CitizenId | None:
    if not text.strip():
        return None
    try:
        return CitizenId.parse(text)
    except InvalidIdentifier as error:
        raise Refused(SeatProblem.NOT_THE_NUMBER) from error
