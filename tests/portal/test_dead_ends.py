"""No dead ends at the staff's and the citizens' forms: place by place, what each trouble of a browser shows.

The ways to a service, sign-in and consent have their own matrix (`tests/provider/pages/test_dead_ends.py`).
"""

import asyncio
from dataclasses import replace

import pytest

from connectors.fictitious.personas import COMPANY_PERSONAS, PERSONAS
from tests.enrolment.world import ISSUER
from tests.portal.dead_ends import GOES_ON, SIGN_IN, Place, arrive, seen, what_is_seen
from tests.portal.look_ups.conftest import assets, house, made, simulators
from tests.portal.look_ups.house import CARD, CASE, DESK, DUTY, Browser, LookUps

__all__ = ["assets", "house", "made", "simulators"]

pytestmark = pytest.mark.anyio

COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits
MALEE = PERSONAS["malee"].person.citizen_id.digits


async def new_company(browser: Browser) -> str:
    await browser.acknowledged()
    return "/look-ups/new/company"


async def company_visit(browser: Browser) -> str:
    await browser.acknowledged()
    return str((await browser.begin("company", number=COMPANY, **DUTY)).response.url.path)


async def number_visit(browser: Browser) -> str:
    await browser.acknowledged()
    return str((await browser.begin("number", number=MALEE, **DUTY)).response.url.path)


async def card_visit(browser: Browser) -> str:
    await browser.acknowledged()
    return str((await browser.begin("card", station=DESK, **CARD)).response.url.path)


def own(page: str, action: str = "", **typed: str) -> Place:
    """A form of a citizen's."""
    return Place("director", page, action, typed, ISSUER)


VISIT = {"purpose": "employer-check", "case": CASE, "number": COMPANY, **DUTY}
STAFF: dict[str, tuple[Place, str, str]] = {
    "notice of liability": (Place("clerk", "/look-ups/notice"), GOES_ON, GOES_ON),
    "look-up begun": (Place("clerk", "", "", VISIT, opens=new_company), GOES_ON, GOES_ON),
    "look-up, company": (
        Place("clerk", "", "/data", {"dataset": "dbd.company"}, opens=company_visit),
        GOES_ON,
        GOES_ON,
    ),
    "look-up ended, company": (Place("clerk", "", "/end", opens=company_visit), GOES_ON, GOES_ON),
    "look-up ended, number": (Place("clerk", "", "/end", opens=number_visit), GOES_ON, GOES_ON),
    "look-up ended, card": (Place("clerk", "", "/end", opens=card_visit), GOES_ON, GOES_ON),
    "paper mandate": (Place("clerk", "/mandates/new"), "422 REP-21", "422 REP-21"),
    "signatory": (Place("clerk", "/signatories"), "422 REP-27", "422 REP-27"),
    "enrolment": (Place("officer", "/enrolments/new", "/enrolments"), "404 STA-01", "404 STA-01"),
    "invitation": (
        Place("clerk2", "/agency/invitations", typed={"seat": "lookup_officer|", "reference": "HR-1"}),
        GOES_ON,
        "409 SEA-11",
    ),
    "seats": (Place("clerk2", "/agency/seats"), "422 SEA-10", "422 SEA-10"),
    "client program": (Place("clerk2", "/agency/new-program"), "422 PRG-02", "422 PRG-02"),
    "company registry's account": (Place("clerk2", "/company-account"), "422 AGY-08", "422 AGY-08"),
    "station": (Place("clerk2", "/stations"), "400 WEB-05", "400 WEB-05"),
    "registry's shutter": (Place("platform1", "/registries"), "422 HLT-03", "422 HLT-03"),
    "who is named": (Place("dopa_owner", "/namings"), "422 NAM-02", "422 NAM-02"),
    "who is watched": (Place("dopa_owner", "/watched-persons"), "422 WAT-04", "422 WAT-04"),
    "evidence": (Place("auditor", "/evidence"), "404 OVS-12", "404 OVS-12"),
    "log, a person": (Place("auditor", "/audit", "/audit/people"), "422 ADT-02", "422 ADT-02"),
}
"""A form of the staff, what is seen when it is sent, and when it is sent again."""

AFTER = "401 AUT-07"
CITIZENS: dict[str, tuple[Place, str, str, str]] = {
    "correction": (own("/account/data", "/account/data/corrections"), AFTER, "400 WEB-05", "400 WEB-05"),
    "phone": (own("/account/contact/phone", phone="0812345678"), SIGN_IN, GOES_ON, GOES_ON),
    "letters": (own("/account/contact", "/account/contact/letters"), AFTER, "400 WEB-05", "400 WEB-05"),
    "PIN": (own("/account/pin", pin="1", pin_again="2"), SIGN_IN, "400 AUT-19", "400 AUT-19"),
    "freeze": (own("/account/freeze"), AFTER, GOES_ON, AFTER),
    "recovery codes": (own("/account/recovery-codes"), SIGN_IN, GOES_ON, GOES_ON),
    "mandate": (own("/account/mandates/new", citizen_id=MALEE), SIGN_IN, "422 REP-19", "422 REP-19"),
    "closing": (own("/account/close"), SIGN_IN, GOES_ON, GOES_ON),
    "device code": (own("/account/device", user_code="x"), AFTER, "404 OID-08", "404 OID-08"),
    "invitation": (own("/account/invitation", code="x"), SIGN_IN, "410 SEA-04", "410 SEA-04"),
    "company": (own("/account/companies", juristic_id=COMPANY), AFTER, "403 REP-05", "403 REP-05"),
    "recovery": (own("/recover", identifier="1", code="x"), "400 AUT-17", "400 AUT-17", "400 AUT-17"),
}
"""A form of a citizen's, what is seen when the session ended meanwhile, when it is sent, and sent again."""
ANYONES = {"recovery"}


@pytest.mark.parametrize("name", STAFF)
async def test_every_form_of_the_staff_leads_on(house: LookUps, name: str) -> None:
    place, sent, again = STAFF[name]
    second = sent if sent != GOES_ON else again
    assert await what_is_seen(house, place) == {
        "inside another app": GOES_ON,
        "reloaded": GOES_ON,
        # whoever is signed in no more signs in and comes back; nothing is done meanwhile
        "cookies cleared, opened": SIGN_IN,
        "cookies cleared, sent": SIGN_IN,
        "signed out, opened": SIGN_IN,
        "signed out, sent": SIGN_IN,
        "sent": sent,
        "sent twice at once": second,
        "back, sent again": again,
    }


@pytest.mark.parametrize("name", CITIZENS)
async def test_every_form_of_a_citizen_leads_on(house: LookUps, name: str) -> None:
    place, after, sent, again = CITIZENS[name]
    away = GOES_ON if name in ANYONES else SIGN_IN
    second = sent if sent != GOES_ON else again
    assert await what_is_seen(house, place) == {
        "inside another app": GOES_ON,
        "reloaded": GOES_ON,
        "cookies cleared, opened": away,
        "cookies cleared, sent": "403 WEB-04",
        "signed out, opened": away,
        "signed out, sent": after,
        "sent": sent,
        "sent twice at once": second,
        "back, sent again": again,
    }


ONCE: dict[str, tuple[Place, str, int]] = {
    "notice of liability": (STAFF["notice of liability"][0], "look_up.notice_read", 1),
    "invitation": (STAFF["invitation"][0], "agency.member_invited", 1),
    "look-up ended": (STAFF["look-up ended, company"][0], "look_up.visit_ended", 1),
    "look-up, company": (STAFF["look-up, company"][0], "exchange.released", 1),
    "freeze": (CITIZENS["freeze"][0], "subscriber.frozen", 1),
    "closing": (CITIZENS["closing"][0], "subscriber.closing_asked", 1),
}


@pytest.mark.parametrize("name", ONCE)
async def test_what_is_sent_from_five_tabs_is_done_once(house: LookUps, name: str) -> None:
    place, event, times = ONCE[name]
    tab = await arrive(house, place)
    pages = await asyncio.gather(*(tab.send() for _ in range(5)))
    assert GOES_ON in {seen(page) for page in pages}
    await tab.send()
    assert len(await house.events(event)) == times


async def test_a_look_up_begun_twice_is_open_once(house: LookUps) -> None:
    tab = await arrive(house, STAFF["look-up begun"][0])
    await asyncio.gather(*(tab.send() for _ in range(3)))
    begun, ended = await house.events("look_up.visit_begun"), await house.events("look_up.visit_ended")
    assert len(begun) - len(ended) == 1


async def test_a_judged_form_keeps_what_was_open_elsewhere(house: LookUps) -> None:
    """A form that is refused ends nothing."""
    tab = await arrive(house, STAFF["look-up, company"][0])
    other = await arrive(house, replace(STAFF["look-up begun"][0], typed={**VISIT, "case": ""}))
    assert seen(await other.send()).startswith("4")
    assert seen(await tab.send()) == GOES_ON
    assert await house.events("look_up.visit_ended") == []
