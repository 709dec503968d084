"""Decisions about applications, pure: who sees one, how each line of its check-list stands, when it may go on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, assert_never

from connectors.contracts.onboarding_papers import OnboardingCase
from idp.agencies.model import Member, Role
from idp.agencies.onboarding.form import missing_parts
from idp.agencies.onboarding.model import (
    EDITABLE,
    OVER,
    REVIEW_DAYS,
    Application,
    ApplicationState,
    By,
    CheckedLine,
    Declaration,
    Facts,
    Line,
    LineState,
    Paper,
    PaperKind,
    PaperState,
    Part,
)

_OF_CASE: Final[Mapping[OnboardingCase, tuple[Line, ...]]] = {
    OnboardingCase.DOPA_ONLINE: (Line.DOPA_PERMISSION, Line.OFFICERS_NAMED, Line.OFFICERS_PIN, Line.READERS),
    OnboardingCase.CARD_ONLY: (Line.READERS,),
    OnboardingCase.DBD: (Line.DBD_LETTER, Line.DBD_ACCOUNT),
}
_OF_EVERY_CASE: Final = (
    Line.DATA_WANTED,
    Line.ADMIN_NAMED,
    Line.REQUEST_FORM,
    Line.REGISTERED,
    Line.RIGHTS,
    Line.ADMIN_SIGNS_IN,
    Line.USERS,
    Line.SUPERVISOR,
)
_PAPER_OF: Final = {
    Line.DOPA_PERMISSION: PaperKind.DOPA_ANSWER,
    Line.OFFICERS_NAMED: PaperKind.OFFICER_LIST,
    Line.DBD_LETTER: PaperKind.DBD_ANSWER,
    Line.REQUEST_FORM: PaperKind.REQUEST_FORM,
}


UNDECIDED: Final = frozenset({ApplicationState.DRAFT, ApplicationState.ASKED_BACK, ApplicationState.SUBMITTED})


def may_see(application: Application, by: By) -> bool:
    """True for whoever acts for this application: the administrators of its agency, and while a new agency is on its
    way the person who applied. Who is a member no more is nobody here.
    """
    if application.agency_id in by.admin_of:
        return True
    return (
        application.is_new and application.applicant == by.person and application.state is not ApplicationState.ACTIVE
    )


def may_edit(application: Application) -> bool:
    """True while the form may be changed."""
    return application.state in EDITABLE


def is_admin_new(application: Application, by: By) -> bool:
    """True when an administrator of the approved agency is here for the first time."""
    is_admin = application.agency_id is not None and application.agency_id in by.admin_of
    return is_admin and application.state is ApplicationState.APPROVED and application.admin_seen_at is None


def takes_papers(application: Application) -> bool:
    """True while papers may be sent: also after the approval, since some answers come late."""
    return application.state not in OVER


def takes_paper(application: Application, kind: PaperKind) -> bool:
    """As `takes_papers`; the signed form is not exchanged beneath the eyes of those who review it."""
    return may_edit(application) if kind is PaperKind.REQUEST_FORM else takes_papers(application)


def check_list(application: Application, facts: Facts) -> tuple[CheckedLine, ...]:
    """Every line of the cases of an application, those of one case first, in the source document's order."""
    cases = [case for case in OnboardingCase if case in application.wishes.cases]
    of_cases = [(line, case) for case in cases for line in _OF_CASE[case]]
    lines: list[tuple[Line, OnboardingCase | None]] = [*of_cases, *((line, None) for line in _OF_EVERY_CASE)]
    return tuple(CheckedLine(line, case, line_state(line, application, facts)) for line, case in lines)


def all_hold(application: Application, facts: Facts) -> bool:
    """True when nothing keeps the agency from going live."""
    return all(one.state is LineState.DONE for one in check_list(application, facts))


def line_state(line: Line, application: Application, facts: Facts) -> LineState:
    """How one line stands."""
    if line in _PAPER_OF:
        return paper_state(facts.papers.get(_PAPER_OF[line]), application)
    is_there = application.state in (ApplicationState.APPROVED, ApplicationState.ACTIVE)
    match line:
        case Line.DATA_WANTED:
            return _done(Part.DATA not in missing_parts(application.wishes))
        case Line.ADMIN_NAMED:
            return _done(Part.PEOPLE not in missing_parts(application.wishes))
        case Line.OFFICERS_PIN:
            return _done(Declaration.OFFICERS_HAVE_PIN in application.declared)
        case Line.REGISTERED:
            return LineState.DONE if is_there else LineState.LATER
        case _ if not is_there:
            return LineState.LATER
        case Line.SUPERVISOR:
            return _supervisor_state(application, facts)
        case _:
            return _done(_holds(line, application, facts))


def _holds(line: Line, application: Application, facts: Facts) -> bool:
    """Lines that the house sees by itself once the agency is registered."""
    holds = {
        Line.DBD_ACCOUNT: facts.account_is_accepted,
        Line.READERS: facts.readers > 0,
        Line.RIGHTS: facts.rights_in_force >= len(application.wishes.rights),
        Line.ADMIN_SIGNS_IN: application.admin_seen_at is not None and _has(facts, Role.AGENCY_ADMIN),
        Line.USERS: _has(facts, Role.LOOKUP_OFFICER) or Declaration.PROGRAMS_ALONE in application.declared,
    }
    return holds[line]


def paper_state(paper: Paper | None, application: Application) -> LineState:
    """How a line stands that a paper fulfils. A form that was changed after it was signed is to be signed again."""
    if paper is None:
        return LineState.TODO
    if paper.kind is PaperKind.REQUEST_FORM and paper.content_version != application.content_version:
        return LineState.TODO
    match paper.state:
        case PaperState.GIVEN:
            return LineState.SENT
        case PaperState.ACCEPTED:
            return LineState.DONE
        case PaperState.RETURNED:
            return LineState.RETURNED
        case never:
            assert_never(never)


def supervisors_of(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Who may follow up access there: a supervisor who looks nobody up in the same agency (mission, S28)."""
    officers = {one.subscriber_id for one in members if Role.LOOKUP_OFFICER in one.roles}
    return tuple(one for one in members if Role.SUPERVISOR in one.roles and one.subscriber_id not in officers)


def _order_state(application: Application, papers: Mapping[PaperKind, Paper]) -> LineState:
    return paper_state(papers.get(PaperKind.SUPERVISOR_ORDER), application)


def is_supervisor_ordered(application: Application, papers: Mapping[PaperKind, Paper]) -> bool:
    """True when the order that names the supervisor was accepted: before it nobody is invited to the place."""
    return _order_state(application, papers) is LineState.DONE


def _supervisor_state(application: Application, facts: Facts) -> LineState:
    # "an agency goes live only with a supervisor named by order": the order, and somebody who holds the place
    order = _order_state(application, facts.papers)
    return _done(bool(supervisors_of(facts.members))) if order is LineState.DONE else order


def _has(facts: Facts, role: Role) -> bool:
    return any(role in one.roles for one in facts.members)


def _done(holds: bool) -> LineState:
    return LineState.DONE if holds else LineState.TODO


def days_left(application: Application, *, now: datetime) -> int | None:
    """In how many days it is to be decided; below zero when late, None while it does not wait for the platform."""
    if application.state is not ApplicationState.SUBMITTED or application.submitted_at is None:
        return None
    return (application.submitted_at + timedelta(days=REVIEW_DAYS) - now).days


def may_be_recommended(application: Application, papers: Mapping[PaperKind, Paper]) -> bool:
    """True when the signed form of just this content was accepted; the other papers may come later."""
    signed = paper_state(papers.get(PaperKind.REQUEST_FORM), application)
    return application.state is ApplicationState.SUBMITTED and signed is LineState.DONE
