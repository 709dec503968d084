"""Photos over HTTP: one path, two officers, once; whoever lacks one thing sees nothing (nevers, 5; row 52)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from connectors.simulators.switchboard import Behaviour, Mode, Service
from idp.agencies.model import AgreementKind, Member, Role, Standing
from idp.agencies.store import agreement
from idp.audit.model import SYSTEM
from idp.catalogue.photo import PHOTO
from idp.exchange.photo.store import photo_request
from idp.exchange.pull.store import disclosure
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import ClientId, MemberId
from idp.storage.outbox import outbox
from tests.exchange.world import World
from tests.gateway.counter import CARD, CASE, FORM, Counter, open_counter, signed_in
from tests.gateway.door import Door
from tests.gateway.photos import PICTURE, PhotoDesk, officer_of, open_photo_desk

pytestmark = pytest.mark.anyio

WEAK = Acr(Ial.IAL2_2, Aal.AAL2_1)


@pytest.fixture
async def counter(door: Door) -> AsyncIterator[Counter]:
    opened = await open_counter(door)
    yield opened
    await opened.agent.http.aclose()


@pytest.fixture
async def desk(counter: Counter) -> PhotoDesk:
    return await open_photo_desk(counter)


async def outcomes(world: World) -> list[tuple[str, str | None]]:
    """Of every disclosure record about a photo."""
    async with world.storage.reading() as uow:
        about = select(disclosure).where(disclosure.c.dataset == PHOTO.id).order_by(disclosure.c.id)
        return [(row.outcome, row.reason) for row in await uow.all(about)]


async def test_it_is_seen_once_by_who_asked_after_another_agreed(desk: PhotoDesk) -> None:
    request_id = await desk.asked()
    early = await desk.show(request_id)
    assert (early.status_code, early.json()["code"]) == (409, "PHO-03")
    agreed = await desk.agree(request_id)
    assert agreed.json() | {"id": "", "expires_at": ""} == {
        "id": "",
        "purpose": "counter-check",
        "case": CASE,
        "by_number": True,
        "asked_by_th": "เจ้าหน้าที่งานทะเบียน",
        "asked_by_en": "Registry clerk",
        "agreed": True,
        "shown": False,
        "expires_at": "",
    }
    shown = await desk.show(request_id)
    assert (shown.status_code, shown.content) == (200, PICTURE), shown.text
    assert shown.headers["content-type"] == "image/jpeg"
    assert "no-store" in shown.headers["cache-control"]
    again = await desk.show(request_id)
    assert (again.status_code, again.json()["code"]) == (410, "PHO-04")
    assert await outcomes(desk.world) == [("released", None)]
    (entry,) = await desk.world.entries("photo.shown")
    assert all(named in entry for named in (desk.counter.officer.id, desk.second.id, request_id))


async def test_by_the_card_in_the_reader_and_not_without_it(desk: PhotoDesk) -> None:
    body = await desk.by_card()
    request_id = await desk.agreed(body)
    assert (await desk.show(request_id)).content == PICTURE
    gone = await desk.agreed(body)
    await desk.counter.card(None)
    refused = await desk.show(gone)
    assert (refused.status_code, refused.json()["code"]) == (409, "EXC-43")


async def test_the_person_sees_it_and_so_does_the_supervisor(desk: PhotoDesk) -> None:
    request_id = await desk.agreed()
    shown = await desk.show(request_id)
    world = desk.world
    async with world.storage.reading() as uow:
        row = await uow.first(select(disclosure).where(disclosure.c.id == shown.headers["disclosure-id"]))
        told = await uow.all(select(outbox.c.payload).where(outbox.c.topic == "photo_shown"))
    assert row is not None
    assert (row.subscriber_id, row.dataset, row.fields) == (world.somchai, PHOTO.id, ["photo"])
    assert row.sealed_answer is None
    assert [one.payload for one in told] == [
        {"disclosure_id": shown.headers["disclosure-id"], "request_id": request_id}
    ]


async def test_at_once_it_is_shown_once(desk: PhotoDesk) -> None:
    request_id = await desk.agreed()
    answers = await asyncio.gather(*(desk.show(request_id) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]
    assert [outcome for outcome, _ in await outcomes(desk.world)].count("released") == 1


async def test_two_officers_agree_at_once_and_one_of_them_counts(desk: PhotoDesk) -> None:
    third, request_id = await officer_of(desk.world, "admin1"), await desk.asked()
    answers = await asyncio.gather(desk.agree(request_id), desk.agree(request_id, by=third))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_nobody_agrees_to_the_own_request_whatever_the_membership(desk: PhotoDesk) -> None:
    request_id = await desk.asked()
    own = await desk.agree(request_id, by=desk.counter.officer)
    assert (own.status_code, own.json()["code"]) == (403, "PHO-05")
    # the same person, once more a member of the agency
    twin = replace(desk.counter.officer, id=MemberId("mem_twin"))
    async with desk.world.storage.unit_of_work() as uow:
        await desk.world.agencies.end_member(uow, desk.counter.officer.id, by=SYSTEM)
        added = await desk.world.agencies.add_member(
            uow,
            agency_id=twin.agency_id,
            subscriber_id=twin.subscriber_id,
            position_th="อื่น",
            position_en="Other",
            roles=twin.roles,
            expires_at=twin.expires_at,
            by=SYSTEM,
        )
    again = await desk.agree(request_id, by=added)
    assert (again.status_code, again.json()["code"]) == (403, "PHO-05")


async def test_a_colleagues_token_from_earlier_agrees_to_nothing(desk: PhotoDesk) -> None:
    """A program that kept it would be a second officer who is always there."""
    door = desk.counter.door
    verified = await signed_in(door, desk.second)
    kept = await door.token(verified)
    desk.world.clock.advance(2)
    request_id = await desk.asked()
    refused = await door.post(kept, f"/photo-requests/{request_id}/agreement", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "PHO-08")
    # nor does a new token of the same sign-in
    again = await door.token(replace(verified, token_id="later"))
    assert (await door.post(again, f"/photo-requests/{request_id}/agreement", {})).json()["code"] == "PHO-08"
    assert (await desk.agree(request_id)).status_code == 200


async def test_it_lasts_ten_minutes(desk: PhotoDesk) -> None:
    late, agreed = await desk.asked(), await desk.agreed()
    desk.world.clock.advance(600)
    assert (await desk.agree(late)).json()["code"] == "PHO-04"
    assert (await desk.show(agreed)).json()["code"] == "PHO-04"
    assert await outcomes(desk.world) == []


async def test_who_agreed_does_not_see_it_and_no_program_does(desk: PhotoDesk) -> None:
    request_id = await desk.agreed()
    theirs = await desk.show(request_id, by=desk.second)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "PHO-01")
    door = desk.counter.door
    own = await door.token(door.world.own_token())
    for path, body in (("/photos", {"request": request_id}), ("/photo-requests", await desk.by_number())):
        refused = await door.post(own, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "CTR-01")


async def test_both_signed_in_strongly_and_are_look_up_officers(desk: PhotoDesk) -> None:
    request_id, clerk = await desk.asked(), await officer_of(desk.world, "admin1", roles=(Role.SUPERVISOR,))
    door, body = desk.counter.door, await desk.by_number()
    weak = await door.token(await signed_in(door, desk.counter.officer, acr=WEAK))
    for refused in (
        await desk.ask(body, token=weak),
        await desk.agree(request_id, acr=WEAK),
        await desk.agree(request_id, by=clerk),
        await desk.show(request_id, acr=WEAK),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "CTR-01")


async def test_another_officers_session_is_not_asked_on(desk: PhotoDesk) -> None:
    door, body = desk.counter.door, await desk.by_number()
    refused = await desk.ask(body, token=await door.token(await signed_in(door, desk.second)))
    assert (refused.status_code, refused.json()["code"]) == (403, "PHO-02")
    assert await outcomes(desk.world) == [("refused", "officer_not_entitled")]


@pytest.mark.parametrize("missing", ["named", "granted"])
async def test_without_the_naming_or_the_own_grant_it_is_not_even_asked_for(counter: Counter, missing: str) -> None:
    desk = await open_photo_desk(counter, **{missing: False})
    refused = await desk.ask(await desk.by_number())
    assert (refused.status_code, refused.json()["code"]) == (403, "PHO-02")
    ((outcome, _),) = await outcomes(desk.world)
    assert outcome == "refused"


@pytest.mark.parametrize(
    "terms",
    [
        {"status": Standing.SUSPENDED.value},
        {"kind": AgreementKind.OTHER.value},
        {"channel": "online"},
        {"by_number": False},
        {"fields": []},
        {"bases": ["signed_form"]},
    ],
    ids=str,
)
async def test_without_every_term_of_the_right_nothing_is_shown(desk: PhotoDesk, terms: dict[str, Any]) -> None:
    request_id = await desk.agreed()
    async with desk.world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).where(agreement.c.dataset == PHOTO.id).values(**terms))
    refused = await desk.show(request_id)
    assert (refused.status_code, refused.json()["code"]) == (403, "PHO-02")


@pytest.mark.parametrize("basis", [CARD, FORM], ids=["card_handed_over", "signed_form"])
async def test_no_other_ground_carries_it(desk: PhotoDesk, basis: dict[str, Any]) -> None:
    refused = await desk.ask(await desk.by_card(basis=basis))
    assert (refused.status_code, refused.json()["code"]) == (403, "EXC-51")


async def test_the_days_quota_holds(desk: PhotoDesk) -> None:
    async with desk.world.storage.unit_of_work() as uow:
        await uow.execute(update(agreement).where(agreement.c.dataset == PHOTO.id).values(daily_quota=1))
    first, second = await desk.agreed(), await desk.agreed()
    answers = await asyncio.gather(desk.show(first), desk.show(second))
    assert sorted(answer.status_code for answer in answers) == [200, 429]


class Interrupted:
    """The registry's photos, with something happening while they are asked for."""

    def __init__(self, desk: PhotoDesk, step: Any) -> None:
        self._photos_of, self._step = desk.world.photos._photos_of, step

    def of(self, asker: Any) -> Any:
        self._asker = asker
        return self

    async def photo(self, *asked: Any, **terms: Any) -> Any:
        answer = await self._photos_of(self._asker).photo(*asked, **terms)
        await self._step()
        return answer


@pytest.mark.parametrize("ends", ["naming", "grant", "second", "officer", "agreement", "card"])
async def test_an_end_while_the_registry_is_asked_shows_nothing(desk: PhotoDesk, ends: str) -> None:
    world = desk.world
    request_id = await desk.agreed(await desk.by_card() if ends == "card" else None)

    async def end_member(member: Member) -> None:
        async with world.storage.unit_of_work() as uow:
            await world.agencies.end_member(uow, member.id, by=SYSTEM)

    async def meanwhile() -> None:
        match ends:
            case "naming":
                await desk.end_naming()
            case "grant":
                await desk.take_grant_back()
            case "second":
                await end_member(desk.second)
            case "officer":
                await end_member(desk.counter.officer)
            case "agreement":
                async with world.storage.unit_of_work() as uow:
                    await uow.execute(update(agreement).values(status=Standing.SUSPENDED.value))
            case _:
                await desk.counter.card(None)

    world.photos._photos_of = Interrupted(desk, meanwhile).of
    refused = await desk.show(request_id)
    assert refused.status_code in (403, 404, 409, 410), refused.text
    assert PICTURE not in refused.content
    assert not await world.entries("photo.shown")
    async with world.storage.reading() as uow:
        row = await uow.first(select(photo_request.c.shown_at))
    assert row is not None
    assert row.shown_at is None


@pytest.mark.parametrize(
    ("mode", "code", "status"),
    [
        (Behaviour(Mode.WRONG_PERSON), "EXC-11", 502),
        (Behaviour(Mode.CLOSED), "EXC-08", 503),
        (Behaviour(Mode.GARBAGE), "EXC-23", 502),
        (Behaviour(Mode.CODE, code="99994"), "EXC-10", 404),
        (Behaviour(Mode.CODE, code="99983"), "EXC-29", 502),
        (Behaviour(Mode.NO_RIGHT), "EXC-09", 502),
    ],
    ids=str,
)
async def test_what_the_registry_says_instead_is_told_and_on_record(
    desk: PhotoDesk, mode: Behaviour, code: str, status: int
) -> None:
    request_id = await desk.agreed()
    desk.world.switchboard.switch(Service.IKNO, mode)
    refused = await desk.show(request_id)
    assert (refused.json()["code"], refused.status_code) == (code, status)
    ((outcome, _),) = await outcomes(desk.world)
    assert outcome in ("failed", "refused")
    assert len(await desk.world.entries("exchange.alarm")) == (mode.mode is Mode.WRONG_PERSON)
    # nothing was seen: what the second officer agreed to stands as long as the request lasts
    desk.world.switchboard.reset()
    assert (await desk.show(request_id)).content == PICTURE


async def test_another_program_finds_nothing_of_it(desk: PhotoDesk) -> None:
    request_id, door = await desk.agreed(), desk.counter.door
    token = await door.token(replace(await signed_in(door, desk.second), client_id=ClientId("rival")))
    for answer in (
        await door.fetch(token, f"/photo-requests/{request_id}"),
        await door.post(token, f"/photo-requests/{request_id}/agreement", {}),
    ):
        assert answer.status_code in (401, 404)


@pytest.mark.parametrize("body", [{}, {"card_session": "x"}, {"citizen_ref": "ctr_" + "0" * 26, "card_session": "y"}])
async def test_a_request_that_names_nobody_or_two_is_malformed(desk: PhotoDesk, body: dict[str, str]) -> None:
    assert (await desk.ask(body)).json()["code"] == "PHO-07"
    unknown = await desk.ask({"citizen_ref": "ctr_" + "0" * 26})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "EXC-40")
    assert json.loads(unknown.content)["next"]
