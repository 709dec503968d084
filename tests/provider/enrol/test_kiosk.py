"""A kiosk over HTTP at both ends: its browser and its agent; and what others try with it."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select, update

from connectors.fictitious.personas import PERSONAS
from connectors.fictitious.photos import face, live_face
from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.model import AgencyKind, Member, Role, Standing
from idp.agencies.store import agency
from idp.audit.model import SYSTEM
from idp.enrolment.evidence import whole_evidence
from idp.enrolment.model import EvidenceKind, EvidenceResult
from idp.enrolment.unattended import rules
from idp.enrolment.unattended.face_tries import MOST, WINDOW, FaceTries, face_try, forget_old
from idp.kernel.assurance import Ial
from idp.kernel.errors import Refused
from idp.kernel.ids import StationId
from idp.keys.blind_index import BlindIndex
from idp.keys.files import RootKeys
from idp.stations.model import CardPurpose, StationMode
from idp.storage.storage import Storage, open_engine
from tests.clock import FrozenClock
from tests.enrolment.world import Agent, card_read_of, identity_of
from tests.provider.enrol.world import ISSUER, Person, Town
from tests.provider.pages.house import Fields

STATION = StationId("kiosk-1")


def camera(persona: str) -> bytes:
    """What a camera sees of a person."""
    person = PERSONAS[persona].person
    return live_face(person.citizen_id.digits, person.sex)


@dataclass
class Kiosk:
    """A kiosk: its browser and its agent."""

    town: Town
    http: httpx2.AsyncClient
    agent: Agent

    async def page(self) -> str:
        return (await self.http.get("/kiosk")).text

    async def step(self) -> str:
        return (await self.page()).split('data-state="')[1].split('"')[0]

    async def press(self, path: str, page: str = "/kiosk", **fields: str) -> httpx2.Response:
        shown = await self.http.get(page)
        return await self.http.post(path, data={**Fields(shown.text).hidden, **fields})

    async def code(self) -> str:
        answer = await self.agent.post("/agent/kiosk", self.agent.hello())
        assert answer.status_code == 200, answer.text
        return str(answer.json()["code"])

    async def bind(self) -> None:
        answer = await self.press("/kiosk/bind", code=await self.code())
        assert answer.status_code == 303, answer.text

    async def insert(self, persona: str) -> Any:
        """Agree and put a card in; gives the agent's request."""
        self.town.clock.advance(1)
        await self.code()  # the agent is heard of
        await self.press("/kiosk/start")
        assert await self.step() == "waiting_for_card"
        request = await self.agent.next_request()
        assert (await self.agent.answer(request, card_read_of(persona))).status_code == 204
        return request

    async def picture(self, jpeg: bytes) -> httpx2.Response:
        sent = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        return await self.http.post("/kiosk/picture", json={"picture": sent}, headers={"accept": "application/json"})

    async def error_code(self) -> str:
        return (await self.page()).split('id="error_code">')[1].split("<")[0]


async def station(town: Town, station_id: StationId, mode: StationMode) -> tuple[Agent, Member]:
    """A station of a registration office, and one of its officers."""
    rooms, key = town.rooms, ECKey.generate_key("P-256")
    async with rooms.ground.storage.unit_of_work() as uow:
        office = await rooms.agencies.register_agency(
            uow, code=station_id, name_th="สำนักทะเบียน", name_en="Office", kind=AgencyKind.STATE, by=SYSTEM
        )
        officer = await rooms.subscribers.create(uow, identity=identity_of("officer"), ial=Ial.IAL2_2, by=SYSTEM)
        member = await rooms.agencies.add_member(
            uow,
            agency_id=office.id,
            subscriber_id=officer,
            position_th="เจ้าหน้าที่",
            position_en="Officer",
            roles=(Role.ENROLMENT_OFFICER,),
            expires_at=uow.now.replace(year=uow.now.year + 1),
            by=SYSTEM,
        )
        await rooms.stations.enrol(
            uow,
            station_id=station_id,
            agency_id=office.id,
            name_th="ตู้ 1",
            name_en="Kiosk 1",
            public_jwk=key.as_dict(private=False),
            allow_virtual=True,
            by=SYSTEM,
            mode=mode,
        )
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=town.doors[0]), base_url=ISSUER)
    return Agent(http, station_id, key, await town.issuer_keys(), town.clock), member


@pytest.fixture
async def kiosk(town: Town) -> AsyncIterator[Kiosk]:
    agent, _ = await station(town, STATION, StationMode.KIOSK)
    async with town.browser() as http:
        kiosk = Kiosk(town, http, agent)
        await kiosk.bind()
        yield kiosk


async def test_a_card_and_a_face_make_an_identity_of_the_kiosks_level(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    assert await kiosk.step() == "live_photo"
    assert "camera=(self)" in (await kiosk.http.get("/kiosk")).headers["permissions-policy"]
    assert (await kiosk.picture(camera("somchai"))).json() == {"next": "/kiosk"}
    assert await kiosk.step() == "completed"
    found = await town.found("somchai")
    assert found is not None
    assert found.ial is Ial.IAL2_1
    async with town.rooms.ground.storage.reading() as uow:
        evidence = {piece.kind: piece.result for piece in await whole_evidence(uow, found.id)}
    assert evidence[EvidenceKind.CARD_READ_AT_KIOSK] is EvidenceResult.READ
    assert evidence[EvidenceKind.FACE_BY_COMPARISON] is EvidenceResult.MATCHES
    [entry] = await town.entries("unattended.completed")
    assert entry["actor"]["id"] == STATION


async def test_the_own_phone_adds_the_passkey_and_the_screen_ends_with_the_card(town: Town, kiosk: Kiosk) -> None:
    request = await kiosk.insert("somchai")
    await kiosk.picture(camera("somchai"))
    link = (await kiosk.page()).split('data-link="')[1].split('"')[0].partition("#")[2]
    await kiosk.agent.pull(request)
    page = await kiosk.page()
    assert 'data-state="start"' in page
    assert link not in page
    async with town.browser() as phone:
        options = await phone.post("/passkeys/new/options", json={"link": link})
        assert options.status_code == 200


async def test_a_pin_may_be_chosen_at_the_kiosk(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    await kiosk.picture(camera("somchai"))
    chosen = await kiosk.press("/kiosk/pin", "/kiosk/pin", pin="73915264", pin_again="73915264")
    assert 'id="pin_chosen"' in chosen.text
    assert await kiosk.step() == "start"
    number = PERSONAS["somchai"].person.citizen_id.digits
    assert (await town.rooms.pins.authenticate(identifier=number, pin="73915264")).amr == ("pin",)


async def test_a_screen_that_nobody_leaves_is_cleared(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    await kiosk.picture(camera("somchai"))
    town.clock.advance(rules.DONE_STAY.total_seconds() + 1)
    assert await kiosk.step() == "start"


@pytest.mark.parametrize("pulled_at", ["live_photo", "waiting_for_card"])
async def test_a_card_that_is_out_ends_it_at_once(town: Town, kiosk: Kiosk, pulled_at: str) -> None:
    request = await kiosk.insert("somchai")
    if pulled_at == "live_photo":
        assert await kiosk.step() == pulled_at
    await kiosk.agent.pull(request)
    assert await kiosk.step() == "refused"
    assert await kiosk.error_code() == "UNA-17"
    answer = await kiosk.picture(camera("somchai"))
    assert answer.json() == {"next": "/kiosk"}
    assert await town.found("somchai") is None


async def test_another_face_a_picture_of_a_card_and_no_face(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    unclear = await kiosk.picture(b"no picture")
    assert (unclear.status_code, unclear.json()["code"]) == (400, "UNA-16")
    await kiosk.picture(camera("malee"))
    assert await kiosk.error_code() == "UNA-15"
    await kiosk.press("/kiosk/leave")
    await kiosk.insert("somchai")
    person = PERSONAS["somchai"].person
    await kiosk.picture(face(person.citizen_id.digits, person.sex))
    assert await kiosk.error_code() == "UNA-15"
    await kiosk.press("/kiosk/leave")
    await kiosk.insert("somchai")
    for _ in range(4):
        await kiosk.picture(b"no picture")
    assert await kiosk.error_code() == "UNA-04"
    assert await town.found("somchai") is None


async def test_a_silent_comparison_or_registry_passes_nobody(town: Town, kiosk: Kiosk) -> None:
    town.registry(Mode.DOWN)
    await kiosk.insert("somchai")
    assert await kiosk.step() == "pending_registry"
    town.registry(Mode.OK)
    town.clock.advance(1)
    await kiosk.press("/kiosk/retry")
    assert await kiosk.step() == "live_photo"
    town.board.switch(Service.FACE, Behaviour(Mode.DOWN))
    answer = await kiosk.picture(camera("somchai"))
    assert (answer.status_code, answer.json()["code"]) == (503, "UNA-23")
    town.board.switch(Service.FACE, Behaviour(Mode.OK))
    await kiosk.picture(camera("somchai"))
    assert await kiosk.step() == "completed"


async def test_an_old_word_of_the_registry_is_asked_for_anew(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    assert await kiosk.step() == "live_photo"
    town.clock.advance(61)
    town.registry(Mode.DOWN)
    await kiosk.picture(camera("somchai"))
    assert await kiosk.step() == "pending_registry"


async def test_who_is_enrolled_is_sent_to_sign_in_or_to_a_counter(town: Town, kiosk: Kiosk) -> None:
    async with town.rooms.ground.storage.unit_of_work() as uow:
        await town.rooms.subscribers.create(uow, identity=identity_of("somchai"), ial=Ial.IAL2_2, by=SYSTEM)
    await kiosk.insert("somchai")
    await kiosk.picture(camera("somchai"))
    assert await kiosk.error_code() == "UNA-07"
    assert "data-link" not in await kiosk.page()


async def test_only_the_browser_that_was_bound_is_the_kiosk(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    async with town.browser() as http:
        stranger = Person(town, http)
        page = await stranger.page("/kiosk")
        assert (page.status_code, 'id="kiosk_code_form"' in page.text) == (403, True)
        assert (await http.get("/kiosk/events")).status_code == 403
        wrong = await stranger.press("/kiosk/bind", "/kiosk", code="AAAA-AAAA")
        assert (wrong.status_code, "UNA-22" in wrong.text) == (400, True)
        # a code binds one browser, once; the one before is the kiosk's no more
        other = Kiosk(town, http, kiosk.agent)
        code = await kiosk.code()
        assert (await other.press("/kiosk/bind", code=code)).status_code == 303
        assert (await other.press("/kiosk/bind", code=code)).status_code in (303, 400)
        assert (await kiosk.http.get("/kiosk")).status_code == 403


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.ENDED])
async def test_a_kiosk_of_an_agency_that_is_not_active_is_none(town: Town, kiosk: Kiosk, standing: Standing) -> None:
    await kiosk.insert("somchai")
    assert await kiosk.step() == "live_photo"
    async with town.rooms.ground.storage.unit_of_work() as uow:
        await uow.execute(update(agency).where(agency.c.code == STATION).values(status=standing.value))
    assert (await kiosk.picture(camera("somchai"))).status_code == 403
    assert (await kiosk.http.get("/kiosk")).status_code == 403
    assert (await kiosk.http.get("/kiosk/events")).status_code == 403
    assert await town.found("somchai") is None


async def test_codes_are_for_kiosks_and_kiosks_for_nobody_else(town: Town, kiosk: Kiosk) -> None:
    forged = await kiosk.agent.post("/agent/kiosk", kiosk.agent.hello(key=ECKey.generate_key("P-256")))
    assert forged.status_code == 403
    rooms = town.rooms
    async with rooms.ground.storage.reading() as uow:
        holder = await town.found("officer")
        assert holder is not None
        [officer] = await rooms.agencies.members_of(uow, holder.id)
    async with rooms.ground.storage.unit_of_work() as uow:
        with pytest.raises(Refused, match="STA-16"):
            await rooms.stations.open_session(
                uow, station_id=STATION, requested_by=officer, purpose=CardPurpose.ENROLMENT
            )


async def test_an_attended_station_is_no_kiosk(town: Town) -> None:
    agent, _ = await station(town, StationId("counter-9"), StationMode.ONE_SLOT)
    answer = await agent.post("/agent/kiosk", agent.hello())
    assert (answer.status_code, answer.json()["error"]) == (403, "UNA-21")


async def test_a_refusal_is_told_and_then_the_kiosk_is_the_next_persons(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("lost_card")
    assert await kiosk.step() == "refused"
    assert await kiosk.error_code() == "UNA-10"
    town.clock.advance(rules.REFUSED_STAY.total_seconds() + 1)
    assert await kiosk.step() == "start"


async def test_a_kiosk_whose_agent_is_away_says_so(town: Town, kiosk: Kiosk) -> None:
    town.clock.advance(300)
    answer = await kiosk.press("/kiosk/start")
    assert (answer.status_code, "UNA-24" in answer.text) == (503, True)


async def test_the_worker_ends_what_nobody_looks_at(town: Town, kiosk: Kiosk) -> None:
    await kiosk.insert("somchai")
    town.clock.advance(rules.ANSWER_STAY.total_seconds() + 200)
    await town.rooms.unattended.advance_open()
    [code] = [entry["details"]["code"] for entry in await town.entries("unattended.refused")]
    assert code == "UNA-20"


async def test_three_wrong_faces_lock_a_card_for_a_day_at_every_kiosk(town: Town, kiosk: Kiosk) -> None:
    await kiosk.bind()
    for _ in range(MOST):
        await kiosk.insert("somchai")
        # no face at all decides nothing, and is given back
        assert (await kiosk.picture(b"\xff\xd8\xff nothing")).status_code == 400
        await kiosk.picture(camera("malee"))
        assert await kiosk.error_code() == "UNA-15"
    await kiosk.insert("somchai")
    await kiosk.picture(camera("somchai"))  # also the right one comes too late
    assert await kiosk.error_code() == "UNA-29"
    assert await town.found("somchai") is None
    # somebody else's card is not concerned; the chip counts by itself, whatever number is written beside it
    index, card = town.rooms.ground.blind_index, card_read_of("somchai").data
    tries = FaceTries(blind_index=index)
    async with town.rooms.ground.storage.unit_of_work() as uow:
        assert not await tries.take(uow, replace(card_read_of("malee").data, chip_no=card.chip_no))
        assert await tries.take(uow, replace(card_read_of("one_name").data, chip_no=""))
    town.clock.advance(WINDOW.total_seconds())
    await kiosk.insert("somchai")
    await kiosk.picture(camera("somchai"))
    assert await kiosk.step() == "completed"


async def test_counts_are_forgotten_when_their_day_is_over_and_no_sooner(
    sqlite_storage: Storage, clock: FrozenClock
) -> None:
    async def counts_left() -> int:
        async with sqlite_storage.unit_of_work() as uow:
            await forget_old(uow)
            return len(await uow.all(select(face_try)))

    async with sqlite_storage.unit_of_work() as uow:
        assert await FaceTries(blind_index=BlindIndex(RootKeys({1: bytes(32)}))).take(uow, card_read_of("malee").data)
    before = await counts_left()
    clock.advance(WINDOW.total_seconds() - 1)
    assert await counts_left() == before > 0
    clock.advance(1)
    assert await counts_left() == 0


async def test_a_new_key_of_the_index_begins_no_new_day(sqlite_storage: Storage) -> None:
    one, two = secrets.token_bytes(32), secrets.token_bytes(32)
    card = card_read_of("somchai").data

    async def take(keys: dict[int, bytes]) -> bool:
        async with sqlite_storage.unit_of_work() as uow:
            return await FaceTries(blind_index=BlindIndex(RootKeys(keys))).take(uow, card)

    # nodes with the old keys and with the new ones, as while keys are changed
    assert await take({1: one})
    assert await take({1: one, 2: two})
    assert await take({1: one})
    assert not await take({1: one, 2: two})
    # what was counted since then counts without the old key as well, and what is given back is given back under both
    async with sqlite_storage.unit_of_work() as uow:
        await FaceTries(blind_index=BlindIndex(RootKeys({1: one, 2: two}))).give_back(uow, card)
    assert await take({1: one, 2: two})
    assert not await take({1: one})


async def test_kiosks_that_compare_at_once_have_three_tries_together(database_url: str, clock: FrozenClock) -> None:
    tries = FaceTries(blind_index=BlindIndex(RootKeys({1: secrets.token_bytes(32)})))
    nodes = [Storage(open_engine(database_url), clock) for _ in range(2)]

    async def take(node: Storage) -> bool:
        async with node.unit_of_work() as uow:
            return await tries.take(uow, card_read_of("somchai").data)

    taken = await asyncio.gather(*(take(nodes[number % 2]) for number in range(8)))
    assert sum(taken) == MOST
    for node in nodes:
        await node.close()
