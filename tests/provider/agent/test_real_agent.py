"""The desktop agent itself, as its own process, against the mail slots on a real socket."""

import asyncio
import json
from pathlib import Path

import pytest

from connectors.contracts.errors import CardFault
from connectors.fictitious.personas import PERSONAS
from idp.audit.model import SYSTEM
from idp.enrolment.model import Enrolment, EnrolmentProblem, EnrolmentState
from idp.kernel.ids import CardSessionId
from idp.stations.model import CardPurpose, CardSession, CardSessionState
from tests.enrolment.world import STATION, World
from tests.patience import eventually
from tests.provider.agent.serving import counter, desk

pytestmark = pytest.mark.anyio


async def reaches(world: World, enrolment: Enrolment, state: EnrolmentState) -> Enrolment:
    present = enrolment

    async def is_there() -> bool:
        nonlocal present
        present = await world.enrolments.advance(enrolment.id)
        return present.state is state

    await eventually(is_there)
    return present


@pytest.mark.parametrize("with_lines", [True, False], ids=["line", "posts"])
async def test_a_card_in_the_reader_becomes_a_subscriber(tmp_path: Path, *, with_lines: bool) -> None:
    async with counter(tmp_path, with_lines=with_lines) as (world, desk_socket):
        await desk(desk_socket, "insert citizen somchai")
        checked = await reaches(world, await world.start(), EnrolmentState.COMPARE_FACE)
        async with world.storage.reading() as uow:
            assert await world.stations.read_of(uow, checked.card_session_id) == PERSONAS["somchai"].card.data
            assert (await world.stations.photo_of(uow, checked.card_session_id)).startswith(b"\xff\xd8")
        assert (await world.confirm(checked)).state is EnrolmentState.COMPLETED

        pulled = await reaches(world, await world.start(), EnrolmentState.COMPARE_FACE)
        await desk(desk_socket, "eject citizen")
        ended = await reaches(world, pulled, EnrolmentState.REFUSED)
        assert ended.problem is EnrolmentProblem.CARD_REMOVED


@pytest.mark.parametrize("with_lines", [True, False], ids=["line", "posts"])
async def test_a_slow_card_is_told_of_while_it_is_read(tmp_path: Path, *, with_lines: bool) -> None:
    async with counter(tmp_path, with_lines=with_lines) as (world, desk_socket):
        await desk(desk_socket, "insert citizen somchai slow")
        async with world.storage.unit_of_work() as uow:
            session = await world.stations.open_session(
                uow, station_id=STATION, requested_by=world.members["officer"], purpose=CardPurpose.ENROLMENT
            )
        seen = await percentages(world, session.id)
        assert len(seen) >= 3
        assert seen == sorted(seen)
        assert seen[-1] >= 50


async def comes_to(world: World, session_id: CardSessionId, state: CardSessionState) -> CardSession:
    async def is_there() -> bool:
        return (await session_of(world, session_id)).state is state

    await eventually(is_there)
    return await session_of(world, session_id)


async def session_of(world: World, session_id: CardSessionId) -> CardSession:
    async with world.storage.reading() as uow:
        return await world.stations.session(uow, session_id)


async def percentages(world: World, session_id: CardSessionId) -> list[int]:
    """Every figure the page would have shown, until the card is read."""
    seen: list[int] = []

    async def is_read() -> bool:
        session = await session_of(world, session_id)
        if session.percent and session.percent not in seen:
            seen.append(session.percent)
        return session.state is CardSessionState.READ

    await eventually(is_read)
    return seen


async def test_a_card_pulled_mid_read_ends_the_session_with_its_fault(tmp_path: Path) -> None:
    async with counter(tmp_path, with_lines=True) as (world, desk_socket):
        await desk(desk_socket, "insert citizen somchai pulled")
        async with world.storage.unit_of_work() as uow:
            session = await world.stations.open_session(
                uow, station_id=STATION, requested_by=world.members["officer"], purpose=CardPurpose.ENROLMENT
            )
        present = await comes_to(world, session.id, CardSessionState.FAULT)
        assert present.fault is CardFault.CARD_LOST


async def test_an_agent_goes_on_when_the_issuers_keys_have_changed(tmp_path: Path) -> None:
    async with counter(tmp_path, with_lines=True) as (world, desk_socket):
        await desk(desk_socket, "insert citizen somchai")
        before = {key["kid"] for key in (await world.signing.public_jwks())["keys"]}
        await world.signing.replace(by=SYSTEM, at_once=True)
        await asyncio.sleep(9.5)  # as long as other nodes may need to hear of it
        async with world.storage.unit_of_work() as uow:
            session = await world.stations.open_session(
                uow, station_id=STATION, requested_by=world.members["officer"], purpose=CardPurpose.ENROLMENT
            )
        await comes_to(world, session.id, CardSessionState.READ)
        pinned = json.loads((desk_socket.parent / "agent.json").read_text())["issuer_jwks"]["keys"]
        assert not {key["kid"] for key in pinned} <= before
