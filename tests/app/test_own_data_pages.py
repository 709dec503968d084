"""My data, my corrections and the end of my digital ID, over HTTP in the whole house."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.app.issuer_agency import ISSUER_CODE
from idp.audit.model import SYSTEM
from idp.enrolment.reviews.model import CaseId, Reviewer
from idp.kernel.assurance import Aal
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgencyId, MemberId, SubscriberId
from idp.subscribers.store import closing_request
from tests.attacks.house import open_house
from tests.clock import FrozenClock
from tests.provider.oidc.world import ISSUER
from tests.provider.pages.house import Fields

pytestmark = pytest.mark.anyio

ADMIN = Reviewer(MemberId("mem_1"), SubscriberId("sub_admin"), AgencyId("agc_1"), frozenset({"enrolment_admin"}))
HEADERS = {"origin": ISSUER, "sec-fetch-site": "same-origin", "accept": "text/html"}


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


@pytest.mark.parametrize("language", ["th", "en"])
async def test_a_person_asks_for_a_correction_answers_and_reads_the_answer(
    tmp_path: Path, clock: FrozenClock, language: str
) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        page = await browser.get(f"/account/data?lang={language}", headers=HEADERS)
        assert page.status_code == 200, page.text
        assert ("12 กรกฎาคม พ.ศ. 2533" if language == "th" else "12 July 1990") in page.text
        form = {**Fields(page.text).hidden, "topic": "name_en", "text": "It is <b>Somchay</b>"}
        sent = await browser.post("/account/data/corrections", data=form, headers=HEADERS)
        assert sent.status_code == 303, sent.text
        where = sent.headers["location"]
        # a second press is the same request; another page's form is another one
        twice = await browser.post("/account/data/corrections", data=form, headers=HEADERS)
        assert twice.headers["location"] == where
        empty = await browser.post("/account/data/corrections", data=form | {"text": " "}, headers=HEADERS)
        assert empty.status_code == 422
        assert 'value="name_en" selected' in empty.text
        listed = await browser.get("/account/data", headers=HEADERS)
        assert Fields(listed.text).data["data-correction"] == [where.rpartition("/")[2]]
        case_id = CaseId(where.rpartition("/")[2])
        async with house.storage.unit_of_work() as uow:
            issuer = await house.rooms.agencies.agency_by_code(uow, ISSUER_CODE)
            assert issuer is not None
            by = replace(ADMIN, agency_id=issuer.id)
            with pytest.raises(NotFound):  # an agency with a counter has no part in it
                await house.rooms.life.reviews.claim(uow, case_id, by=ADMIN)
            await house.rooms.life.reviews.claim(uow, case_id, by=by)
            await house.rooms.life.reviews.ask_back(uow, case_id, by=by, question="Since when?")
        asked = await browser.get(where, headers=HEADERS)
        assert "Since when?" in asked.text
        assert "<b>Somchay</b>" not in asked.text
        answer = {"csrf": token_in(asked.text), "answer": "Since birth"}
        assert (await browser.post(f"{where}/answer", data=answer, headers=HEADERS)).status_code == 303
        assert (await browser.get("/account/data/corrections/rev_1", headers=HEADERS)).status_code == 404


async def test_closing_is_asked_for_with_a_fresh_passkey_and_taken_back(tmp_path: Path, clock: FrozenClock) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        page = await browser.get("/account/close", headers=HEADERS)
        assert page.status_code == 200, page.text
        form = {"csrf": token_in(page.text)}
        asked = await browser.post("/account/close", data=form, headers=HEADERS)
        assert (asked.status_code, asked.headers["location"]) == (303, "/account/close")
        async with house.storage.reading() as uow:
            waiting = await uow.all(select(closing_request.c.subscriber_id))
        assert [row.subscriber_id for row in waiting] == [house.sown.subscriber_id]
        shown = await browser.get("/account/close", headers=HEADERS)
        assert 'id="take_back"' in shown.text
        back = await browser.post("/account/close/take-back", data={"csrf": token_in(shown.text)}, headers=HEADERS)
        assert back.status_code == 303


async def test_a_recovery_at_the_counter_drops_a_closing_and_lets_the_next_one_wait(
    tmp_path: Path, clock: FrozenClock
) -> None:
    async with open_house(tmp_path / "home", clock) as house, house.browser() as browser:
        await house.sign_in(browser, Aal.AAL2_2)
        form = {"csrf": token_in((await browser.get("/account/close", headers=HEADERS)).text)}
        assert (await browser.post("/account/close", data=form, headers=HEADERS)).status_code == 303
        async with house.storage.unit_of_work() as uow:
            await house.rooms.revoking.recover_at_counter(
                uow, house.sown.subscriber_id, by=SYSTEM, valid_for=timedelta(minutes=15)
            )
        async with house.storage.reading() as uow:
            assert not await uow.all(select(closing_request.c.subscriber_id)), "whoever had a way in may have asked"
        await house.sign_in(browser, Aal.AAL2_2)
        waits = await browser.post("/account/close", data=form, headers=HEADERS)
        assert (waits.status_code, "AUT-15" in waits.text) == (409, True)
