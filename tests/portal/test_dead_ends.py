"""No dead ends at the staff's and the citizens' forms: place by place, what each trouble of a browser shows.

The ways to a service, sign-in and consent have their own matrix (`tests/provider/pages/test_dead_ends.py`).
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from connectors.fictitious.personas import PERSONAS
from tests.enrolment.world import ISSUER
from tests.portal.dead_ends import GOES_ON, SIGN_IN, Opens, Place, arrive, seen, what_is_seen
from tests.portal.look_ups.conftest import assets, house, made, simulators
from tests.portal.look_ups.house import CASE, DESK, DUTY, LookUps
from tests.portal.ways_there import (
    COMPANY,
    MALEE,
    agreement,
    asked,
    at_the_limit,
    card_visit,
    code_sent,
    company_visit,
    consented,
    new_company,
    noticed,
    number_visit,
    other_device,
    two_passkeys,
)
from tests.protocol.signing import ec_key

__all__ = ["assets", "house", "made", "simulators"]

pytestmark = pytest.mark.anyio

SOMCHAI, DIRECTOR = (PERSONAS[one].person.citizen_id.digits for one in ("somchai", "director"))


def own(page: str, action: str = "", opens: Opens | None = None, **typed: str) -> Place:
    """A form of a citizen's."""
    return Place("director", page, action, typed, ISSUER, opens)


VISIT = {"purpose": "employer-check", "case": CASE, "number": COMPANY, **DUTY}
PAPER: Mapping[str, str | list[str]] = {
    "kind": "paper",
    "paper_no": "12/2569",
    "signed_on": "2026-11-20",
    "principal_id": SOMCHAI,
    "first_name": "สมชาย",
    "last_name": "ทดสอบดี",
    "proxy_id": DIRECTOR,
    "case": "ร.1/2569",
    "services": "counter-check",
    "datasets": "dopa.address",
    "until": "2027-01-31",
    "seen": ["stamp_duty", "principal", "proxy"],
}
SEATS = {"seat": "lookup_officer|", "places": "90", "reference_no": "1/2569"}
KEYS = json.dumps({"keys": [ec_key().as_dict(private=False)]})
PROGRAM = {"name_th": "ก", "name_en": "A", "kind": "alone", "services": "counter-check", "jwks": KEYS}
STATION = {"name_th": "จุดบริการ", "name_en": "Counter", "mode": "kiosk"}
WATCHED = {"citizen_id": MALEE, "reference_no": "มท 1", "days": "365"}
NAMED = {"agency": "employment", "reference_no": "มท 1", "days": "365"}
SEARCH = {"citizen_id": MALEE, "reason": "ตรวจตามคำร้องเรียนเลขที่ 12"}
RECOVERY = {"station_id": DESK, "journey": "recovery"}
ACCOUNT = {"user": "u", "password": "p", "second": "p"}
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
    "paper mandate": (Place("clerk", "/mandates/new", typed=PAPER), GOES_ON, GOES_ON),
    "paper mandate, empty": (Place("clerk", "/mandates/new"), "422 REP-21", "422 REP-21"),
    "signatory": (Place("clerk", "/signatories"), "422 REP-27", "422 REP-27"),
    "enrolment, no station": (Place("officer", "/enrolments/new", "/enrolments"), "404 STA-01", "404 STA-01"),
    "recovery at a counter": (Place("clerk", "/enrolments/new", "/enrolments", RECOVERY), GOES_ON, GOES_ON),
    "invitation": (
        Place("clerk2", "/agency/invitations", typed={"seat": "lookup_officer|", "reference": "HR-1"}),
        GOES_ON,
        "409 SEA-11",
    ),
    "seats": (Place("clerk2", "/agency/seats", typed=SEATS), GOES_ON, "409 APR-10"),
    "seats, empty": (Place("clerk2", "/agency/seats"), "422 SEA-10", "422 SEA-10"),
    "client program": (Place("clerk2", "/agency/new-program", typed=PROGRAM), GOES_ON, GOES_ON),
    "client program, empty": (Place("clerk2", "/agency/new-program"), "422 PRG-02", "422 PRG-02"),
    "company registry's account": (Place("clerk2", "/company-account", typed=ACCOUNT), GOES_ON, GOES_ON),
    "company registry's account, empty": (Place("clerk2", "/company-account"), "422 AGY-08", "422 AGY-08"),
    "station": (Place("clerk2", "/stations", typed=STATION), GOES_ON, GOES_ON),
    "registry's shutter": (
        Place("platform1", "/registries", typed={"act": "shut", "reason": "ซ่อมเครื่อง"}),
        GOES_ON,
        "409 HLT-02",
    ),
    "registry's shutter, no reason": (Place("platform1", "/registries"), "422 HLT-03", "422 HLT-03"),
    "right to data stopped": (
        Place("dopa_owner", "", "/stop", {"act": "suspend", "reason": "สอบสวน"}, opens=agreement),
        GOES_ON,
        "409 AGY-12",
    ),
    "look-up reviewed": (
        Place("supervisor", "", "", {"verdict": "fine", "reason": "ตรงกับเรื่อง"}, opens=noticed),
        GOES_ON,
        "409 OVS-05",
    ),
    "look-up explained": (Place("clerk", "", "", {"answer": "ตามคำร้อง"}, opens=asked), GOES_ON, "404 OVS-08"),
    "officer let go on": (Place("supervisor", "", "/let-go", opens=at_the_limit), GOES_ON, "404 OVS-02"),
    "who is named": (
        Place(
            "dopa_owner",
            "/namings?agency=employment",
            "/namings",
            {"agency": "employment", "reference_no": "มท 1", "days": "365"},
        ),
        GOES_ON,
        "409 APR-10",
    ),
    "who is named, no paper": (
        Place("dopa_owner", "/namings?agency=employment", "/namings"),
        "422 NAM-02",
        "422 NAM-02",
    ),
    "who is watched": (Place("dopa_owner", "/watched-persons", typed=WATCHED), GOES_ON, GOES_ON),
    "who is watched, empty": (Place("dopa_owner", "/watched-persons"), "422 WAT-04", "422 WAT-04"),
    "evidence": (Place("auditor", "/evidence"), "404 OVS-12", "404 OVS-12"),
    "log, a person": (Place("auditor", "/audit", "/audit/people", SEARCH), GOES_ON, GOES_ON),
    "log, nobody": (Place("auditor", "/audit", "/audit/people"), "422 ADT-02", "422 ADT-02"),
}
"""A form of the staff, what is seen when it is sent, and when it is sent again."""

AFTER = "401 AUT-07"
CITIZENS: dict[str, tuple[Place, str, str, str]] = {
    "correction": (
        own("/account/data", "/account/data/corrections", topic="name_th", text="ชื่อผิด"),
        AFTER,
        GOES_ON,
        GOES_ON,
    ),
    "correction, empty": (own("/account/data", "/account/data/corrections"), AFTER, "400 WEB-05", "400 WEB-05"),
    "consent taken back": (own("", "/withdraw", consented), AFTER, GOES_ON, "409 CON-02"),
    "passkey renamed": (own("", "/rename", two_passkeys, nickname="งาน"), SIGN_IN, GOES_ON, GOES_ON),
    "passkey removed": (own("", "/remove", two_passkeys), SIGN_IN, GOES_ON, GOES_ON),
    "other devices": (own("", "/end-others", other_device), AFTER, GOES_ON, GOES_ON),
    "code of a letter": (own("", "", code_sent, code="000000"), AFTER, "422 CTC-02", "422 CTC-02"),
    "code given up": (own("", "/give-up", code_sent), AFTER, GOES_ON, GOES_ON),
    "phone": (own("/account/contact/phone", phone="0812345678"), SIGN_IN, GOES_ON, GOES_ON),
    "letters": (
        own("/account/contact", "/account/contact/letters", locale="th", letters="all"),
        AFTER,
        GOES_ON,
        GOES_ON,
    ),
    "PIN": (own("/account/pin", pin="27182845", pin_again="27182845"), SIGN_IN, GOES_ON, GOES_ON),
    "PINs that differ": (own("/account/pin", pin="1", pin_again="2"), SIGN_IN, "400 AUT-19", "400 AUT-19"),
    "freeze": (own("/account/freeze"), AFTER, GOES_ON, AFTER),
    "recovery codes": (own("/account/recovery-codes"), SIGN_IN, GOES_ON, GOES_ON),
    "mandate": (
        own("/account/mandates/new", citizen_id=MALEE, services="counter-check", until="2027-01-31"),
        SIGN_IN,
        GOES_ON,
        GOES_ON,
    ),
    "mandate for nothing": (own("/account/mandates/new", citizen_id=MALEE), SIGN_IN, "422 REP-19", "422 REP-19"),
    "closing": (own("/account/close"), SIGN_IN, GOES_ON, GOES_ON),
    "device code": (own("/account/device", user_code="x"), AFTER, "404 OID-08", "404 OID-08"),
    "invitation": (own("/account/invitation", code="x"), SIGN_IN, "410 SEA-04", "410 SEA-04"),
    "company": (own("/account/companies", juristic_id=COMPANY), AFTER, "403 REP-05", "403 REP-05"),
    "kiosk's browser": (own("/kiosk", "/kiosk/bind", code="ABCD-EFGH"), "400 UNA-22", "400 UNA-22", "400 UNA-22"),
    # nobody answers at ThaiD in this house
    "ThaiD": (own("/enrol/thaid"), "503 THD-01", "503 THD-01", "503 THD-01"),
    "own reader": (own("/enrol/reader"), GOES_ON, GOES_ON, GOES_ON),
    "recovery": (own("/recover", identifier="1", code="x"), "400 AUT-17", "400 AUT-17", "400 AUT-17"),
}
"""A form of a citizen's, what is seen when the session ended meanwhile, when it is sent, and sent again."""
ANYONES = {"recovery": GOES_ON, "kiosk's browser": "403 UNA-21", "ThaiD": GOES_ON, "own reader": GOES_ON}
"""Forms for which nobody signs in, and how their pages come: a browser that is no kiosk's yet is told so."""


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
        "away for a day, opened": SIGN_IN,
        "away for a day, sent": SIGN_IN,
        "sent": sent,
        "sent twice at once": second,
        "back, sent again": again,
    }


@pytest.mark.parametrize("name", CITIZENS)
async def test_every_form_of_a_citizen_leads_on(house: LookUps, name: str) -> None:
    place, after, sent, again = CITIZENS[name]
    away, opened = ANYONES.get(name, SIGN_IN), ANYONES.get(name, GOES_ON)
    second = sent if sent != GOES_ON else again
    assert await what_is_seen(house, place) == {
        "inside another app": opened,
        "reloaded": opened,
        "cookies cleared, opened": away,
        "cookies cleared, sent": "403 WEB-04",
        "signed out, opened": away,
        "signed out, sent": after,
        "away for a day, opened": away,
        "away for a day, sent": after,
        "sent": sent,
        "sent twice at once": second,
        "back, sent again": again,
    }


ONCE: dict[str, tuple[Place, str, int]] = {
    "notice of liability": (STAFF["notice of liability"][0], "look_up.notice_read", 1),
    "invitation": (STAFF["invitation"][0], "agency.member_invited", 1),
    "look-up ended": (STAFF["look-up ended, company"][0], "look_up.visit_ended", 1),
    "look-up, company": (STAFF["look-up, company"][0], "exchange.released", 1),
    "paper mandate": (STAFF["paper mandate"][0], "representation.mandate_recorded", 1),
    "client program": (STAFF["client program"][0], "client.registered", 1),
    "mandate": (CITIZENS["mandate"][0], "representation.mandate_given", 1),
    "consent taken back": (CITIZENS["consent taken back"][0], "consent.withdrawn", 1),
    "freeze": (CITIZENS["freeze"][0], "subscriber.frozen", 1),
    "closing": (CITIZENS["closing"][0], "subscriber.closing_asked", 1),
}


@pytest.mark.parametrize("name", ONCE)
async def test_what_is_sent_from_five_tabs_is_done_once(house: LookUps, name: str) -> None:
    place, event, times = ONCE[name]
    tab = await arrive(house, place)
    before = len(await house.events(event))
    pages = await asyncio.gather(*(tab.send() for _ in range(5)))
    assert GOES_ON in {seen(page) for page in pages}
    await tab.send()
    assert len(await house.events(event)) - before == times


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
