"""Who works for the agency: the list, one of them, fewer rights or the end, and who is to be looked at again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.agreement_store import find_live_officer_grants_of
from idp.agencies.model import Agency, Member, OfficerGrant, Role
from idp.agencies.seats.attendance import (
    AttendedMember,
    MemberReviews,
    member_attended,
    members_attended,
    members_to_review,
)
from idp.agencies.seats.model import SeatProblem
from idp.agencies.seats.rules import is_the_agencys_to_change
from idp.agencies.seats.service import Seats
from idp.agencies.service import Agencies
from idp.catalogue.datasets import DATASETS
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import MemberId, SubscriberId, is_id
from idp.portal.agency.desk import PAGE_LENGTH, Desk, actor
from idp.stations.officer_store import signed_in_until
from idp.storage.storage import UnitOfWork
from idp.subscribers.model import Identity
from idp.web.days import typed_day
from idp.web.errors import ProblemText
from idp.web.forms import Form
from idp.web.routes import Entry

LIST: Final = "/agency/officers"
ONE: Final = f"{LIST}/{{member_id}}"
LEAVERS: Final = "/agency/leavers"


class Names(Protocol):
    """Who somebody is."""

    async def identities(
        self, uow: UnitOfWork, subscriber_ids: Collection[SubscriberId]
    ) -> Mapping[SubscriberId, Identity]:
        """The attributes of these; a digital identity that was closed is left out: nobody knows its name any more."""


@dataclass(frozen=True, slots=True, repr=False)
class Officer:
    """A member as the own agency's administrator sees one.

    `registry_until`: a session with the population registry is open at a station until then; None: none is known. The
    PIN itself is nowhere here.
    """

    attended: AttendedMember
    name: Identity | None
    grants: tuple[OfficerGrant, ...]
    registry_until: datetime | None
    changeable: bool

    @property
    def member(self) -> Member:
        """The membership."""
        return self.attended.seated.member

    @property
    def live(self) -> bool:
        """The membership counts now."""
        return self.attended.is_live


class OfficerPages:
    """`/agency/officers…` and `/agency/leavers`."""

    def __init__(self, *, desk: Desk, agencies: Agencies, seats: Seats, reviews: MemberReviews, names: Names) -> None:
        self._desk = desk
        self._agencies = agencies
        self._seats = seats
        self._reviews = reviews
        self._names = names

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (LIST, "GET", self.list_page, "agency_officers"),
                (ONE, "GET", self.detail, "agency_officer"),
                (ONE, "POST", self.change, "agency_officer_changed"),
                (LEAVERS, "GET", self.leavers, "agency_leavers"),
                (LEAVERS, "POST", self.review, "agency_leaver_reviewed"),
            )
        )

    async def list_page(self, request: Request, admin: Member) -> Response:
        """Who works here now, or with `ended=yes` who did; page by page."""
        ended, after = request.query_params.get("ended") == "yes", _place(request)
        async with self._desk.storage.reading() as uow:
            found = await members_attended(uow, admin.agency_id, after=after, limit=PAGE_LENGTH + 1, ended=ended)
            officers = await self._officers(uow, found[:PAGE_LENGTH])
            agency = await self._agencies.agency(uow, admin.agency_id)
            now = uow.now
        following = officers[-1].member.id if len(found) > PAGE_LENGTH else None
        return self._desk.show(
            request,
            admin,
            "officers.html",
            officers=officers,
            ended=ended,
            sites=_sites(agency),
            next_page=None if following is None else f"{LIST}?after={following}{'&ended=yes' if ended else ''}",
            now=now,
        )

    async def detail(self, request: Request, admin: Member) -> Response:
        """One of them, with what may be changed."""
        return await self._detail(request, admin)

    async def change(self, request: Request, admin: Member) -> Response:
        """Fewer rights, an earlier end, or the end at once; of the version that the page showed."""
        member_id = _member_id(request)

        async def act(form: Form) -> Response:
            async with self._desk.storage.unit_of_work() as uow:
                if form.one("act") == "end":
                    await self._seats.end(uow, admin.agency_id, member_id, of=_version(form), by=actor(admin))
                else:
                    present = (await self._seats.member(uow, admin.agency_id, member_id)).member
                    await self._seats.narrow(
                        uow,
                        admin.agency_id,
                        member_id,
                        roles=_roles(form),
                        expires_at=_last_moment(form, present.expires_at),
                        of=_version(form),
                        by=actor(admin),
                        site=form.one("site", present.site),
                    )
            return RedirectResponse(f"{LIST}/{member_id}", 303)

        return await self._desk.act(request, admin, act, again=partial(self._detail, request, admin))

    async def leavers(self, request: Request, admin: Member) -> Response:
        """Of whom nobody said for ninety days that they stay."""
        return await self._leavers(request, admin)

    async def review(self, request: Request, admin: Member) -> Response:
        """The member stays, or goes at once; written down either way."""

        async def act(form: Form) -> Response:
            member_id = MemberId(form.one("member"))
            async with self._desk.storage.unit_of_work() as uow:
                if form.one("act") == "end":
                    await self._seats.end(uow, admin.agency_id, member_id, of=_version(form), by=actor(admin))
                else:
                    await self._reviews.keep(uow, admin.agency_id, member_id, by=actor(admin))
            return RedirectResponse(LEAVERS, 303)

        return await self._desk.act(request, admin, act, again=partial(self._leavers, request, admin))

    async def _detail(self, request: Request, admin: Member, problem: ProblemText | None = None) -> Response:
        async with self._desk.storage.reading() as uow:
            found = await member_attended(uow, admin.agency_id, _member_id(request))
            (officer,) = await self._officers(uow, [found])
            agency = await self._agencies.agency(uow, admin.agency_id)
            now = uow.now
        return self._desk.show(
            request,
            admin,
            "officer.html",
            problem=problem,
            officer=officer,
            agency=agency,
            sites=_sites(agency),
            datasets=DATASETS,
            last_day=_day_before(officer.member.expires_at).isoformat(),
            is_self=officer.member.subscriber_id == admin.subscriber_id,
            now=now,
        )

    async def _leavers(self, request: Request, admin: Member, problem: ProblemText | None = None) -> Response:
        after = _place(request)
        async with self._desk.storage.reading() as uow:
            found = await members_to_review(uow, admin.agency_id, after=after, limit=PAGE_LENGTH + 1)
            officers = await self._officers(uow, found[:PAGE_LENGTH])
            agency = await self._agencies.agency(uow, admin.agency_id)
            now = uow.now
        following = officers[-1].member.id if len(found) > PAGE_LENGTH else None
        return self._desk.show(
            request,
            admin,
            "leavers.html",
            problem=problem,
            officers=officers,
            sites=_sites(agency),
            next_page=None if following is None else f"{LEAVERS}?after={following}",
            now=now,
        )

    async def _officers(self, uow: UnitOfWork, found: Sequence[AttendedMember]) -> list[Officer]:
        ids: Collection[MemberId] = [one.seated.member.id for one in found]
        grants = await find_live_officer_grants_of(uow, ids)
        sessions: Mapping[MemberId, datetime] = await signed_in_until(uow, ids)
        # whoever says that somebody stays or goes has to know who that is
        names = await self._names.identities(uow, {one.seated.member.subscriber_id for one in found})
        return [
            Officer(
                attended=one,
                name=names.get(one.seated.member.subscriber_id),
                grants=grants.get(one.seated.member.id, ()),
                registry_until=sessions.get(one.seated.member.id),
                changeable=one.is_live and is_the_agencys_to_change(one.seated.member, by_program=False),
            )
            for one in found
        ]


def _sites(agency: Agency) -> dict[str, tuple[str, str]]:
    return {site.code: (site.name_th, site.name_en) for site in agency.sites}


def _version(form: Form) -> int:
    text = form.one("version")
    # what is no number was never shown: another version by any account
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _roles(form: Form) -> frozenset[Role] | None:
    named = form.all("roles")
    try:
        return frozenset(Role(one) for one in named) or None
    except ValueError as error:
        raise Refused(SeatProblem.NOT_POSSIBLE, "roles") from error


def _last_moment(form: Form, present: datetime) -> datetime | None:
    """The end of the day that was typed, in Bangkok; None where it is the day on which the membership ends anyway."""
    try:
        day = typed_day(form, "last_day")
        ends = datetime.combine(day + timedelta(days=1), time.min, BANGKOK).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(SeatProblem.NOT_POSSIBLE, "last_day") from error
    return None if day == _day_before(present) else ends


def _day_before(ends: datetime) -> date:
    return (ends.astimezone(BANGKOK) - timedelta(milliseconds=1)).date()


def _place(request: Request) -> MemberId | None:
    text = request.query_params.get("after")
    if text is not None and not is_id("mem", text):
        raise NotFound(SeatProblem.UNKNOWN, "after")
    return None if text is None else MemberId(text)


def _member_id(request: Request) -> MemberId:
    text: str = request.path_params["member_id"]
    if not is_id("mem", text):
        raise NotFound(SeatProblem.UNKNOWN, "member")
    return MemberId(text)
