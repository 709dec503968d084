"""Enrolling by ThaiD, over HTTP at both ends: the issuer's pages and a ThaiD that speaks its own wire."""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

import idp.stations.store  # noqa: F401 - enrolments refer to its table
from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.population import create_population
from connectors.simulators.app import create_simulators
from connectors.simulators.switchboard import Behaviour, Mode, Service, Switchboard
from connectors.simulators.thaid import DEMO_THAID_PARTY
from connectors.thaid.client import ThaidClient, ThaidRegistration
from idp.audit.model import SYSTEM
from idp.audit.store import audit_entry
from idp.enrolment.by_thaid.rules import ial_stated
from idp.enrolment.by_thaid.service import ThaidEnrolments
from idp.enrolment.evidence import whole_evidence
from idp.enrolment.model import EvidenceKind
from idp.kernel.assurance import Ial
from idp.kernel.ids import SubscriberId
from idp.keys.sealing import TokenSealer
from idp.notices.service import Notices
from idp.provider.account.notices import NoticePages
from idp.provider.pages.thaid import ThaidPages
from idp.subscribers.model import ActingMember, Identity, SubscriberStatus
from idp.subscribers.store import subscriber
from idp.web.browsers import BrowserIds
from idp.web.csrf import Csrf
from idp.web.errors import ErrorAnswers, ProblemCatalogue
from idp.web.middleware import door_middleware
from idp.web.pages import Pages
from idp.web.routes import build_routes
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.connectors.thaid.browser import answer_thaid
from tests.provider.pages.house import BRAND, Fields, House, Visitor

THAID = "http://thaid.localhost:8003"
CALLBACK = "http://id.localhost:8000/enrol/thaid/callback"
HOLDER = PERSONAS["thaid_holder"].person


@dataclass
class Street:
    """The issuer's house with the pages of enrolment by ThaiD, and ThaiD across the street."""

    house: House
    board: Switchboard
    thaid: httpx2.AsyncClient
    enrolments: ThaidEnrolments
    application: Starlette

    def visitor(self) -> Visitor:
        http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.application),
            base_url=self.house.origin,
            headers={"origin": self.house.origin, "sec-fetch-site": "same-origin", "accept": "text/html"},
        )
        return Visitor(self.house, http, SoftAuthenticator())

    def switch(self, mode: Mode, delay_ms: int = 0) -> None:
        self.board.switch(Service.THAID, Behaviour(mode, delay_ms))

    async def found(self, persona: str = "thaid_holder") -> Any:
        async with self.house.storage.reading() as uow:
            return await self.house.world.subscribers.find_by_citizen_id(uow, PERSONAS[persona].person.citizen_id)

    async def count(self) -> int:
        async with self.house.storage.reading() as uow:
            row = await uow.first(select(func.count().label("n")).select_from(subscriber))
        assert row is not None
        return int(row.n)

    async def entries(self, event: str) -> list[dict[str, Any]]:
        async with self.house.storage.reading() as uow:
            rows = await uow.all(select(audit_entry.c.canonical).order_by(audit_entry.c.id))
        return [entry for entry in (json.loads(row.canonical) for row in rows) if entry["event"] == event]

    async def known(self, persona: str, ial: Ial) -> SubscriberId:
        """Somebody who enrolled elsewhere, without an authenticator."""
        one = PERSONAS[persona].person
        identity = Identity(one.citizen_id, one.name_th, one.name_en, one.birth_date, one.sex)
        async with self.house.storage.unit_of_work() as uow:
            return await self.house.world.subscribers.create(uow, identity=identity, ial=ial, by=SYSTEM)


@pytest.fixture
def deadline_seconds() -> float:
    """ThaiD's; a busy machine is no silent ThaiD."""
    return 30.0


@pytest.fixture
async def street(house: House, deadline_seconds: float) -> AsyncIterator[Street]:
    world, board = house.world, Switchboard()
    across = create_simulators(
        population=create_population(houses=1, companies=0),
        clock=house.clock.now,
        thaid=(THAID, replace(DEMO_THAID_PARTY, redirect_uris=(CALLBACK,))),
        switchboard=board,
    )
    transport = httpx2.ASGITransport(app=across)
    notices = Notices(
        storage=house.storage,
        subscribers=world.subscribers,
        mail=None,
        account_url="http://id.localhost:8000/account/notices",
    )
    enrolments = ThaidEnrolments(
        storage=house.storage,
        thaid=ThaidClient(
            issuer=THAID,
            registration=ThaidRegistration(DEMO_THAID_PARTY.client_id, DEMO_THAID_PARTY.client_secret, CALLBACK),
            clock=house.clock.now,
            transport=lambda: transport,
            new_secret=lambda: secrets.token_urlsafe(32),
            deadline_seconds=deadline_seconds,
        ),
        subscribers=world.subscribers,
        invitations=house.links,
        sealer=TokenSealer(world.root_keys),
        notices=notices,
        audit=world.audit,
        security_log=house.security_log,
    )
    async with httpx2.AsyncClient(transport=transport) as thaid:
        yield Street(house, board, thaid, enrolments, door(house, enrolments, notices))


def door(house: House, enrolments: ThaidEnrolments | None, notices: Notices | None = None) -> Starlette:
    """The issuer's door with the pages of enrolment by ThaiD beside the others."""
    csrf = Csrf(
        key=house.world.root_keys.derive("forms", version=1),
        browsers=BrowserIds(door="id", https=False),
        origin=house.origin,
        refusals=house.security_log,
    )
    pages = Pages(
        template_packages=(("idp.provider", "templates"),), assets=house.assets, brand=BRAND, csrf=csrf, https=False
    )
    family = ThaidPages(
        pages=pages,
        csrf=csrf,
        problems=ProblemCatalogue(),
        citizens=house.citizens,
        enrolments=enrolments,
        security_log=house.security_log,
        https=False,
    )
    told: list[NoticePages] = (
        []
        if notices is None
        else [NoticePages(pages=pages, storage=house.storage, citizens=house.citizens, notices=notices)]
    )
    answers = ErrorAnswers(catalogue=ProblemCatalogue(), pages=pages, usual="page")
    return Starlette(
        routes=build_routes([*house.entries, *family.entries(), *(entry for each in told for entry in each.entries())]),
        exception_handlers=answers.handlers(),
        middleware=door_middleware(hosts=["id.localhost"], https=False, last_resort=answers),
    )


@pytest.fixture
async def applicant(street: Street) -> AsyncIterator[Visitor]:
    visitor = street.visitor()
    async with visitor.http:
        yield visitor


async def leave(visitor: Visitor) -> str:
    """Agree, and be sent to ThaiD; gives its address."""
    page = await visitor.http.get("/enrol/thaid")
    assert page.status_code == 200, page.text
    assert THAID in page.headers["content-security-policy"]
    answer = await visitor.http.post("/enrol/thaid", data=Fields(page.text).hidden)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def come_back(
    street: Street, visitor: Visitor, persona: str | None = "thaid_holder", *, ial: str = "2.3"
) -> httpx2.Response:
    back = await answer_thaid(street.thaid, await leave(visitor), persona=persona, ial=ial)
    return await visitor.http.get(back)


def link_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 303, answer.text
    page, _, link = answer.headers["location"].partition("#")
    assert page == "/passkeys/new"
    return link


def code_of(answer: httpx2.Response) -> str:
    assert 'id="thaid_again"' in answer.text, "a page without a way on"
    return answer.text.split('id="error_code">')[1].split("<")[0]


async def test_a_holder_of_thaid_gets_an_identity_and_a_passkey_in_one_go(street: Street, applicant: Visitor) -> None:
    link = link_of(await come_back(street, applicant))
    owner = await applicant.send("/passkeys/new/owner", {"link": link})
    assert owner.json()["name"] == HOLDER.name_th.full()
    await applicant.add_passkey(link)
    assert await applicant.sign_in() == "/account"
    found = await street.found()
    assert found.ial is Ial.IAL2_3
    [entry] = await street.entries("thaid_enrolment.completed")
    assert entry["details"]["stated"] == "2.3"
    assert entry["details"]["is_new"] is True
    assert HOLDER.citizen_id.digits not in json.dumps(entry)


async def test_the_citizen_reads_of_it_in_my_account(street: Street, applicant: Visitor) -> None:
    assert (await applicant.http.get("/account/notices")).headers["location"].startswith("/sign-in")
    await applicant.add_passkey(link_of(await come_back(street, applicant)))
    await applicant.sign_in()
    page = await applicant.http.get("/account/notices?lang=th")
    assert 'data-notice="identity_enrolled"' in page.text
    assert "ดิจิทัลไอดีของท่านพร้อมใช้งาน" in page.text
    assert "Your digital ID is ready" in (await applicant.http.get("/account/notices?lang=en")).text
    assert (await applicant.http.get("/account/notices?before=nonsense")).status_code == 404


async def test_the_level_is_thaids_own_and_never_above_it(street: Street, applicant: Visitor) -> None:
    link_of(await come_back(street, applicant, ial="1.3"))
    assert (await street.found()).ial is Ial.IAL1_3


async def test_nobody_is_signed_in_by_thaid_alone(street: Street, applicant: Visitor) -> None:
    link_of(await come_back(street, applicant))
    assert (await applicant.http.get("/account")).headers["location"].startswith("/sign-in")


async def test_coming_again_before_the_passkey_goes_on_with_the_same_identity(
    street: Street, applicant: Visitor
) -> None:
    before = await street.count()
    first = link_of(await come_back(street, applicant))
    second = link_of(await come_back(street, applicant))
    assert await street.count() == before + 1
    assert (await applicant.send("/passkeys/new/owner", {"link": first})).json()["code"] == "AUT-03"
    await applicant.add_passkey(second)


async def test_who_has_a_passkey_gets_no_second_one_by_thaid_alone(street: Street, applicant: Visitor) -> None:
    await applicant.add_passkey(link_of(await come_back(street, applicant)))
    stranger = street.visitor()
    async with stranger.http:
        answer = await come_back(street, stranger)
    assert (answer.status_code, code_of(answer)) == (409, "THD-07")
    assert 'id="thaid_sign_in"' in answer.text
    [entry] = await street.entries("thaid_enrolment.refused")
    assert entry["details"]["code"] == "THD-07"


async def test_thaid_and_a_passkey_together_add_another_and_raise_the_level(street: Street, applicant: Visitor) -> None:
    await applicant.add_passkey(link_of(await come_back(street, applicant, ial="1.3")))
    await applicant.sign_in()
    link_of(await come_back(street, applicant, ial="2.3"))
    assert (await street.found()).ial is Ial.IAL2_3


async def test_a_lower_word_of_thaid_lowers_nothing(street: Street, applicant: Visitor) -> None:
    await applicant.add_passkey(link_of(await come_back(street, applicant, ial="2.3")))
    await applicant.sign_in()
    link_of(await come_back(street, applicant, ial="1.3"))
    assert (await street.found()).ial is Ial.IAL2_3


async def test_thaid_of_another_person_than_the_one_signed_in(street: Street, applicant: Visitor) -> None:
    await applicant.add_passkey(link_of(await come_back(street, applicant)))
    await applicant.sign_in()
    before = await street.count()
    answer = await come_back(street, applicant, "malee")
    assert (answer.status_code, code_of(answer)) == (409, "THD-05")
    assert 'id="thaid_sign_out"' in answer.text
    assert await street.count() == before


async def test_an_identity_that_was_proofed_better_needs_better_proof(street: Street, applicant: Visitor) -> None:
    await street.known("thaid_holder", Ial.IAL2_2)
    answer = await come_back(street, applicant, ial="1.3")
    assert (answer.status_code, code_of(answer)) == (403, "THD-08")
    link_of(await come_back(street, applicant, ial="2.3"))


async def test_a_stopped_identity_stays_stopped(street: Street, applicant: Visitor) -> None:
    known = await street.known("thaid_holder", Ial.IAL2_2)
    world = street.house.world
    async with street.house.storage.unit_of_work() as uow:
        by = ActingMember(member_id=world_member(), person=world.somchai, agency_id=world.issuer.id)
        await world.subscribers.suspend(uow, known, by=by, reason="ทดสอบ")
    answer = await come_back(street, applicant)
    assert (answer.status_code, code_of(answer)) == (403, "THD-09")
    assert (await street.found()).status is SubscriberStatus.SUSPENDED


def world_member() -> Any:
    return "mem_01JD0000000000000000000000"


async def test_a_level_below_any_check_enrols_nobody(street: Street, applicant: Visitor) -> None:
    before = await street.count()
    answer = await come_back(street, applicant, ial="1.1")
    assert (answer.status_code, code_of(answer)) == (403, "THD-06")
    assert await street.count() == before


async def test_an_expired_card_is_no_evidence_at_thaid_either(street: Street, applicant: Visitor) -> None:
    before = await street.count()
    answer = await come_back(street, applicant, "expired")
    assert (answer.status_code, code_of(answer)) == (403, "THD-11")
    assert await street.count() == before


async def test_what_thaid_said_is_evidence_of_the_person(street: Street, applicant: Visitor) -> None:
    link_of(await come_back(street, applicant, ial="2.3"))
    async with street.house.storage.reading() as uow:
        (piece,) = await whole_evidence(uow, (await street.found()).id)
    assert (piece.kind, piece.wire_code, piece.by) == (EvidenceKind.THAID, "2.3", None)


@pytest.mark.parametrize("ial", ["2.4", "1.1", ""])
def test_a_level_that_nobody_knows_is_worth_nothing(ial: str) -> None:
    assert ial_stated(ial) is None


async def test_who_declines_at_thaid_is_told_how_to_go_on(street: Street, applicant: Visitor) -> None:
    before = await street.count()
    answer = await come_back(street, applicant, None)
    assert (answer.status_code, code_of(answer)) == (403, "THD-02")
    assert await street.count() == before


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        (Mode.DOWN, 503, "THD-01"),
        (Mode.SLOW, 503, "THD-01"),
        (Mode.GARBAGE, 503, "THD-01"),
        (Mode.WRONG_PERSON, 409, "THD-04"),
        (Mode.WRONG_AUDIENCE, 409, "THD-04"),
        (Mode.EXPIRED_CODE, 400, "THD-03"),
    ],
)
@pytest.mark.parametrize("deadline_seconds", [2.0])
async def test_whatever_thaid_does_wrong_enrols_nobody(
    street: Street, applicant: Visitor, mode: Mode, status: int, code: str
) -> None:
    before = await street.count()
    back = await answer_thaid(street.thaid, await leave(applicant), persona="thaid_holder")
    street.switch(mode, 6000)
    answer = await applicant.http.get(back)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert await street.count() == before
    # the attempt is over: the same answer again is nobody's
    street.switch(Mode.OK)
    assert code_of(await applicant.http.get(back)) == "THD-03"


async def test_thaid_that_is_down_before_the_journey_keeps_nobody_waiting(street: Street, applicant: Visitor) -> None:
    street.switch(Mode.DOWN)
    page = await applicant.http.get("/enrol/thaid")
    answer = await applicant.http.post("/enrol/thaid", data=Fields(page.text).hidden)
    assert (answer.status_code, code_of(answer)) == (503, "THD-01")


async def test_an_answer_belongs_to_the_browser_that_began(street: Street, applicant: Visitor) -> None:
    back = await answer_thaid(street.thaid, await leave(applicant), persona="thaid_holder")
    victim = street.visitor()
    async with victim.http:
        assert code_of(await victim.http.get(back)) == "THD-03"
        # an attempt of one's own does not help: the state is another's
        await leave(victim)
        assert code_of(await victim.http.get(back)) == "THD-03"
    assert await street.found() is None


async def test_a_planted_cookie_of_another_browser_is_of_no_use(street: Street, applicant: Visitor) -> None:
    back = await answer_thaid(street.thaid, await leave(applicant), persona="thaid_holder")
    thief = street.visitor()
    async with thief.http:
        await thief.http.get("/enrol/thaid")
        thief.http.cookies.set("id-thaid", applicant.http.cookies["id-thaid"], domain="id.localhost")
        assert code_of(await thief.http.get(back)) == "THD-03"
    link_of(await applicant.http.get(back))


async def test_an_answer_is_taken_once(street: Street, applicant: Visitor) -> None:
    back = await answer_thaid(street.thaid, await leave(applicant), persona="thaid_holder")
    cookie = applicant.http.cookies["id-thaid"]
    link_of(await applicant.http.get(back))
    applicant.http.cookies.set("id-thaid", cookie, domain="id.localhost")
    assert code_of(await applicant.http.get(back)) == "THD-03"


async def test_an_attempt_is_over_after_ten_minutes(street: Street, applicant: Visitor) -> None:
    url = await leave(applicant)
    street.house.clock.advance(601)
    back = await answer_thaid(street.thaid, url, persona="thaid_holder")
    assert code_of(await applicant.http.get(back)) == "THD-03"


@pytest.mark.parametrize("with_answer", [False, True])
async def test_a_bare_number_is_refused_and_leaves_a_line(
    street: Street, applicant: Visitor, capsys: pytest.CaptureFixture[str], with_answer: bool
) -> None:
    back = CALLBACK
    if with_answer:
        back = await answer_thaid(street.thaid, await leave(applicant), persona="thaid_holder")
    glue = "&" if with_answer else "?"
    answer = await applicant.http.get(f"{back}{glue}pid={HOLDER.citizen_id.digits}")
    assert (answer.status_code, code_of(answer)) == (400, "THD-03")
    written = capsys.readouterr().out
    assert "thaid.refused" in written
    assert "pid in the address" in written
    assert HOLDER.citizen_id.digits not in written
    assert await street.found() is None


async def test_leaving_needs_our_own_form(street: Street, applicant: Visitor) -> None:
    await applicant.http.get("/enrol/thaid")
    assert "WEB-04" in (await applicant.http.post("/enrol/thaid", data={"csrf": "x"})).text


async def test_two_arrivals_of_one_person_make_one_identity(street: Street, applicant: Visitor) -> None:
    other = street.visitor()
    before = await street.count()
    async with other.http:
        link_of(await come_back(street, applicant))
        link_of(await come_back(street, other))
    assert await street.count() == before + 1


async def test_where_thaid_is_not_connected_the_page_says_so(house: House) -> None:
    http = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=door(house, None)), base_url=house.origin, headers={"accept": "text/html"}
    )
    async with http:
        answer = await http.get("/enrol/thaid")
    assert answer.status_code == 404
    assert "THD-10" in answer.text


async def test_pages_speak_both_languages(street: Street, applicant: Visitor) -> None:
    thai = await applicant.http.get("/enrol/thaid?lang=th")
    english = await applicant.http.get("/enrol/thaid?lang=en")
    assert "ลงทะเบียนด้วย ThaiD" in thai.text
    assert "I agree to this check" in english.text
