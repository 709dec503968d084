"""The consent page says all that has to be said, and takes one decision of one person about one request."""

import hashlib
import json
from dataclasses import replace

import pytest
from sqlalchemy import update

from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.store import update_service
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.store import find_client, replace_client
from idp.consent.store import consent
from idp.kernel.assurance import Aal, Acr, Ial
from idp.subscribers.model import Identity
from tests.exchange.world import JOBS, SERVICE, SOMCHAI, person_detail
from tests.provider.pages.house import CALLBACK, Fields, Visitor

pytestmark = pytest.mark.anyio


async def shown(citizen: Visitor, flow: str, **params: str) -> str:
    page = await citizen.http.get("/consent", params={"flow": flow, **params})
    assert page.status_code == 200, page.headers
    return page.text


async def decide(citizen: Visitor, html: str, decision: str, **changes: str) -> tuple[int, str]:
    answer = await citizen.http.post("/consent", data={**Fields(html).hidden, "decision": decision, **changes})
    return answer.status_code, answer.headers.get("location", answer.text)


async def test_everything_is_said_before_the_decision(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    for text in (
        "หน่วยงานจัดหางานสาธิต (ตัวอย่าง)",
        "หน่วยงานของรัฐที่ขึ้นทะเบียนแล้ว",
        "เพื่อขึ้นทะเบียนคนหางานและจัดหางานให้ท่าน",
        "พระราชบัญญัติตัวอย่าง มาตรา 1",
        "กรมการปกครอง (ทะเบียนราษฎร)",
        "นายสมชาย",
        "เก็บไว้ 1 ปี",
        "ไม่เกิน 12\N{NO-BREAK SPACE}ครั้ง",
        "ความยินยอมนี้สิ้นสุดวันที่ 22 พฤศจิกายน พ.ศ.\N{NO-BREAK SPACE}2570",
        "ยื่นคำขอด้วยตนเองที่สำนักงาน",
    ):
        assert text in html
    fields = Fields(html)
    assert {"allow", "deny", "consent_form", "language", "reference"} <= fields.ids
    assert "dopa.person.citizen_id" in fields.data["data-field"]
    assert "dopa.address.address_text" in fields.data["data-field"]


async def test_the_citizen_number_is_shown_by_its_end_only(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    number = SOMCHAI.citizen_id.digits
    assert number not in html
    assert f"xxxxxxxxxx{number[-3:]}" in html


async def test_both_buttons_weigh_the_same(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    classes = {line.split('class="')[1].split('"')[0] for line in html.splitlines() if 'name="decision"' in line}
    assert len(classes) == 1


async def test_allowing_records_what_was_shown_and_gives_a_code(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    status, location = await decide(citizen, html, "allow")
    assert status == 303
    assert location.startswith(f"{CALLBACK}?code=")
    entry = json.loads((await citizen.house.world.entries("consent.given"))[0])
    assert entry["details"]["shown_hash"] == Fields(html).hidden["shown"]


async def test_denying_tells_the_service_and_records_no_consent(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    status, location = await decide(citizen, html, "deny")
    assert status == 303
    assert location.startswith(f"{CALLBACK}?error=access_denied")
    assert await citizen.house.world.entries("consent.given") == []


async def test_a_decision_is_taken_once(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    await decide(citizen, html, "allow")
    status, location = await decide(citizen, html, "allow")
    assert (status, "code=" in location) in {(409, False), (303, False)}
    assert len(await citizen.house.world.entries("consent.given")) == 1


async def test_another_decision_is_none(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    status, text = await decide(citizen, html, "perhaps")
    assert status == 400
    assert "WEB-05" in text


async def test_the_form_of_another_flow_or_site_decides_nothing(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    other = citizen.house.flow(citizen.browser_id)
    assert (await decide(citizen, html, "allow", flow=other))[0] == 403
    assert (await decide(citizen, html, "allow", csrf=""))[0] == 403
    forged = await citizen.http.post(
        "/consent",
        data={**Fields(html).hidden, "decision": "allow"},
        headers={"origin": "http://jobs.localhost:8010", "sec-fetch-site": "same-site"},
    )
    assert forged.status_code == 403
    assert "WEB-04" in forged.text


async def sign_in_as_another(citizen: Visitor) -> str:
    """Somebody else signs in to the same browser; gives their Thai first name."""
    house = citizen.house
    other = next(entry.person for entry in PERSONAS.values() if entry.person.citizen_id != SOMCHAI.citizen_id)
    identity = Identity(
        citizen_id=other.citizen_id,
        name_th=other.name_th,
        name_en=other.name_en,
        birth_date=other.birth_date,
        sex="1",
    )
    async with house.storage.unit_of_work() as uow:
        second = await house.world.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)
        started = await house.sessions.start(uow, second, aal=Aal.AAL2_2, amr=("hwk",))
    citizen.http.cookies.delete("id-session")
    citizen.http.cookies.set("id-session", started.cookie_value, domain="id.localhost")
    return other.name_th.first


async def test_a_page_counts_for_the_person_it_was_shown_to_and_no_other(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id)
    html = await shown(citizen, flow)
    assert "citizen" in Fields(html).ids
    other = await sign_in_as_another(citizen)
    for decision in ("allow", "deny"):
        status, text = await decide(citizen, html, decision)
        assert (status, "WEB-04" in text) == (403, True)
    assert await citizen.house.world.entries("consent.given") == []
    assert other in await shown(citizen, flow)


async def test_who_has_signed_out_meanwhile_decides_nothing(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    citizen.http.cookies.delete("id-session")
    status, location = await decide(citizen, html, "allow")
    assert (status, location.startswith("/authorize?flow=")) == (303, True)


async def test_texts_that_changed_meanwhile_are_shown_again(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    status, location = await decide(citizen, html, "allow", shown="0" * 64)
    assert (status, location.startswith("/consent?flow=")) == (303, True)
    assert await citizen.house.world.entries("consent.given") == []


async def test_what_was_read_in_english_may_be_allowed_after_the_language_changed(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id), lang="en")
    assert "Do you allow this agency to have your data?" in html
    citizen.http.cookies.delete("lang")
    status, location = await decide(citizen, html, "allow")
    assert (status, "code=" in location) == (303, True)


async def test_the_language_a_service_asks_for_gives_way_to_the_one_chosen_here(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id, ui_locales=("en-GB", "th"))
    html = await shown(citizen, flow)
    assert '<html lang="en"' in html
    assert (await decide(citizen, html, "allow"))[0] == 303
    assert '<html lang="en"' in (await citizen.http.get("/sign-in", params={"flow": flow})).text
    assert '<html lang="th"' in (await citizen.http.get("/sign-in", params={"flow": flow, "lang": "th"})).text


async def test_who_is_not_signed_in_goes_back_to_the_dispatcher(visitor: Visitor) -> None:
    await visitor.http.get("/passkeys/added")
    await visitor.begin_signing_in()
    answer = await visitor.http.get("/consent", params={"flow": visitor.house.flow(visitor.browser_id)})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/authorize?flow=")


async def test_a_silent_registry_leaves_labels_and_the_choice(citizen: Visitor) -> None:
    citizen.house.switchboard.switch(Service.IKNO, Behaviour(Mode.DOWN))
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    assert "ขณะนี้ยังแสดงข้อมูลให้ท่านดูไม่ได้" in html
    assert "allow" in Fields(html).ids
    assert html.count("สมชาย") == 1  # whose decision it is; no value of a registry


async def test_a_browser_may_follow_the_form_to_the_service_and_nowhere_else(citizen: Visitor) -> None:
    page = await citizen.http.get("/consent", params={"flow": citizen.house.flow(citizen.browser_id)})
    assert "form-action 'self' http://jobs.localhost:8010;" in page.headers["content-security-policy"]


async def test_the_basic_identity_is_a_section_of_its_own(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id, wanted=(), scope=("openid", "profile"))
    html = await shown(citizen, flow)
    assert "ข้อมูลตัวตนพื้นฐาน" in html
    assert "นายสมชาย" in html


async def test_a_single_data_set_is_shown_alone(citizen: Visitor) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id, wanted=(person_detail(),)))
    assert Fields(html).data["data-dataset"] == ["dopa.person"]


async def test_a_sign_in_that_was_allowed_is_not_asked_for_again(citizen: Visitor) -> None:
    asked = {"wanted": (), "scope": ("openid", "profile")}
    html = await shown(citizen, citizen.house.flow(citizen.browser_id, **asked))
    assert "data-new" not in html
    assert "ความยินยอมนี้สิ้นสุดวันที่ 22 พฤศจิกายน พ.ศ.\N{NO-BREAK SPACE}2570" in html
    assert (await decide(citizen, html, "allow"))[0] == 303
    entry = json.loads((await citizen.house.world.entries("consent.given"))[0])
    assert "birthdate" in entry["details"]["claims"]
    assert (entry["details"]["service"], entry["details"]["datasets"]) == (None, [])
    again = await citizen.http.get("/consent", params={"flow": citizen.house.flow(citizen.browser_id, **asked)})
    assert (again.status_code, again.headers["location"].startswith("/authorize?flow=")) == (303, True)


async def test_what_is_asked_beyond_an_earlier_consent_is_marked_as_new(citizen: Visitor) -> None:
    flow = citizen.house.flow(
        citizen.browser_id, wanted=(person_detail(fields=("name_th",)),), scope=("openid", "profile")
    )
    await decide(citizen, await shown(citizen, flow), "allow")
    wider = citizen.house.flow(
        citizen.browser_id, wanted=(person_detail(fields=("name_th", "birth_date")),), scope=("openid", "email")
    )
    html = await shown(citizen, wider, lang="en")
    assert sorted(Fields(html).data["data-new"]) == ["contact.email", "dopa.person.birth_date"]
    assert "compared" in Fields(html).ids
    assert (await decide(citizen, html, "allow"))[0] == 303


OPTIONAL = frozenset({"dopa.person/birth_date", "dopa.address/province"})


async def make_optional(citizen: Visitor, *names: str) -> None:
    """The service works without these fields."""
    async with citizen.house.storage.unit_of_work() as uow:
        service = await citizen.house.world.agencies.service(uow, SERVICE)
        await update_service(uow, replace(service, optional_fields=frozenset(names)))


async def test_optional_fields_are_un_ticked_and_given_only_when_ticked(citizen: Visitor) -> None:
    await make_optional(citizen, *OPTIONAL)
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    assert "choosing" in Fields(html).ids
    boxes = [line for line in html.splitlines() if 'type="checkbox"' in line]
    assert len(boxes) == len(OPTIONAL)
    assert not any("checked" in box for box in boxes)
    ticked = "dopa.person/birth_date"
    assert (await decide(citizen, html, "allow", optional=ticked))[0] == 303
    entry = json.loads((await citizen.house.world.entries("consent.given"))[0])
    assert ticked in entry["details"]["fields"]
    assert "dopa.address/province" not in entry["details"]["fields"]
    assert "dopa.address/address_text" in entry["details"]["fields"]
    # and nobody is asked again for what was left out
    again = await citizen.http.get("/consent", params={"flow": citizen.house.flow(citizen.browser_id)})
    assert again.status_code == 303


async def test_a_tick_adds_nothing_that_was_not_offered(citizen: Visitor) -> None:
    await make_optional(citizen, "dopa.address/province")
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    await decide(citizen, html, "allow", optional="dopa.person/father_name")
    entry = json.loads((await citizen.house.world.entries("consent.given"))[0])
    assert not {"dopa.person/father_name", "dopa.address/province"} & set(entry["details"]["fields"])


async def test_nothing_ticked_of_what_is_all_optional_is_no_consent(citizen: Visitor) -> None:
    await make_optional(citizen, "dopa.person/name_th")
    asked = {"wanted": (person_detail(fields=("name_th",)),), "scope": ()}
    html = await shown(citizen, citizen.house.flow(citizen.browser_id, **asked))
    status, location = await decide(citizen, html, "allow")
    assert (status, "nothing=ticked" in location) == (303, True)
    assert "error-summary" in (await citizen.http.get(location)).text
    assert await citizen.house.world.entries("consent.given") == []


async def test_what_was_shown_is_kept_and_its_hash_can_be_computed_again(citizen: Visitor) -> None:
    case = "งค 12/2569 somchai"
    html = await shown(citizen, citizen.house.flow(citizen.browser_id, wanted=(person_detail(case=case),)))
    await decide(citizen, html, "allow")
    entry = json.loads((await citizen.house.world.entries("consent.given"))[0])
    async with citizen.house.storage.reading() as uow:
        record = await citizen.house.world.consents.get(uow, entry["details"]["consent"])
        assert record is not None
        text = await citizen.house.world.consents.shown(uow, record)
    assert text is not None
    assert hashlib.sha256(text.encode()).hexdigest() == entry["details"]["shown_hash"] == record.shown_hash
    assert json.loads(text)["service"]["purpose"] == "เพื่อขึ้นทะเบียนคนหางานและจัดหางานให้ท่าน"
    # the page shows the citizen's own values; what is kept of it has none
    assert SOMCHAI.name_th.first not in text
    assert SOMCHAI.citizen_id.digits not in text
    # it is tied to nobody and never deleted: whom and which case it is about is in the record alone
    assert record.details[0].case == case
    kept = json.loads(text)["details"]
    assert (case in text, [one["dataset"] for one in kept]) == (False, ["dopa.person"])
    assert not any({"case", "subject"} & one.keys() for one in kept)


@pytest.mark.parametrize(("taken_back", "words"), [(True, "You took back"), (False, "has run out")])
async def test_who_is_asked_again_reads_why_and_what_is_different(
    citizen: Visitor, taken_back: bool, words: str
) -> None:
    house = citizen.house
    flow = house.flow(citizen.browser_id, wanted=(person_detail(fields=("name_th", "birth_date")),))
    await decide(citizen, await shown(citizen, flow), "allow")
    entry = json.loads((await house.world.entries("consent.given"))[0])
    async with house.storage.unit_of_work() as uow:
        record = await house.world.consents.get(uow, entry["details"]["consent"])
        assert record is not None
        if taken_back:
            await house.world.consents.withdraw(uow, record.id, subscriber_id=record.subscriber_id)
        else:
            await uow.execute(update(consent).values(valid_until=uow.now))
    again = house.flow(citizen.browser_id, wanted=(person_detail(fields=("name_th", "citizen_id")),))
    html = await shown(citizen, again, lang="en")
    assert words in html
    assert Fields(html).data["data-new"] == ["dopa.person.citizen_id"]
    assert {"asked_again", "dropped"} <= Fields(html).ids
    assert "Date of birth" in html.split('id="dropped"')[1].split("</p>")[0]
    assert (await decide(citizen, html, "allow"))[0] == 303


async def test_of_another_service_nothing_is_said_to_have_ended(citizen: Visitor) -> None:
    house = citizen.house
    wanted = (person_detail(fields=("name_th", "birth_date")),)
    await decide(citizen, await shown(citizen, house.flow(citizen.browser_id, wanted=wanted)), "allow")
    async with house.storage.unit_of_work() as uow:
        await uow.execute(update(consent).values(valid_until=uow.now, service_id="another"))
    html = await shown(citizen, house.flow(citizen.browser_id, wanted=(person_detail(fields=("name_th",)),)), lang="en")
    assert {"asked_again", "dropped", "compared"}.isdisjoint(Fields(html).ids)
    async with house.storage.unit_of_work() as uow:
        await uow.execute(update(consent).values(service_id=SERVICE))
    html = await shown(citizen, house.flow(citizen.browser_id, wanted=(person_detail(fields=("name_th",)),)), lang="en")
    assert {"asked_again", "dropped"} <= Fields(html).ids


async def of_the_client(citizen: Visitor, **shown: str) -> None:
    """The client's registration says this as well."""
    async with citizen.house.storage.unit_of_work() as uow:
        client = await find_client(uow, JOBS)
        assert client is not None
        await replace_client(uow, replace(client, **shown))


async def test_an_english_page_says_everything_in_english_that_has_an_english_form(citizen: Visitor) -> None:
    flow = citizen.house.flow(citizen.browser_id, wanted=(person_detail(),), scope=("openid", "profile"))
    english = await shown(citizen, flow, lang="en")
    assert ("ชาย" in english.replace("สมชาย", ""), "พ.ศ." in english) == (False, False)
    assert "Male" in english
    assert english.count(SOMCHAI.birth_date.english()) == 2  # from the digital ID, and from the registry
    thai = await shown(citizen, flow, lang="th")
    assert thai.count(SOMCHAI.birth_date.thai()) == 2


async def test_the_logo_comes_from_its_own_origin_alone_and_the_terms_can_be_read(citizen: Visitor) -> None:
    plain = await citizen.http.get("/consent", params={"flow": citizen.house.flow(citizen.browser_id)})
    assert "img-src 'self' data:;" in plain.headers["content-security-policy"]
    assert {"logo", "policy", "tos"}.isdisjoint(Fields(plain.text).ids)
    site = "https://jobs.example"
    addresses = {"logo_uri": f"{site}/logo.png", "policy_uri": f"{site}/policy", "tos_uri": f"{site}/tos"}
    await of_the_client(citizen, **addresses)
    page = await citizen.http.get("/consent", params={"flow": citizen.house.flow(citizen.browser_id)})
    assert f"img-src 'self' data: {site};" in page.headers["content-security-policy"]
    assert {"logo", "policy", "tos"} <= Fields(page.text).ids
    for address in addresses.values():
        assert f'"{address}"' in page.text
    assert page.text.count('rel="noopener noreferrer external"') == 2
    assert 'referrerpolicy="no-referrer"' in page.text
    assert (await decide(citizen, page.text, "allow"))[0] == 303


@pytest.mark.parametrize(
    "logo", ["https://jobs.example;script-src/x.png", "data:image/png;base64,AA", "https://[::1]/x"]
)
async def test_a_logo_that_no_policy_can_name_is_left_out(citizen: Visitor, logo: str) -> None:
    await of_the_client(citizen, logo_uri=logo)
    page = await citizen.http.get("/consent", params={"flow": citizen.house.flow(citizen.browser_id)})
    assert "img-src 'self' data:;" in page.headers["content-security-policy"]
    assert "logo" not in Fields(page.text).ids


async def test_what_nobody_can_be_held_to_leaves_a_line_in_the_security_log(
    citizen: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    html = await shown(citizen, citizen.house.flow(citizen.browser_id))
    capsys.readouterr()
    assert (await citizen.http.get("/consent", params={"flow": "made-up"})).status_code == 400
    assert "consent.flow_unusable" in (said := capsys.readouterr().out)
    assert "made-up" not in said
    assert (await decide(citizen, html, "allow", flow="made-up"))[0] == 400
    assert "consent.flow_unusable" in capsys.readouterr().out
    assert (await decide(citizen, html, "allow", csrf="forged"))[0] == 403
    assert "token of another form or browser" in capsys.readouterr().out
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await citizen.http.post("/consent", data={"decision": "allow"}, headers=headers)
        assert answer.status_code == 403
        assert "form.refused" in (said := capsys.readouterr().out)
        assert ("consent_decision" in said, "evil" in said) == (True, False)


async def test_who_is_let_in_before_the_meeting_reads_so(citizen: Visitor) -> None:
    plain = await shown(citizen, citizen.house.flow(citizen.browser_id))
    assert "meeting" not in Fields(plain).ids
    flow = citizen.house.flow(citizen.browser_id, required=Acr(Ial.IAL3, Aal.AAL2_1), provisional_ial=Ial.IAL2_1)
    assert "หน่วยงานนี้จะพบท่านภายหลัง" in await shown(citizen, flow)
    html = await shown(citizen, flow, lang="en")
    assert "This agency will meet you later." in html
    assert Fields(html).hidden["shown"] != Fields(plain).hidden["shown"]
    status, location = await decide(citizen, html, "allow")
    assert (status, "code=" in location) == (303, True)
    assert len(await citizen.house.world.entries("subscriber.provisional")) == 1
    somchai = citizen.house.world.somchai
    async with citizen.house.storage.unit_of_work() as uow:
        (waiting,) = await citizen.house.provisionals.of(uow, somchai)
        await citizen.house.provisionals.meet(uow, somchai, agency_id=waiting.agency_id, by=SYSTEM)
    required = Acr(Ial.IAL3, Aal.AAL2_1)
    flow = citizen.house.flow(citizen.browser_id, required=required, provisional_ial=Ial.IAL2_1, prompt=("consent",))
    assert "meeting" not in Fields(await shown(citizen, flow)).ids
