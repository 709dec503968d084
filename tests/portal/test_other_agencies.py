"""The cross-tenant matrix of the staff portal, made from its route table (attack row 44).

A member of another agency, with every role there, tries each row with the first agency's things: enrolments, stations,
papers. What comes back is what comes back where nothing is, and the attempt is written down. A new row without a case
fails.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.routing import Route

from idp.agencies.model import AgencyKind, Role
from idp.app.portal_door import portal_door
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.portal import enrolment_pages, new_passport_pages, station_pages
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.routes import Access
from tests.attacks.house import open_house, settings_of
from tests.clock import FrozenClock
from tests.enrolment.world import STATION, World, identity_of
from tests.portal.office import PORTAL, Browser, Office, Page

pytestmark = pytest.mark.anyio


@dataclass(frozen=True)
class Whole:
    """Not of one agency: every agency that has the role does this for the whole country."""

    because: str


@dataclass(frozen=True)
class Own:
    """Takes nothing that could be somebody else's; lists and makes what is the caller's own."""


@dataclass(frozen=True)
class Shown:
    """Tried with the real thing by the tests named."""

    where: str


@dataclass(frozen=True)
class Try:
    """The first agency's thing in the path; `fields` are what the form has beside its token."""

    form: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    is_json: bool = False
    acts_in: str = ""
    """The role in which the form is sent, where its page asks for one of several."""


IDENTITIES: Final = Whole("digital identities are the country's; administrators of enrolment look after all")
ENROLMENT: Final = Try(enrolment_pages.FORM)
FACE: Final = Try(enrolment_pages.FORM, {"decision": "matches", "unrelated": "yes"})
LATER: Final = Try(enrolment_pages.FORM, {"unrelated": "yes"})
STATION_FORM: Final = Try(station_pages.FORM, acts_in="agency_admin")
PAPERS: Final = Shown("tests/portal/test_mandate_pages.py")
CARDS: Final = Shown("tests/portal/test_card_sign_in.py")
PLATFORM: Final = Shown("tests/portal/platform/test_platform_pages.py")
LOG: Final = Shown("tests/portal/auditing/test_log_pages.py")
REVIEWS: Final = Shown("tests/portal/supervision/test_review_pages.py")
OWNERS: Final = Shown("tests/portal/owners/test_owner_pages.py")
LOOK_UPS: Final = Shown("tests/portal/look_ups/test_refusals.py")
APPLICATIONS: Final = Shown("tests/portal/onboarding/test_attacks.py")
AGENCY: Final = Shown("tests/portal/agency: officers, invitations, programs and the diary of another agency")
RIGHTS: Final = Shown("tests/portal/test_agreement_pages.py")

CASES: Final[Mapping[str, Whole | Own | Shown | Try]] = {
    "enrolment_new": Own(),
    "enrolment_start": Shown("tests/enrolment: a station of another agency"),
    "enrolment": Try(),
    "enrolment_events": Try(),
    "enrolment_photo": Try(),
    "enrolment_comparison": Try(fields={"picture": "data:image/jpeg;base64,/9j/"}, is_json=True),
    "enrolment_face": FACE,
    "enrolment_retry": ENROLMENT,
    "enrolment_later": LATER,
    "enrolment_type": ENROLMENT,
    "enrolment_typed": Shown("tests/portal/test_pages.py: what is typed is judged first"),
    "enrolment_back": ENROLMENT,
    "enrolment_stop": ENROLMENT,
    "enrolment_override": ENROLMENT,
    "enrolment_resume": ENROLMENT,
    "enrolment_holder": Try(new_passport_pages.FORM, {"was": "shown", "unrelated": "yes"}),
    "new_passports": Own(),
    "new_passport": Try(),
    "new_passport_decided": Try(new_passport_pages.FORM, {"decision": "agree", "seen": "person"}),
    "acting_in": Shown("tests/portal/test_roles.py"),
    **dict.fromkeys(("session_left", "session_stay", "session_ended"), Own()),
    "stations": Own(),
    "station_make": Own(),
    "station_help": Own(),
    "station": Try(),
    "station_events": Try(),
    "station_pair": STATION_FORM,
    "station_revoke": STATION_FORM,
    **dict.fromkeys(("card_sign_ins", "card_sign_in_begun", "card_sign_in", "card_sign_in_state"), CARDS),
    "card_sign_in_code": CARDS,
    **dict.fromkeys(("paper_mandates", "paper_mandate_new", "paper_mandate_recorded"), Own()),
    **dict.fromkeys(("paper_mandate_decided", "paper_mandate_ended"), PAPERS),
    **dict.fromkeys(("signatory_new", "signatory_confirmed", "signatory_done"), Own()),
    **dict.fromkeys(("subscribers", "subscriber_search", "subscriber", "subscriber_suspend"), IDENTITIES),
    **dict.fromkeys(("subscriber_lift", "subscriber_propose", "subscriber_approve"), IDENTITIES),
    **dict.fromkeys(("subscriber_refuse", "subscriber_history"), IDENTITIES),
    **dict.fromkeys(("reviews", "review", "review_claim", "review_release", "review_ask"), IDENTITIES),
    **dict.fromkeys(("review_decide", "review_agree", "review_disagree"), IDENTITIES),
    **dict.fromkeys(("review_questions", "review_answer"), IDENTITIES),
    **dict.fromkeys(("agreements", "agreement_new", "agreement_terms", "agreement_proposed"), RIGHTS),
    **dict.fromkeys(("agreement", "agreement_stopped", "agreement_officers", "proposal", "proposal_decided"), RIGHTS),
    **dict.fromkeys(("look_up_notice", "look_up_notice_read", "look_ups", "look_up_new", "look_up_begun"), Own()),
    **dict.fromkeys(("look_ups_today", "look_up_reader", "look_up_callback", "look_up_photo_requests"), Own()),
    **dict.fromkeys(("look_up_visit", "look_up_ended", "look_up_events", "look_up_data", "look_up_compared"), LOOK_UPS),
    **dict.fromkeys(("look_up_document", "look_up_card_photo", "look_up_officer_copy", "look_up_slip"), LOOK_UPS),
    **dict.fromkeys(("look_up_waiting", "look_up_cancelled", "look_up_entry", "look_up_noted"), LOOK_UPS),
    **dict.fromkeys(("look_up_photo", "look_up_photo_asked", "look_up_photo_shown", "look_up_photo_agreed"), LOOK_UPS),
    **dict.fromkeys(("applications", "application_begun"), Own()),
    **dict.fromkeys(("application", "application_acted", "application_data", "application_right"), APPLICATIONS),
    **dict.fromkeys(("application_right_saved", "application_part", "application_part_saved"), APPLICATIONS),
    **dict.fromkeys(("application_paper_given", "application_paper", "application_printed"), APPLICATIONS),
    **dict.fromkeys(("application_file", "apply_sign_out"), APPLICATIONS),
    **dict.fromkeys(("onboarding_inbox", "onboarding_review", "onboarding_reviewed", "onboarding_paper"), APPLICATIONS),
    **dict.fromkeys(("company_account", "company_account_changed"), Own()),
    **dict.fromkeys(("agency_overview", "agency_officers", "agency_leavers", "agency_invitations"), Own()),
    **dict.fromkeys(("agency_invited", "agency_invitation_file", "agency_invited_from_file"), Own()),
    **dict.fromkeys(("agency_programs", "agency_new_program", "agency_program_proposed"), Own()),
    **dict.fromkeys(("agency_usage", "agency_usage_file", "agency_calendar", "agency_calendar_file"), Own()),
    "agency_papers": Own(),
    **dict.fromkeys(("agency_seats", "agency_seats_asked", "agency_seats_letter"), Own()),
    **dict.fromkeys(("agency_officer", "agency_officer_changed", "agency_leaver_reviewed"), AGENCY),
    **dict.fromkeys(("agency_invitation_withdrawn", "agency_requests", "agency_program"), AGENCY),
    **dict.fromkeys(("agency_program_changed", "agency_program_keys", "agency_program_secret"), AGENCY),
    "agency_program_suspended": AGENCY,
    **dict.fromkeys(("supervision_look_up", "supervision_judged", "supervision_evidence"), REVIEWS),
    **dict.fromkeys(("supervision_let_go", "look_up_answered", "evidence_taken"), REVIEWS),
    **dict.fromkeys(("supervision", "supervision_reviewed", "look_up_questions", "evidence"), Own()),
    **dict.fromkeys(("supervision_months", "supervision_month", "supervision_month_csv"), Own()),
    "supervision_month_pdf": Own(),
    **dict.fromkeys(("owner_usage", "owner_usage_csv", "watched_persons", "watched_person_named"), OWNERS),
    **dict.fromkeys(("watched_person_ended", "namings", "naming_proposed", "naming_decided", "naming_ended"), OWNERS),
    **dict.fromkeys(("rights_matrix", "rights_file", "registries", "registry_shutter", "keys_calendar"), PLATFORM),
    **dict.fromkeys(("approvals", "catalogue", "dataset"), Own()),
    **dict.fromkeys(("audit", "audit_person", "audit_entry", "audit_proof", "audit_extract", "audit_extracted"), LOG),
    **dict.fromkeys(("audit_checkpoint", "audit_judged", "audit_inquiries"), LOG),
}


async def test_every_row_has_a_case(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with open_house(home, FrozenClock()) as house:
        door = portal_door(settings_of(home), house.rooms)
    open_to_all = {"home", "sign_in", "callback", "sign_out", "ready", "apply", "apply_sign_in", "apply_callback"}
    names = {route.name for route in door.routes if isinstance(route, Route) and not route.path.startswith("/assets/")}
    assert names - open_to_all - set(CASES) == set()


@pytest.fixture
async def rival(office: Office, world: World) -> Browser:
    """A member of another agency with every role, signed in."""
    async with world.storage.unit_of_work() as uow:
        agency = await world.agencies.register_agency(
            uow, code="rival", name_th="หน่วยงานอื่น", name_en="Other agency", kind=AgencyKind.STATE, by=SYSTEM
        )
        person = await world.subscribers.create(uow, identity=identity_of("thaid_holder"), ial=Ial.IAL2_3, by=SYSTEM)
        world.members["rival"] = await world.agencies.add_member(
            uow,
            agency_id=agency.id,
            subscriber_id=person,
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles=tuple(Role),
            expires_at=uow.now + timedelta(days=30),
            by=SYSTEM,
        )
    browser = office.browser()
    await browser.sign_in("rival")
    return browser


async def test_a_member_of_another_agency_finds_nothing(office: Office, world: World, rival: Browser) -> None:
    enrolment = await world.start()
    things = {"enrolment_id": str(enrolment.id), "station_id": str(STATION)}
    absent = {"enrolment_id": f"{enrolment.id[:-4]}ZZZZ", "station_id": "counter-99"}
    tried = 0
    for entry in office.entries:
        case = CASES.get(entry.name)
        if entry.access is not Access.STAFF or not isinstance(case, Try):
            continue
        before = Counter(await world.refusals("portal.refused"))
        page = await attempt(rival, world.members["rival"].id, entry.methods[0], entry.path.format(**things), case)
        assert page.status == 404, (entry.name, page.status, page.response.text[-600:])
        noted = Counter(await world.refusals("portal.refused")) - before
        assert noted == Counter([page.error_code]), entry.name
        nothing = await attempt(rival, world.members["rival"].id, entry.methods[0], entry.path.format(**absent), case)
        assert (nothing.status, nothing.error_code) == (page.status, page.error_code), entry.name
        tried += 1
    assert tried == sum(isinstance(case, Try) for case in CASES.values())


async def test_lists_show_nothing_of_another_agency(world: World, rival: Browser) -> None:
    await world.start()
    for path in ("/stations", "/enrolments/new", "/mandates", "/passports"):
        page = await rival.get(path)
        assert page.status == 200, path
        assert str(STATION) not in page.response.text.replace("counter-1-help", ""), path


async def attempt(browser: Browser, member: str, method: str, path: str, case: Try) -> Page:
    if method == "GET":
        return Page(await browser.http.get(path))
    csrf = Csrf(key=b"k" * 32, browsers=BrowserIds(door="portal", https=False), origin=PORTAL)
    post = f"\x1e{member}.{case.acts_in}" if case.acts_in else ""
    token = csrf.token(browser_id(browser), case.form + post)
    if case.is_json:
        return Page(await browser.http.post(path, json=dict(case.fields), headers={"origin": PORTAL}))
    sent: dict[str, Any] = {"csrf": token, **case.fields}
    return Page(await browser.http.post(path, data=sent, headers={"origin": PORTAL}))


def browser_id(browser: Browser) -> str:
    """What the cookie that binds forms to a browser says."""
    return next(value for name, value in browser.http.cookies.items() if "browser" in name)
