"""What people try with applications: another's, themselves, more than is theirs, and files that are no papers."""

import asyncio
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.agencies.model import Role, Standing
from idp.agencies.onboarding.store import onboarding_application, onboarding_event, onboarding_paper
from idp.agencies.seats.rules import OVER_OTHERS
from idp.app.issuer_agency import ISSUER_CODE
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Ial
from idp.subscribers.model import ActingMember
from tests.portal.office import PORTAL
from tests.portal.onboarding.agency import (
    LIST,
    PDF,
    PEOPLE,
    Onboarded,
    accept,
    act,
    approved,
    begun,
    complete,
    decide,
    fill,
    further_case,
    give,
    once_of,
    paper_id,
    review_of,
    submitted,
    version,
)

pytestmark = pytest.mark.anyio


async def test_nobody_sees_anothers_application(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await submitted(seat)
    number = await paper_id(await house.platform(), review_of(path), "request_form")
    other = await house.applicant(await house.enrol())
    rival = await house.staff(await house.portal.hire("rival", *Role))
    for stranger in (other, rival):
        for below in (
            "",
            "/data",
            "/data/dopa.person",
            "/part/agency",
            f"/papers/{number}",
            "/file",
            "/print/request-form",
        ):
            page = await stranger.get(f"{path}{below}")
            assert (page.status, page.error_code) == (404, "ONB-01"), below
        nothing = await stranger.get(f"{path[:-4]}ZZZZ")
        assert (nothing.status, nothing.error_code) == (404, "ONB-01")
        token = await stranger.token(LIST)
        for below in ("", "/part/agency", "/data/dopa.person"):
            sent = {"csrf": token, "act": "withdraw", "version": "1"}
            answer = await stranger.http.post(f"{path}{below}", data=sent, headers={"origin": PORTAL})
            assert answer.status_code == 404, below
        sent = {"csrf": token, "application": path.rsplit("/", 1)[1], "kind": "request_form"}
        files = {"paper": ("p.pdf", PDF, "application/pdf")}
        answer = await stranger.http.post(f"{LIST}/paper", data=sent, files=files, headers={"origin": PORTAL})
        assert answer.status_code == 404
        assert path not in (await stranger.get(LIST)).response.text
    # an administrator of the platform's role in another agency is none of the platform
    assert (await rival.get(review_of(path))).error_code == "ONB-01"
    assert (await rival.get("/onboarding")).error_code == "ONB-01"
    answer = await other.http.get(review_of(path))
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    # a draft is nobody's but the applicant's
    draft = await begun(seat)
    assert (await (await house.platform()).get(review_of(draft))).error_code == "ONB-01"


async def test_nobody_decides_about_the_own_application(house: Onboarded) -> None:
    second = house.reviewers[1]
    own = await house.staff(second)
    path = await submitted(own)
    review, first = review_of(path), await house.platform(0)
    for what in ("recommend", "approve", "activate", "ask", "refuse"):
        assert (await decide(own, review, what, words="x")).error_code == "ONB-10", what
    assert "decide_form" not in await own.get(review)
    await accept(first, review, "request_form")
    await decide(first, review, "recommend")
    assert (await decide(own, review, "approve")).error_code == "ONB-10"
    assert (await decide(first, review, "approve")).error_code == "APR-02"


async def test_a_member_of_the_agency_does_not_decide_for_it(house: Onboarded) -> None:
    """Somebody of the platform who works for the agency as well."""
    reviewer, admin = house.reviewers[0], await house.portal.hire("double", Role.AGENCY_ADMIN)
    rooms = house.portal.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        await rooms.agencies.add_member(
            uow,
            agency_id=admin.agency_id,
            subscriber_id=reviewer.subscriber_id,
            position_th="ก",
            position_en="a",
            roles=(Role.LOOKUP_OFFICER,),
            expires_at=uow.now + timedelta(days=9),
            by=SYSTEM,
        )
    seat = await house.staff(admin)
    path = await further_case(seat, admin.agency_id)
    await give(seat, path, "request_form")
    await act(seat, path, "submit", words="")
    first = await house.platform(0)
    assert (await decide(first, review_of(path), "ask", words="x")).error_code == "ONB-10"


async def test_an_agency_that_was_stopped_meanwhile_is_not_set_going_by_an_approval(house: Onboarded) -> None:
    admin = await house.portal.hire("steady", Role.AGENCY_ADMIN)
    seat = await house.staff(admin)
    path = await further_case(seat, admin.agency_id)
    await give(seat, path, "request_form")
    await act(seat, path, "submit", words="")
    review, first, second = review_of(path), await house.platform(0), await house.platform(1)
    await accept(first, review, "request_form")
    await decide(first, review, "recommend")
    rooms = house.portal.rooms
    async with rooms.ground.storage.unit_of_work() as uow:
        agency = await rooms.agencies.agency(uow, admin.agency_id)
        await rooms.agencies.change_agency(uow, replace(agency, status=Standing.SUSPENDED), by=SYSTEM)
    page = await decide(second, review, "approve")
    assert (page.status, page.error_code) == (409, "ONB-03")
    async with rooms.ground.storage.reading() as uow:
        assert (await rooms.agencies.agency(uow, admin.agency_id)).status is Standing.SUSPENDED


async def test_an_application_makes_no_seat_over_others(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await approved(house, seat, code="over-others")
    for role in (*OVER_OTHERS, Role.LOOKUP_OFFICER, Role.ENROLMENT_ADMIN):
        page = await act(seat, path, "invite", role=role.value)
        assert (page.status, page.error_code) == (422, "ONB-05"), role
    rooms = house.portal.rooms
    async with rooms.ground.storage.reading() as uow:
        agency = await rooms.agencies.agency_by_code(uow, "over-others")
        assert agency is not None
        roles = {one.seat.role for one in await rooms.seats.of_agency(uow, agency.id)}
    assert roles.isdisjoint(OVER_OTHERS)
    assert agency.owns == frozenset()
    # a button pressed twice makes one invitation
    stale = await version(seat, path)
    pages = [await seat.send(path, act="invite", role="agency_admin", version=stale) for _ in range(2)]
    assert [page.status for page in pages] == [200, 409]
    assert ["invitation_url" in page for page in pages] == [True, False]


async def test_no_supervisor_is_invited_before_the_order_is_accepted(house: Onboarded) -> None:
    seat, first = await house.applicant(), await house.platform()
    path = await approved(house, seat)
    shown = await seat.get(path)
    assert ("invite_supervisor" in shown, "order_first" in shown) == (False, True)
    for sent in (False, True):
        if sent:
            await give(seat, path, "supervisor_order")
        page = await act(seat, path, "invite", role="supervisor")
        assert (page.status, page.error_code) == (409, "ONB-14"), sent
        assert "invitation_url" not in page
    await accept(first, review_of(path), "supervisor_order")
    assert "invite_supervisor" in await seat.get(path)
    # another order in its place is to be looked at again
    await give(seat, path, "supervisor_order")
    assert (await act(seat, path, "invite", role="supervisor")).error_code == "ONB-14"
    await accept(first, review_of(path), "supervisor_order")
    assert "invitation_url" in await act(seat, path, "invite", role="supervisor")


async def test_nobody_takes_the_name_of_another(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await begun(seat)
    page = await fill(seat, path, "agency", name_th="ก", name_en="A", code=ISSUER_CODE, kind="state", address="")
    assert (page.status, page.error_code) == (409, "ONB-12")
    # two on their way with one name: the second one is not registered over the first
    one = await submitted(seat, code="twice-named")
    other_seat = await house.applicant(await house.enrol())
    other = await submitted(other_seat, code="twice-named")
    first, second = await house.platform(0), await house.platform(1)
    for each in (one, other):
        await accept(first, review_of(each), "request_form")
        await decide(first, review_of(each), "recommend")
    assert (await decide(second, review_of(one), "approve"))["review"]["data-state"] == "approved"
    assert (await decide(second, review_of(other), "approve")).error_code == "ONB-12"


async def test_an_agency_of_another_is_not_applied_for(house: Onboarded) -> None:
    member = await house.portal.hire("theirs", Role.AGENCY_ADMIN)
    officer = await house.staff(await house.portal.hire("theirs", Role.LOOKUP_OFFICER))
    for seat in (await house.applicant(), officer):
        answer = await seat.sent(LIST, page=LIST, once=await once_of(seat), agency=member.agency_id)
        assert answer.status_code == 404
    platform = await house.portal.hire_platform(Role.AGENCY_ADMIN)
    seat = await house.staff(platform)
    answer = await seat.sent(LIST, page=LIST, once=await once_of(seat), agency=platform.agency_id)
    assert answer.status_code == 409


async def test_who_is_not_identified_or_is_stopped_does_not_apply(house: Onboarded) -> None:
    weak = await house.applicant(await house.enrol(ial=Ial.IAL1_3))
    page = await weak.get(LIST)
    assert (page.status, page.error_code) == (403, "ONB-11")
    person = await house.enrol()
    seat = await house.applicant(person)
    path = await begun(seat)
    rooms = house.portal.rooms
    reviewer = house.reviewers[0]
    async with rooms.ground.storage.unit_of_work() as uow:
        acting = ActingMember(reviewer.id, reviewer.subscriber_id, reviewer.agency_id)
        await rooms.subscribers.suspend(uow, person, by=acting, reason="lost")
    assert "apply" in await seat.get(path)


async def test_sessions_end(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await begun(seat)
    house.portal.house.clock.advance(16 * 60)
    assert "apply_sign_in" in await seat.get(path)


def packed(content: bytes) -> bytes:
    """A PDF with this in an object stream."""
    stream = b"3 0 obj<</Type/ObjStm>>stream\n" + zlib.compress(content) + b"endstream"
    return PDF.replace(b"%%EOF", stream + b"%%EOF")


FILES = {
    "html": (b"<html><script>alert(1)</script></html>", "ONB-06"),
    "gif": (b"GIF89a%PDF-1.7 %%EOF", "ONB-06"),
    "cut": (b"%PDF-1.7 no end", "ONB-06"),
    "script": (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "ONB-08"),
    "escaped": (PDF.replace(b"/Catalog", b"/Catalog/Names<</J#61vaScript 3 0 R>>"), "ONB-08"),
    "launch": (PDF.replace(b"/Catalog", b"/Catalog/AA<</S/Launch>>"), "ONB-08"),
    "attached": (PDF.replace(b"/Catalog", b"/Catalog/Names<</EmbeddedFiles 3 0 R>>"), "ONB-08"),
    "locked": (PDF.replace(b"%%EOF", b"trailer<</Encrypt 5 0 R>>%%EOF"), "ONB-06"),
    "bomb": (packed(b"0" * 40_000_000), "ONB-06"),
    "packed": (packed(b"<</S/JavaScript>>"), "ONB-08"),
    "large": (b"%PDF-1.7\n" + b"0" * (5 * 1024 * 1024) + b"%%EOF", "ONB-07"),
}


async def test_a_file_that_is_no_paper_is_not_kept(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await begun(seat)
    await fill(seat, path, "cases", cases=["dbd"])
    for name, (content, code) in FILES.items():
        assert (await give(seat, path, "request_form", content)).error_code == code, name
    papers = {row["data-paper"]: row["data-state"] for row in (await seat.get(path)).rows("data-paper")}
    assert set(papers.values()) <= {""}


async def test_more_than_a_body_may_have_is_not_read(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await begun(seat)
    await fill(seat, path, "cases", cases=["dbd"])
    page = await give(seat, path, "request_form", b"%PDF-1.7" + b"0" * (6 * 1024 * 1024))
    assert page.status == 413


async def test_what_is_kept_lies_sealed_and_is_only_ever_a_download(house: Onboarded) -> None:
    seat = await house.applicant()
    secret = PDF.replace(b"%%EOF", b"% very-own-words\n%%EOF")
    path = await complete(seat)
    await give(seat, path, "request_form", secret)
    await act(seat, path, "submit", words="own-answer-words")
    first = await house.platform()
    number = await paper_id(first, review_of(path), "request_form")
    for reader, under in ((seat, path), (first, review_of(path))):
        answer = await reader.http.get(f"{under}/papers/{number}")
        assert answer.content == secret
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    storage = house.portal.rooms.ground.storage
    async with storage.reading() as uow:
        rows = [
            bytes(value)
            for column in (
                onboarding_paper.c.sealed_content,
                onboarding_application.c.sealed_wishes,
                onboarding_event.c.sealed_words,
            )
            for (value,) in await uow.all(select(column).where(column.is_not(None)))
        ]
    told = b"".join(rows)
    for words in (b"very-own-words", b"own-answer-words", PEOPLE["admin_name"].encode(), b"trial-office"):
        assert words not in told
    # another application's paper does not open under this one
    other = await begun(seat)
    assert (await seat.get(f"{other}/papers/{number}")).error_code == "ONB-01"


async def test_two_approvals_at_once_make_one_agency(house: Onboarded) -> None:
    third = await house.staff(await house.portal.hire_platform(Role.PLATFORM_ADMIN))
    seat = await house.applicant()
    path = await submitted(seat)
    review, first, second = review_of(path), await house.platform(0), await house.platform(1)
    await accept(first, review, "request_form")
    await decide(first, review, "recommend")
    pages = await asyncio.gather(*(decide(one, review, "approve") for one in (second, third)))
    assert sorted(page.status for page in pages) == [200, 409]
    assert (await seat.get(path))["application"]["data-state"] == "approved"


async def test_forms_of_another_site_do_nothing(house: Onboarded) -> None:
    seat = await house.applicant()
    path = await begun(seat)
    for origin, token in (("https://evil.example", await seat.token(path)), (PORTAL, "x")):
        sent = {"csrf": token, "act": "withdraw", "version": await version(seat, path)}
        answer = await seat.http.post(path, data=sent, headers={"origin": origin})
        assert answer.status_code == 403
    assert (await seat.get(path))["application"]["data-state"] == "draft"


async def test_applications_are_counted(house: Onboarded) -> None:
    seat = await house.applicant()
    for _ in range(5):
        await begun(seat)
    answer = await seat.sent(LIST, page=LIST, once=await once_of(seat))
    assert answer.status_code == 429


async def test_what_was_withdrawn_counts_for_a_week(house: Onboarded) -> None:
    seat = await house.applicant()
    for _ in range(5):
        path = await begun(seat)
        page = await seat.send(path, act="withdraw", version=await version(seat, path))
        assert page["application"]["data-state"] == "withdrawn"
    answer = await seat.sent(LIST, page=LIST, once=await once_of(seat))
    assert answer.status_code == 429
