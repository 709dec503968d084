"""The consent page in each of its states: the eight parts are there, and say what has to be said."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import update

from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.personas import COMPANY_PERSONAS
from connectors.simulators.switchboard import Behaviour, Mode
from connectors.simulators.switchboard import Service as Wire
from idp.agencies.store import update_service
from idp.approvals.model import Decider
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Basis
from idp.consent.store import consent
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import MemberId
from idp.protocol.acting_for import ActingFor
from idp.representation.mandates.model import LegalPaper, LegalSource, PaperPrincipal, Terms
from idp.representation.mandates.papers import RECORDING_ROLE
from idp.representation.mandates.store import mandate
from idp.representation.model import Scope
from tests.exchange.world import PERSON_FIELDS, SERVICE, SOMCHAI, address_detail, person_detail, pull
from tests.provider.pages.house import Fields, Visitor
from tests.provider.pages.test_consent import sign_in_as_another
from tests.representation.world import identity_of

pytestmark = pytest.mark.anyio

SOLE = COMPANY_PERSONAS["thongdee"].juristic_id.digits
PARTS = ["reading", "asker", "purpose", "data", "time", "refusal", "decision", "reference"]
"""The parts of a consent page in the order of the page: language and letters stand in the header."""

Asked = Mapping[str, Any]


async def shown(citizen: Visitor, flow: str, **params: str) -> str:
    page = await citizen.http.get("/consent", params={"flow": flow, **params})
    assert page.status_code == 200, page.headers
    return page.text


async def decide(citizen: Visitor, html: str, decision: str) -> str:
    data = {**Fields(html).hidden, "decision": decision}
    answer = await citizen.http.post("/consent", data=data)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def first_time(citizen: Visitor) -> Asked:
    return {"wanted": (person_detail(),), "scope": ("openid", "profile")}


async def new_data(citizen: Visitor) -> Asked:
    narrow = {"wanted": (person_detail(fields=("name_th",)),), "scope": ("openid", "profile")}
    await decide(citizen, await shown(citizen, citizen.house.flow(citizen.browser_id, **narrow)), "allow")
    return await first_time(citizen)


async def after_a_year(citizen: Visitor) -> Asked:
    asked = await first_time(citizen)
    await decide(citizen, await shown(citizen, citizen.house.flow(citizen.browser_id, **asked)), "allow")
    async with citizen.house.storage.unit_of_work() as uow:
        await uow.execute(update(consent).values(valid_until=uow.now))
    return asked


async def source_down(citizen: Visitor) -> Asked:
    citizen.house.switchboard.switch(Wire.IKNO, Behaviour(Mode.DOWN))
    return await first_time(citizen)


async def partly_known(citizen: Visitor) -> Asked:
    """Of what is asked for, nothing is known of some rows."""
    return {"wanted": (person_detail(),), "scope": ("openid", "profile", "email")}


async def by_law_as_well(citizen: Visitor) -> Asked:
    world = citizen.house.world
    async with world.storage.unit_of_work() as uow:
        await world.agree(uow, SERVICE, "dopa.house", ("address_text",), {Basis.DUTY})
    return await first_time(citizen)


async def for_a_child(citizen: Visitor) -> Asked:
    """Somchai is the guardian of a child, as an officer recorded on paper."""
    house, world = citizen.house, citizen.house.world
    born = PartialDate(2558, 3, 15)
    async with house.storage.unit_of_work() as uow:
        identity = replace(identity_of("malee"), birth_date=born)
        await world.subscribers.create(uow, identity=identity, ial=Ial.IAL2_3, by=SYSTEM)
        clerk = await world.subscribers.create(uow, identity=identity_of("officer"), ial=Ial.IAL2_3, by=SYSTEM)
    assert identity.citizen_id is not None
    paper = LegalPaper(LegalSource.REGISTRY, "ท.ร.14/1", date(2026, 11, 1), born)
    by = Decider(MemberId("mem_1"), clerk, world.agency.id, frozenset({RECORDING_ROLE.value}))
    async with house.storage.unit_of_work() as uow:
        scope = Scope(frozenset({SERVICE}), frozenset({"dopa.address"}), None)
        terms = Terms(world.somchai, scope, uow.now, uow.now.replace(year=uow.now.year + 1))
        await house.representation.papers.record_legal_representative(
            uow, paper, PaperPrincipal(identity.citizen_id, identity.name_th), terms, by=by
        )
    return {"wanted": (address_detail(),), "acting_for": ActingFor.PERSON}


async def for_a_company(citizen: Visitor) -> Asked:
    del citizen
    return {"wanted": (), "scope": ("openid", "profile"), "acting_for": ActingFor.COMPANY}


async def nothing_but_who(citizen: Visitor) -> Asked:
    del citizen
    return {"wanted": (), "scope": ("openid",), "prompt": ("consent",)}


STATES: Mapping[str, tuple[Callable[[Visitor], Awaitable[Asked]], frozenset[str]]] = {
    "first time": (first_time, frozenset()),
    "new data asked": (new_data, frozenset({"compared"})),
    "yearly renewal": (after_a_year, frozenset({"asked_again"})),
    "source down": (source_down, frozenset()),
    "partly known": (partly_known, frozenset()),
    "guardian of a child": (for_a_child, frozenset({"acting_for", "guardian", "acting_chip", "change_actor"})),
    "company": (for_a_company, frozenset({"acting_for", "acting_chip", "change_actor"})),
    "by law as well": (by_law_as_well, frozenset({"by_law"})),
    "nothing but who": (nothing_but_who, frozenset({"no_data"})),
}
"""How each state comes about, and what it says beside the eight parts."""


async def opened(citizen: Visitor, asked: Asked) -> str:
    """The flow as it stands before the consent page: with the choice for whom to act, where there is one."""
    flow = citizen.house.flow(citizen.browser_id, **asked)
    if "acting_for" not in asked:
        return flow
    page = (await citizen.http.get("/acting", params={"flow": flow})).text
    actor = re.findall(r'name="actor" type="radio" value="([^"]+)"', page)[0]
    chosen = await citizen.http.post("/acting", data={**Fields(page).hidden, "actor": actor, "juristic_id": SOLE})
    assert chosen.status_code == 303, chosen.text
    return parse_qs(urlsplit(chosen.headers["location"]).query)["flow"][0]


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("state", STATES)
async def test_every_state_has_the_eight_parts(citizen: Visitor, state: str, language: str) -> None:
    comes_about, said = STATES[state]
    html = await shown(citizen, await opened(citizen, await comes_about(citizen)), lang=language)
    fields = Fields(html)
    assert fields.data["data-part"] == PARTS
    # 1 who asks, and where to report it; 7 language and letters
    assert {"agency", "report", "language", "text_size"} <= fields.ids
    # 2 for what, 5 what if not, 8 what to call it, and where the receipt will be
    assert {"purpose", "refusal_route", "reference", "receipt"} <= fields.ids
    # 6 two answers of one weight
    classes = re.findall(r'class="([^"]*)"[^>]*name="decision"|name="decision"[^>]*class="([^"]*)"', html)
    assert len(classes) == 2
    assert len(set(classes)) == 1
    assert said <= fields.ids
    others = frozenset().union(*(ids for _, ids in STATES.values())) - said
    assert not others & fields.ids, state


async def test_each_row_has_label_value_source_and_when_it_was_so(citizen: Visitor) -> None:
    asked = {"wanted": (person_detail(),), "scope": ("openid", "profile")}
    html = await shown(citizen, citizen.house.flow(citizen.browser_id, **asked), lang="en")
    rows = {f"dopa.person.{name}" for name in PERSON_FIELDS}
    assert rows <= set(Fields(html).data["data-field"])
    card = html.split('data-dataset="dopa.person"')[1].split("</section>")[0]
    labels = [field.label_en for field in DATASETS["dopa.person"].fields if field.name in PERSON_FIELDS]
    for text in ("Source: ", "as it stands there on", "xxxxxxxxxx", SOMCHAI.name_th.first, *labels):
        assert text in card, text
    assert SOMCHAI.citizen_id.digits not in html
    own = html.split('data-dataset="profile"')[1].split("</section>")[0]
    assert "updated on 22 November 2026" in own
    assert sorted(Fields(html).data["data-updated"]) == ["dopa.person", "profile"]


async def test_values_that_could_not_be_read_have_no_moment(citizen: Visitor) -> None:
    html = await shown(citizen, await opened(citizen, await source_down(citizen)))
    assert Fields(html).data["data-updated"] == ["profile"]
    assert "data-labels-only" in html


async def test_a_guardian_reads_of_a_child_no_value_and_until_when(citizen: Visitor) -> None:
    html = await shown(citizen, await opened(citizen, await for_a_child(citizen)), lang="en")
    assert "You decide as the legal representative, until" in html
    assert "These are another person" in html
    assert "data-updated" not in html
    assert (await decide(citizen, html, "allow")).startswith("http://jobs.localhost:8010/callback?code=")


async def test_what_the_law_gives_is_told_and_offers_no_choice(citizen: Visitor) -> None:
    flow = await opened(citizen, await by_law_as_well(citizen))
    html = await shown(citizen, flow)
    notice = html.split('id="by_law"')[1].split("</div>")[0]
    assert Fields(html).data["data-by-law"] == ["dopa.house"]
    assert not re.search(r"<(input|button|a|select)\b", notice)
    # what was read is kept as it was read
    location = await decide(citizen, html, "allow")
    assert "code=" in location
    entry = json.loads((await citizen.house.world.entries("consent.given"))[0])
    assert not any(name.startswith("dopa.house") for name in entry["details"]["fields"])
    async with citizen.house.storage.reading() as uow:
        record = await citizen.house.world.consents.get(uow, entry["details"]["consent"])
        assert record is not None
        kept = await citizen.house.world.consents.shown(uow, record)
    assert kept is not None
    assert json.loads(kept)["by_law"][0]["id"] == "dopa.house"


async def test_optional_rows_are_un_ticked_in_every_language(citizen: Visitor) -> None:
    async with citizen.house.storage.unit_of_work() as uow:
        service = await citizen.house.world.agencies.service(uow, SERVICE)
        await update_service(uow, replace(service, optional_fields=frozenset({"dopa.person/birth_date"})))
    for language in ("th", "en"):
        html = await shown(citizen, await opened(citizen, await first_time(citizen)), lang=language)
        (box,) = (line for line in html.splitlines() if 'type="checkbox"' in line)
        assert "checked" not in box
        assert "choosing" in Fields(html).ids


async def test_letters_grow_without_a_script_and_stay_so(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id)
    small = await shown(citizen, flow)
    assert "app-template--large" not in small
    link = small.split('id="text_size"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    large = (await citizen.http.get(link)).text
    assert "app-template--large" in large
    assert Fields(large).data["data-part"] == PARTS
    assert "app-template--large" in (await citizen.http.get("/account")).text
    assert "app-template--large" not in (await citizen.http.get("/account", params={"text_size": "normal"})).text
    made_up = await citizen.http.get("/account", params={"text_size": "<made up>"})
    assert "made up" not in made_up.text


async def report(citizen: Visitor, flow: str, text: str) -> httpx2.Response:
    page = (await citizen.http.get("/consent/report", params={"flow": flow})).text
    return await citizen.http.post("/consent/report", data={**Fields(page).hidden, "text": text})


async def test_whoever_doubts_the_service_reports_it_and_decides_afterwards(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id)
    html = await shown(citizen, flow)
    assert f"/consent/report?flow={flow}" in html
    sent = await report(citizen, flow, "ไม่รู้จักหน่วยงานนี้")
    assert sent.status_code == 303
    told = (await citizen.http.get(sent.headers["location"])).text
    assert {"reported", "number", "to_case", "back_to_decision"} <= Fields(told).ids
    # sent twice, or from another tab, it is one case
    page = citizen.house.flow(citizen.browser_id)
    assert "report_form" not in Fields((await citizen.http.get("/consent/report", params={"flow": page})).text).ids
    async with citizen.house.storage.reading() as uow:
        (case,) = await citizen.house.doubts.all_of(uow, citizen.house.world.somchai)
        remarks = await citizen.house.reviews.remarks(uow, case)
    assert case.is_about_asker
    assert "ไม่รู้จักหน่วยงานนี้" in remarks[0].text
    assert "allow" in Fields(await shown(citizen, flow)).ids


async def test_a_report_without_words_or_of_another_browser_is_none(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id)
    empty = await report(citizen, flow, "   ")
    assert (empty.status_code, "REV-06" in empty.text) == (422, True)
    assert "send_report" in Fields(empty.text).ids
    page = (await citizen.http.get("/consent/report", params={"flow": flow})).text
    other = citizen.house.flow(citizen.browser_id)
    forged = {**Fields(page).hidden, "flow": other, "text": "x"}
    assert (await citizen.http.post("/consent/report", data=forged)).status_code == 403
    assert (await citizen.http.get("/consent/report", params={"flow": "made-up"})).status_code == 400
    citizen.http.cookies.delete("id-session")
    assert (await citizen.http.get("/consent/report", params={"flow": flow})).status_code == 303


async def test_forms_sent_at_once_are_one_report(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id)
    page = (await citizen.http.get("/consent/report", params={"flow": flow})).text
    data = {**Fields(page).hidden, "text": "ขอข้อมูลเกินจำเป็น"}
    answers = await asyncio.gather(*(citizen.http.post("/consent/report", data=data) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {303}
    async with citizen.house.storage.reading() as uow:
        assert len(await citizen.house.doubts.all_of(uow, citizen.house.world.somchai)) == 1


async def given(citizen: Visitor, asked: Asked, **ticked: str) -> str:
    """Allow what is asked; gives the id of the consent."""
    html = await shown(citizen, await opened(citizen, asked))
    data = {**Fields(html).hidden, "decision": "allow", **ticked}
    assert (await citizen.http.post("/consent", data=data)).status_code == 303
    entry = json.loads((await citizen.house.world.entries("consent.given"))[-1])
    return str(entry["details"]["consent"])


async def test_my_account_shows_the_page_as_it_was_read_then(citizen: Visitor) -> None:
    async with citizen.house.storage.unit_of_work() as uow:
        service = await citizen.house.world.agencies.service(uow, SERVICE)
        offered = frozenset({"dopa.person/birth_date", "dopa.person/citizen_id"})
        await update_service(uow, replace(service, optional_fields=offered))
    asked = await by_law_as_well(citizen)
    consent_id = await given(citizen, asked, optional="dopa.person/birth_date")
    # what was read stays as it was, whatever the service says today
    async with citizen.house.storage.unit_of_work() as uow:
        service = await citizen.house.world.agencies.service(uow, SERVICE)
        await update_service(uow, replace(service, purpose_th="อย่างอื่น", purpose_en="Something else"))
    page = (await citizen.http.get(f"/account/consents/{consent_id}", params={"lang": "en"})).text
    fields, then = Fields(page), page.split('id="shown_then"')[1].split('id="receipt"')[0]
    assert fields.data["data-part"] == PARTS
    assert fields.data["data-language"] == ["th"]
    assert "เพื่อขึ้นทะเบียนคนหางานและจัดหางานให้ท่าน" in then
    assert "Something else" not in then
    assert sorted(fields.data["data-then"]).count("left_out") == 1
    assert {"your choice: given", "your choice: not given"} <= set(re.findall(r"your choice: (?:not )?given", then))
    assert "By law, not by your decision" in then
    assert not {SOMCHAI.citizen_id.digits, SOMCHAI.citizen_id.digits[-3:]} & set(re.findall(r"[0-9x]+", then))


async def test_my_account_shows_that_it_was_asked_again(citizen: Visitor) -> None:
    asked = await after_a_year(citizen)
    citizen.house.clock.advance(1)
    consent_id = await given(citizen, asked)
    page = (await citizen.http.get(f"/account/consents/{consent_id}")).text
    assert Fields(page).data["data-asked-again"] == ["run_out"]


async def test_a_consent_without_a_page_shows_none(citizen: Visitor) -> None:
    record, _ = await citizen.house.world.consented()
    page = (await citizen.http.get(f"/account/consents/{record.id}")).text
    assert "shown_then" not in Fields(page).ids
    assert "withdraw" in Fields(page).ids


async def test_taking_back_takes_no_more_steps_than_giving_and_counts_at_once(citizen: Visitor) -> None:
    world = citizen.house.world
    record, token = await world.consented()
    exchange = world.exchange()
    await exchange.pull(pull(token))
    steps = [(await citizen.http.get("/account/consents")).text]
    link = f"/account/consents/{record.id}"
    assert f'href="{link}"' in steps[0]
    steps.append((await citizen.http.get(link)).text)
    began = time.monotonic()
    done = await citizen.http.post(f"{link}/withdraw", data=Fields(steps[1]).hidden)
    with pytest.raises(Refused, match="EXC-03"):
        await exchange.pull(pull(token))
    assert time.monotonic() - began < 1
    # signing in and allowing are two; choosing it from the list and taking it back are two
    assert len(steps) == 2
    after = (await citizen.http.get(done.headers["location"])).text
    assert "taken_back" in Fields(after).ids
    assert "ข้อมูลที่หน่วยงานได้รับไปก่อนหน้า" in after


async def test_a_mandate_that_ends_on_the_way_is_said_on_the_next_page_with_a_way_on(citizen: Visitor) -> None:
    house, world = citizen.house, citizen.house.world
    asked = {**await for_a_child(citizen), "acting_for": ActingFor.CHOOSE}
    flow = citizen.house.flow(citizen.browser_id, **asked)
    page = (await citizen.http.get("/acting", params={"flow": flow})).text
    actor = next(one for one in re.findall(r'name="actor" type="radio" value="([^"]+)"', page) if "mandate:" in one)
    chosen = await citizen.http.post("/acting", data={**Fields(page).hidden, "actor": actor})
    flow = parse_qs(urlsplit(chosen.headers["location"]).query)["flow"][0]
    html = await shown(citizen, flow)
    assert {"acting_chip", "change_actor"} <= Fields(html).ids
    async with house.storage.unit_of_work() as uow:
        await uow.execute(update(mandate).values(state="ended", ended_at=uow.now))
    answer = await citizen.http.post("/consent", data={**Fields(html).hidden, "decision": "allow"})
    assert (answer.status_code, answer.headers["location"].startswith("/authorize?flow=")) == (303, True)
    told = await citizen.http.get("/acting", params={"flow": flow})
    assert (told.status_code, {"problem", "error_code", "deny", "actor_self"} <= Fields(told.text).ids) == (409, True)
    assert await world.entries("consent.given") == []
    # back to oneself: the same flow goes on
    oneself = await citizen.http.post("/acting", data={**Fields(told.text).hidden, "actor": "self"})
    flow = parse_qs(urlsplit(oneself.headers["location"]).query)["flow"][0]
    assert "acting_chip" not in Fields(await shown(citizen, flow)).ids


async def test_for_whom_one_acts_can_be_changed_before_the_decision(citizen: Visitor) -> None:
    asked = {**await for_a_company(citizen), "acting_for": ActingFor.CHOOSE}
    flow = citizen.house.flow(citizen.browser_id, **asked)
    page = (await citizen.http.get("/acting", params={"flow": flow})).text
    chosen = await citizen.http.post("/acting", data={**Fields(page).hidden, "actor": "company", "juristic_id": SOLE})
    flow = parse_qs(urlsplit(chosen.headers["location"]).query)["flow"][0]
    html = await shown(citizen, flow)
    (link,) = re.findall(r'id="change_actor" href="([^"]+)"', html)
    assert (await citizen.http.get("/acting", params={"flow": flow})).status_code == 303
    again = (await citizen.http.get(link.replace("&amp;", "&"))).text
    assert {"actor_self", "deny"} <= Fields(again).ids
    levels = (await citizen.http.get("/levels", params={"flow": flow})).text
    assert SOLE in levels.split('id="acting_chip"')[1].split("</div>")[0]
    # whoever sits before the browser next reads nothing of it
    await sign_in_as_another(citizen)
    assert "acting_chip" not in Fields((await citizen.http.get("/levels", params={"flow": flow})).text).ids
