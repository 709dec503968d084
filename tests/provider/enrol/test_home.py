"""Enrolling at home with a reader of one's own, over HTTP at both ends; and what others try with it."""

from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey

from connectors.contracts.identifiers import LaserCode
from connectors.contracts.pairing_wire import normal_code
from connectors.fictitious.personas import PERSONAS
from connectors.simulators.switchboard import Mode
from idp.audit.model import SYSTEM
from idp.enrolment.evidence import whole_evidence
from idp.enrolment.model import EvidenceKind
from idp.enrolment.unattended import rules
from idp.enrolment.unattended.home_agents import HomeAgents
from idp.enrolment.unattended.journal import UnattendedJournal
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import EnrolmentId
from idp.keys.files import FIRST_VERSION
from idp.notices.model import NoticeTopic
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator
from tests.enrolment.world import card_read_of, identity_of
from tests.provider.enrol.world import ISSUER, Person, Town

SOMCHAI = PERSONAS["somchai"].person


async def test_the_choice_of_ways_says_what_each_needs_and_reaches(person: Person) -> None:
    page = await person.http.get("/enrol?lang=en")
    assert page.status_code == 200
    assert 'id="go_way_reader"' in page.text
    assert "IAL 1.3" in page.text
    assert 'id="go_way_counter"' in page.text
    assert 'id="go_way_thaid"' not in page.text  # not connected here


async def test_a_card_at_home_makes_an_identity_of_the_lowest_checked_level(town: Town, person: Person) -> None:
    assert await person.enrol("somchai") == "completed"
    found = await town.found("somchai")
    assert found is not None
    assert found.ial is Ial.IAL1_3
    async with town.rooms.ground.storage.reading() as uow:
        kinds = {piece.kind for piece in await whole_evidence(uow, found.id)}
        notices = await town.rooms.notices.of(uow, found.id, before=None, limit=9)
    assert kinds == {
        EvidenceKind.AGREED_ON_SCREEN,
        EvidenceKind.CARD_READ_UNATTENDED,
        EvidenceKind.CARD_STATUS_CHIP,
        EvidenceKind.CARD_STATUS_LASER,
    }
    assert [notice.topic for notice in notices] == [NoticeTopic.IDENTITY_ENROLLED]
    [entry] = await town.entries("unattended.completed")
    assert SOMCHAI.citizen_id.digits not in str(entry)


async def test_the_passkey_is_added_in_this_very_browser(town: Town, person: Person) -> None:
    await person.enrol("somchai")
    link, device = await person.link(), SoftAuthenticator()
    begun = (await person.http.post("/passkeys/new/options", json={"link": link})).json()
    credential = device.create(begun["publicKey"], origin=ISSUER)
    added = await person.http.post(
        "/passkeys/new/register", json={"ceremony": begun["ceremony"], "credential": credential, "nickname": "บ้าน"}
    )
    assert added.json() == {"next": "/passkeys/added"}


async def test_a_pin_instead_uses_the_link_up(town: Town, person: Person) -> None:
    await person.enrol("somchai")
    link, page = await person.link(), "/enrol/reader/pin"
    refused = await person.press(page, page, pin="12345678", pin_again="12345678")
    assert refused.status_code == 400
    assert 'id="pin_failure"' in refused.text
    chosen = await person.press(page, page, pin="73915264", pin_again="73915264")
    assert 'id="pin_chosen"' in chosen.text
    gone = await person.http.post("/passkeys/new/options", json={"link": link}, headers={"accept": "application/json"})
    assert gone.status_code == 410, gone.text
    entered = await town.rooms.pins.authenticate(identifier=SOMCHAI.citizen_id.digits, pin="73915264")
    found = await town.found("somchai")
    assert found is not None
    assert entered.subscriber_id == found.id


async def test_either_node_may_serve_each_step(town: Town) -> None:
    async with town.browser(node=0) as here, town.browser(node=1) as there:
        first, second = Person(town, here), Person(town, there)
        code = await first.begin()
        there.cookies.update(here.cookies)
        agent = town.agent(node=1)
        number = await agent.read(await agent.take(code), "somchai")
        assert await second.step() == "number"
        await second.press("/enrol/reader/number", number=number)
        assert await first.step() == "completed"
        assert await first.link() == await second.link()


# --- somebody else's card


async def test_who_is_enrolled_is_never_touched_by_a_card_alone(town: Town, person: Person) -> None:
    async with town.rooms.ground.storage.unit_of_work() as uow:
        known = await town.rooms.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM)
    assert await person.enrol("somchai") == "refused"
    assert await person.error_code() == "UNA-07"
    page = (await person.page()).text
    assert 'id="sign_in_instead"' in page
    assert "/passkeys/new#" not in page
    async with town.rooms.ground.storage.reading() as uow:
        [notice] = await town.rooms.notices.of(uow, known, before=None, limit=9)
    assert notice.topic is NoticeTopic.CARD_USED
    assert [entry["details"]["code"] for entry in await town.entries("unattended.refused")] == ["UNA-07"]


async def test_an_identity_with_an_authenticator_gets_no_second_one(town: Town, person: Person) -> None:
    await person.enrol("somchai")
    await person.press("/enrol/reader/pin", "/enrol/reader/pin", pin="73915264", pin_again="73915264")
    async with town.browser() as http:
        thief = Person(town, http)
        assert await thief.enrol("somchai") == "refused"
        assert await thief.error_code() == "UNA-07"


async def test_who_left_before_the_passkey_may_come_again(town: Town, person: Person) -> None:
    await person.enrol("somchai")
    first = await person.link()
    assert await person.enrol("somchai") == "completed"
    assert await person.link() != first
    again = await person.http.post(
        "/passkeys/new/options", json={"link": first}, headers={"accept": "application/json"}
    )
    assert again.status_code == 410


@pytest.mark.parametrize(("persona", "code"), [("lost_card", "UNA-10"), ("expired", "UNA-09"), ("mismatch", "UNA-11")])
async def test_a_card_that_is_not_in_force_enrols_nobody(town: Town, person: Person, persona: str, code: str) -> None:
    assert await person.enrol(persona) == "refused"
    assert await person.error_code() == code
    assert await town.found(persona) is None


async def test_made_up_data_learn_nothing_about_anybody(town: Town, person: Person) -> None:
    async with town.rooms.ground.storage.unit_of_work() as uow:
        await town.rooms.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM)
    agent = town.agent()
    await person.enrol("somchai", agent=agent, chip_no="00" * 8)
    known = await person.error_code()
    await person.enrol("malee", agent=town.agent(), chip_no="00" * 8)
    assert known == await person.error_code() == "UNA-11"


# --- the pairing code


async def test_a_relayed_code_leads_nowhere_without_the_number(town: Town, person: Person) -> None:
    victim = town.agent()
    await victim.read(await victim.take(await person.begin()), "somchai")
    for wrong in ("000000", "111111"):
        refused = await person.press("/enrol/reader/number", number=wrong)
        assert (refused.status_code, 'id="number_failure"' in refused.text) == (400, True)
        assert "UNA-03" in refused.text
    await person.press("/enrol/reader/number", number="222222")
    assert await person.step() == "refused"
    assert await person.error_code() == "UNA-04"
    assert await town.found("somchai") is None


async def test_a_code_is_taken_once_and_in_time(town: Town, person: Person) -> None:
    code = await person.begin()
    assert (await town.agent().show(code)).status_code == 200
    second = await town.agent().show(code)
    assert (second.status_code, second.json()["error"]) == (400, "UNA-02")
    code = await person.begin()
    town.clock.advance(rules.CODE_LIFE.total_seconds() + 1)
    assert (await town.agent().show(code)).json()["error"] == "UNA-02"
    assert await person.step() == "refused"
    assert await person.error_code() == "UNA-20"
    assert (await town.agent().show("no code at all")).json()["error"] == "UNA-02"


async def test_another_browser_sees_nothing_of_it(town: Town, person: Person) -> None:
    agent = town.agent()
    number = await agent.read(await agent.take(await person.begin()), "somchai")
    async with town.browser() as http:
        other = Person(town, http)
        assert await other.step() == "agree"
        await other.press("/enrol/reader/number", number=number)
        assert await other.step() == "agree"
    assert await person.step() == "number"


# --- the agent's messages


async def test_an_answer_counts_once_and_only_by_the_key_that_took_the_code(town: Town, person: Person) -> None:
    agent, stranger = town.agent(), ECKey.generate_key("P-256")
    request = await agent.take(await person.begin())
    forged = await agent.send(agent.message(request, card_read_of("somchai"), key=stranger))
    assert (forged.status_code, forged.json()["error"]) == (401, "UNA-06")
    other_nonce = await agent.send(agent.message(request, card_read_of("somchai"), nonce="another"))
    assert other_nonce.status_code == 401
    message = agent.message(request, card_read_of("somchai"))
    assert (await agent.send(message)).status_code == 200
    assert (await agent.send(message)).status_code == 401
    assert (await agent.send(agent.message(request, card_read_of("malee")))).status_code == 401
    assert await person.step() == "number"


async def test_an_answer_comes_in_time_or_not_at_all(town: Town, person: Person) -> None:
    agent = town.agent()
    request = await agent.take(await person.begin())
    town.clock.advance(rules.REQUEST_LIFE.total_seconds() + 1)
    late = await agent.send(agent.message(request, card_read_of("somchai")))
    assert (late.status_code, late.json()["error"]) == (410, "UNA-20")


async def test_a_hello_is_used_once_and_by_its_own_key(town: Town, person: Person) -> None:
    agent = town.agent()
    hello = agent.hello()
    assert (await agent.show(await person.begin(), hello)).status_code == 200
    assert (await agent.show(await person.begin(), hello)).status_code == 400
    foreign = town.agent().hello()
    assert (await agent.show(await person.begin(), foreign)).status_code == 401
    assert "unattended.refused" in town.log()


async def test_emulated_cards_are_refused_outside_demonstrations(town: Town, person: Person) -> None:
    ground = town.rooms.ground
    agents = HomeAgents(
        storage=ground.storage,
        signing=ground.signing_keys,
        encryption=ground.encryption_key,
        journal=UnattendedJournal(audit=ground.audit, security_log=ground.security_log),
        clock=town.clock,
        issuer=ISSUER,
        name="Tuaton",
        key=ground.root_keys.derive("unattended-codes", version=FIRST_VERSION),
        allow_virtual=False,
    )
    agent, code = town.agent(), await person.begin()
    with pytest.raises(Refused, match="UNA-05"):
        await agents.take(code=code, jwk=agent.key.as_dict(private=False), hello=agent.hello())
    # a reader that says it is real at first and emulated later ends it
    request = await agent.take(code)
    with pytest.raises(Refused, match="UNA-05"):
        await agents.answer(agent.message(request, card_read_of("somchai")))
    assert await person.error_code() == "UNA-05"


async def test_data_nested_deeper_than_anybody_reads_are_no_card(town: Town, person: Person) -> None:
    agent, ways = town.agent(), {"alg": "ECDH-ES", "enc": "A256GCM"}
    request = await agent.take(await person.begin())
    card = jwe.encrypt_compact(ways, b"[" * 40_000, request.data_key, algorithms=list(ways.values()))
    sent = await agent.send(agent.message(request, None, outcome="read", card=card))
    await person.press("/enrol/reader/number", number=sent.json()["number"])
    assert await person.error_code() == "UNA-06"


@pytest.mark.parametrize(
    ("bent", "code"),
    [({"outcome": "declined"}, "UNA-19"), ({"outcome": "fault", "fault": "CARD-01"}, "UNA-18")],
)
async def test_a_card_that_was_not_read_says_why(town: Town, person: Person, bent: dict[str, Any], code: str) -> None:
    agent = town.agent()
    request = await agent.take(await person.begin())
    assert (await agent.send(agent.message(request, None, **bent))).status_code == 204
    assert await person.step() == "refused"
    assert code in (await person.page()).text
    assert 'id="again"' in (await person.page()).text


# --- the registry


async def test_a_silent_registry_passes_nobody_and_is_asked_again(town: Town, person: Person) -> None:
    town.registry(Mode.DOWN)
    assert await person.enrol("somchai") == "pending_registry"
    assert await town.found("somchai") is None
    await person.press("/enrol/reader/retry")
    assert await person.step() == "pending_registry"
    town.registry(Mode.OK)
    town.clock.advance(1)
    await person.press("/enrol/reader/retry")
    assert await person.step() == "completed"


async def test_the_worker_asks_again_too_and_gives_up_in_the_end(town: Town, person: Person) -> None:
    town.registry(Mode.DOWN)
    await person.enrol("somchai")
    await town.rooms.unattended.advance_open()
    assert await person.step() == "pending_registry"
    town.registry(Mode.OK)
    town.clock.advance(rules.ASKED_EVERY.total_seconds() - 1)
    asked = len(await town.entries("unattended.card_status_asked"))
    await town.rooms.unattended.advance_open()
    assert len(await town.entries("unattended.card_status_asked")) == asked  # a silent registry is asked once a minute
    town.clock.advance(1)
    await town.rooms.unattended.advance_open()
    assert await person.step() == "completed"
    town.registry(Mode.DOWN)
    async with town.browser() as http:
        other = Person(town, http)
        await other.enrol("malee")
        town.clock.advance(rules.PENDING_STAY.total_seconds() + 1)
        await town.rooms.unattended.advance_open()
        assert await other.error_code() == "UNA-20"


async def test_an_older_card_is_asked_for_the_code_on_its_back(town: Town, person: Person) -> None:
    laser = card_read_of("somchai").data.laser_code
    assert laser is not None
    assert await person.enrol("somchai", laser_code=None) == "typing_card"
    refused = await person.press("/enrol/reader/laser", laser="nonsense")
    assert (refused.status_code, "UNA-25" in refused.text) == (400, True)
    wrong = LaserCode("ZZ0000000000")
    await person.press("/enrol/reader/laser", laser=wrong.formatted())
    assert await person.error_code() == "UNA-11"
    assert await person.enrol("somchai", laser_code=None) == "typing_card"
    await person.press("/enrol/reader/laser", laser=laser.formatted().lower())
    assert await person.step() == "completed"


async def test_an_older_card_without_a_code_is_checked_by_its_chip(town: Town, person: Person) -> None:
    await person.enrol("somchai", laser_code=None)
    await person.press("/enrol/reader/laser", without="1")
    assert await person.step() == "completed"


async def test_who_stops_leaves_nothing_for_the_next_person_at_this_browser(town: Town, person: Person) -> None:
    await person.enrol("somchai")
    await person.press("/enrol/reader/stop")
    page = (await person.page()).text
    assert "/passkeys/new#" not in page


async def test_forms_of_other_sites_do_nothing(person: Person) -> None:
    await person.page()
    answer = await person.http.post("/enrol/reader", data={}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 400


def test_codes_and_numbers_are_read_as_people_type_them() -> None:
    key, one = b"k" * 32, EnrolmentId("una_1")
    code, number = rules.code_of(one, key=key), rules.number_of(one, key=key)
    assert normal_code(f" {code[:4].lower()}-{code[4:]} ") == code
    assert normal_code("O0OO-ILIL") == "00001111"
    assert normal_code("UUUUUUUU") is None
    assert rules.is_number(f"{number[:3]} {number[3:]}", expected_number=number)
    thai = number.translate({ord(str(digit)): chr(0x0E50 + digit) for digit in range(10)})
    assert rules.is_number(thai, expected_number=number)
    assert not rules.is_number("", expected_number=number)
    assert code != rules.code_of(one, key=b"l" * 32)
