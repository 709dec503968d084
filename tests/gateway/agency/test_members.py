"""Members of an agency, their places and invitations: a caretaker fills what two persons approved, and no more."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final

import pytest

from connectors.contracts.identifiers import CitizenId, check_digit
from idp.agencies.model import Member, Role
from idp.agencies.seats.model import INVITATION_LIFE, Invitee, SeatProblem
from idp.audit.model import SYSTEM
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.errors import TuatonError
from idp.kernel.ids import SubscriberId
from tests.gateway.agency.caretaker import READ, Caretaker

pytestmark = pytest.mark.anyio

ENOUGH: Final = Acr(Ial.IAL2_1, Aal.AAL2_2)
OFFICER: Final = {"role": "lookup_officer", "site": "north"}


def number(body: str) -> str:
    return body + str(check_digit(body))


NUMBER: Final = number("110000000001")


def person(name: str = "one", *, citizen_id: str | None = NUMBER, acr: Acr = ENOUGH) -> Invitee:
    return Invitee(SubscriberId(f"sub_{name}"), None if citizen_id is None else CitizenId.parse(citizen_id), acr)


async def accept(office: Caretaker, code: str, by: Invitee) -> Member:
    async with office.house.storage.unit_of_work() as uow:
        return await office.house.rooms.seats.accept(uow, code, by=by)


async def refused(act: Any) -> Any:
    with pytest.raises(TuatonError) as caught:
        await act
    return caught.value.code


async def invited(office: Caretaker, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await office.told("POST", "/agency/invitations", {**OFFICER, **changes}, status=201)
    return made


async def add(office: Caretaker, name: str, roles: Sequence[Role]) -> Member:
    house = office.house
    async with house.storage.unit_of_work() as uow:
        return await house.agencies.add_member(
            uow,
            agency_id=office.agency_id,
            subscriber_id=SubscriberId(f"sub_{name}"),
            position_th="ก",
            position_en="a",
            roles=roles,
            expires_at=house.clock.now() + INVITATION_LIFE,
            by=SYSTEM,
        )


async def test_the_agency_sees_which_places_it_has(caretaker: Caretaker, rival: Caretaker) -> None:
    shown = await caretaker.told("GET", "/agency", scope=READ)
    assert [(one["role"], one["site"], one["places"], one["taken"]) for one in shown["seats"]] == [
        ("agency_admin", "", 2, 0),
        ("auditor", "", 1, 0),
        ("enrolment_officer", "", 2, 0),
        ("lookup_officer", "north", 1, 0),
    ]
    assert [site["code"] for site in shown["sites"]] == ["north", "south"]
    assert (await rival.told("GET", "/agency"))["id"] == rival.agency_id


async def test_whoever_accepts_is_a_member_at_that_place_until_the_seat_says(caretaker: Caretaker) -> None:
    made = await invited(caretaker, reference="HR-0042")
    assert made["link"].endswith(f"/account/invitation#{made['code']}")
    member = await accept(caretaker, made["code"], person())
    (shown,) = (await caretaker.told("GET", "/agency/members"))["members"]
    assert shown["id"] == member.id
    assert (shown["reference"], shown["roles"], shown["site"], shown["status"]) == (
        "HR-0042",
        ["lookup_officer"],
        "north",
        "active",
    )
    assert (await caretaker.told("GET", "/agency"))["seats"][3]["taken"] == 1
    (kept,) = (await caretaker.told("GET", "/agency/invitations"))["invitations"]
    assert (kept["state"], "code" in kept) == ("accepted", False)
    # one use, one place
    assert await refused(accept(caretaker, made["code"], person("two"))) is SeatProblem.INVITATION_UNUSABLE
    assert await caretaker.code("POST", "/agency/invitations", OFFICER) == (409, "SEA-03")
    (entry,) = await caretaker.events("agency.member_added")
    assert entry["details"]["role"] == "lookup_officer"
    assert entry["subject"] not in (None, "sub_one")


@pytest.mark.parametrize("role", ["auditor", "data_owner", "platform_admin", "agency_admin", "supervisor"])
async def test_roles_over_others_or_over_what_it_proposes_are_not_to_be_had(caretaker: Caretaker, role: str) -> None:
    assert await caretaker.code("POST", "/agency/invitations", {"role": role}) == (403, "SEA-02")
    (entry, *_) = await caretaker.events("gateway.refused")
    assert (entry["actor"]["id"], entry["details"]["code"]) == (caretaker.program.client_id, "SEA-02")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"role": "lookup_officer"}, (404, "SEA-01")),
        ({"role": "lookup_officer", "site": "south"}, (404, "SEA-01")),
        ({"role": "lookup_officer", "site": "nowhere"}, (404, "SEA-01")),
        ({"role": "emperor"}, (400, "API-01")),
        ({"role": ["lookup_officer"]}, (400, "API-01")),
        ({**OFFICER, "pin": "1234"}, (400, "API-01")),
        ({**OFFICER, "places": 99}, (400, "API-01")),
        ({**OFFICER, "reference": NUMBER}, (422, "SEA-10")),
        (
            {**OFFICER, "reference": f"{NUMBER[0]}-{NUMBER[1:5]}-{NUMBER[5:10]}-{NUMBER[10:12]}-{NUMBER[12]}"},
            (422, "SEA-10"),
        ),
        ({**OFFICER, "reference": "ชื่อคน"}, (422, "SEA-10")),
        ({**OFFICER, "citizen_id": "1" * 13}, (400, "API-01")),
        ({**OFFICER, "site": "north\u0000"}, (400, "API-01")),
        ("x", (400, "API-01")),
    ],
)
async def test_only_places_that_were_approved_are_filled(
    caretaker: Caretaker, body: Any, refusal: tuple[int, str]
) -> None:
    assert await caretaker.code("POST", "/agency/invitations", body) == refusal


async def test_an_invitation_for_one_person_is_for_nobody_else(caretaker: Caretaker) -> None:
    made = await invited(caretaker, citizen_id=NUMBER)
    for stranger in (person("two", citizen_id=number("110000000002")), person("three", citizen_id=None)):
        assert await refused(accept(caretaker, made["code"], stranger)) is SeatProblem.INVITATION_UNUSABLE
    assert NUMBER not in str(await caretaker.told("GET", "/agency/invitations"))
    assert NUMBER not in str(await caretaker.events("agency.member_invited"))
    assert NUMBER.encode() not in b"".join(path.read_bytes() for path in _store_files(caretaker))
    assert (await accept(caretaker, made["code"], person())).site == "north"


def _store_files(office: Caretaker) -> list[Any]:
    from pathlib import Path

    database = Path(str(office.house.storage.engine.url.database))
    return sorted(database.parent.glob(f"{database.name}*"))


async def test_whoever_is_named_is_invited_alike_known_here_or_not(caretaker: Caretaker) -> None:
    """No oracle: naming a number says nothing of whether that person has a digital identity."""
    known = await invited(caretaker, citizen_id=caretaker.house.sown.citizen_id)
    unknown = await invited(caretaker, citizen_id=number("399999999999"[:12]))
    assert set(known) == set(unknown)
    assert known["state"] == unknown["state"] == "waiting"


@pytest.mark.parametrize("acr", [Acr(Ial.IAL1_3, Aal.AAL2_2), Acr(Ial.IAL2_3, Aal.AAL2_1)])
async def test_a_link_alone_is_not_enough(caretaker: Caretaker, acr: Acr) -> None:
    made = await invited(caretaker)
    assert await refused(accept(caretaker, made["code"], person(acr=acr))) is SeatProblem.LEVEL_TOO_LOW
    assert (await accept(caretaker, made["code"], person())).roles == {Role.LOOKUP_OFFICER}


async def test_an_invitation_ends(caretaker: Caretaker, rival: Caretaker) -> None:
    withdrawn, late = await invited(caretaker), await invited(caretaker, citizen_id=NUMBER)
    path = f"/agency/invitations/{withdrawn['id']}"
    assert await rival.code("DELETE", path) == (404, "SEA-01")
    await caretaker.told("DELETE", path, status=204)
    assert await caretaker.code("DELETE", path) == (404, "SEA-01")
    assert await refused(accept(caretaker, withdrawn["code"], person())) is SeatProblem.INVITATION_UNUSABLE
    caretaker.house.clock.advance(INVITATION_LIFE.total_seconds())
    caretaker.tokens.clear()
    assert await refused(accept(caretaker, late["code"], person())) is SeatProblem.INVITATION_UNUSABLE
    seats = caretaker.house.rooms.seats
    async with caretaker.house.storage.unit_of_work() as uow:
        await seats.forget_overdue(uow)
        assert await seats.forget_overdue(uow) == 0
    states = {one["state"] for one in (await caretaker.told("GET", "/agency/invitations"))["invitations"]}
    assert states == {"withdrawn", "expired"}


async def test_of_many_who_accept_at_once_one_takes_the_last_place(caretaker: Caretaker) -> None:
    made = [await invited(caretaker) for _ in range(5)]
    answers = await asyncio.gather(
        *(accept(caretaker, one["code"], person(str(place))) for place, one in enumerate(made)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Member) for answer in answers) == 1
    codes = {answer.code for answer in answers if isinstance(answer, TuatonError)}
    assert codes == {SeatProblem.FULL}


async def test_nobody_takes_the_same_place_twice(caretaker: Caretaker) -> None:
    wish = {"role": "enrolment_officer", "site": ""}
    first, second = await invited(caretaker, **wish), await invited(caretaker, **wish)
    await accept(caretaker, first["code"], person())
    assert await refused(accept(caretaker, second["code"], person())) is SeatProblem.ALREADY_HELD
    await accept(caretaker, second["code"], person("two"))


async def test_a_seat_that_ended_is_given_to_nobody(caretaker: Caretaker) -> None:
    from dataclasses import replace

    from idp.agencies.model import Standing

    made = await invited(caretaker)
    seats, storage = caretaker.house.rooms.seats, caretaker.house.storage
    async with storage.unit_of_work() as uow:
        (seat,) = [
            one.seat for one in await seats.of_agency(uow, caretaker.agency_id) if one.seat.role is Role.LOOKUP_OFFICER
        ]
        await seats.put(uow, replace(seat, status=Standing.ENDED), by=SYSTEM)
    assert await refused(accept(caretaker, made["code"], person())) is SeatProblem.INVITATION_UNUSABLE
    assert await caretaker.code("POST", "/agency/invitations", OFFICER) == (404, "SEA-01")


async def test_the_agency_takes_roles_away_and_gives_none(caretaker: Caretaker) -> None:
    member = await add(caretaker, "old", [Role.LOOKUP_OFFICER, Role.ENROLMENT_OFFICER])
    path = f"/agency/members/{member.id}"
    for body, refusal in (
        ({"roles": ["agency_admin"]}, (422, "SEA-08")),
        ({"roles": ["lookup_officer", "supervisor", "auditor"]}, (422, "SEA-08")),
        ({"roles": []}, (400, "API-01")),
        ({"expires_at": "2999-01-01T00:00:00+07:00"}, (422, "SEA-08")),
        ({"expires_at": "2026-01-01T00:00:00"}, (400, "API-01")),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, (400, "API-01")),
        ({"status": "active"}, (400, "API-01")),
        ({"site": ""}, (400, "API-01")),
    ):
        assert await caretaker.code("PATCH", path, body, tag='"1"') == refusal, body
    assert await caretaker.code("PATCH", path, {"roles": ["enrolment_officer"]}) == (428, "API-02")
    changed = await caretaker.told("PATCH", path, {"roles": ["enrolment_officer"]}, tag='"1"')
    assert changed["roles"] == ["enrolment_officer"]
    assert await caretaker.code("PATCH", path, {"roles": ["lookup_officer"]}, tag='"2"') == (422, "SEA-08")
    assert await caretaker.code("PATCH", path, {"roles": ["enrolment_officer"]}, tag='"1"') == (412, "SEA-09")


async def test_an_ended_member_counts_no_more_at_once(caretaker: Caretaker) -> None:
    member = await add(caretaker, "old", [Role.LOOKUP_OFFICER])
    path = f"/agency/members/{member.id}"
    await caretaker.told("DELETE", path, tag='"1"', status=204)
    async with caretaker.house.storage.reading() as uow:
        assert await caretaker.house.agencies.live_member(uow, member.id) is None
    assert (await caretaker.told("GET", path))["status"] == "ended"
    assert await caretaker.code("DELETE", path, tag='"2"') == (403, "SEA-02")


@pytest.mark.parametrize(
    "role", [Role.AUDITOR, Role.DATA_OWNER, Role.PLATFORM_ADMIN, Role.SUPERVISOR, Role.AGENCY_ADMIN]
)
async def test_who_watches_over_the_agency_is_not_sent_away_by_it(caretaker: Caretaker, role: Role) -> None:
    member = await add(caretaker, "watcher", [role, Role.LOOKUP_OFFICER])
    path = f"/agency/members/{member.id}"
    assert await caretaker.code("DELETE", path, tag='"1"') == (403, "SEA-02")
    assert await caretaker.code("PATCH", path, {"roles": ["lookup_officer"]}, tag='"1"') == (403, "SEA-02")


async def test_somebody_leaves_and_nobody_elses_place(caretaker: Caretaker) -> None:
    member = await add(caretaker, "old", [Role.AUDITOR])
    seats, storage = caretaker.house.rooms.seats, caretaker.house.storage

    async def leave(who: str) -> None:
        async with storage.unit_of_work() as uow:
            await seats.leave(uow, member.id, subscriber_id=SubscriberId(f"sub_{who}"))

    assert await refused(leave("stranger")) is SeatProblem.UNKNOWN
    await leave("old")
    assert await refused(leave("old")) is SeatProblem.UNKNOWN


async def test_what_a_program_gave_out_ends_with_it(caretaker: Caretaker) -> None:
    """A program that was taken over is stopped: the links that it made meanwhile make nobody a member."""
    made = await invited(caretaker)
    async with caretaker.house.storage.unit_of_work() as uow:
        by_hand = await caretaker.house.rooms.seats.invite(
            uow, caretaker.agency_id, site="north", role=Role.LOOKUP_OFFICER, by=SYSTEM
        )
    me = f"/agency/clients/{caretaker.program.client_id}"
    await caretaker.told("POST", f"{me}/suspend", tag=await caretaker.tag(me))
    assert await refused(accept(caretaker, made["code"], person())) is SeatProblem.INVITATION_UNUSABLE
    assert (await accept(caretaker, by_hand.code, person())).roles == {Role.LOOKUP_OFFICER}


async def test_another_agencys_members_are_not_there(caretaker: Caretaker, rival: Caretaker) -> None:
    member = await add(caretaker, "old", [Role.LOOKUP_OFFICER])
    for named in (member.id, f"{member.id[:-4]}0000", "mem_x", "x%20y"):
        assert await rival.code("GET", f"/agency/members/{named}") == (404, "SEA-01")
        assert await rival.code("DELETE", f"/agency/members/{named}", tag='"1"') == (404, "SEA-01")
    assert (await rival.told("GET", "/agency/members"))["members"] == []


async def test_so_many_invitations_wait_and_no_more(caretaker: Caretaker) -> None:
    from idp.agencies.seats.model import MOST_WAITING

    house = caretaker.house
    async with house.storage.unit_of_work() as uow:
        for _ in range(MOST_WAITING):
            await house.rooms.seats.invite(uow, caretaker.agency_id, site="", role=Role.ENROLMENT_OFFICER, by=SYSTEM)
    assert await caretaker.code("POST", "/agency/invitations", OFFICER) == (429, "SEA-07")
    page = await caretaker.told("GET", "/agency/invitations")
    assert (len(page["invitations"]), page["next"]) == (50, page["invitations"][-1]["id"])


async def test_no_personal_number_is_in_any_address_of_this_interface(caretaker: Caretaker) -> None:
    document = (await caretaker.ask("GET", "/openapi.json")).json()
    for path, methods in document["paths"].items():
        if path.startswith("/agency"):
            named = [one["name"] for operation in methods.values() for one in operation.get("parameters", [])]
            assert not {"citizen_id", "sub", "pin", "number"} & {*named, *re.findall(r"\{([a-z_]+)\}", path)}
