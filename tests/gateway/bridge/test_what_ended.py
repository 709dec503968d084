"""What ended or was never given ends the calls that rested on it: an agent, a name, a service of the program."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientStatus
from idp.authorization.client_registration.store import find_client, replace_client
from idp.gateway.bridge.model import BridgeProblem, BridgeTerm
from idp.kernel.errors import Refused
from idp.kernel.ids import ServiceId
from tests.exchange.world import COMPANY_SERVICE, JOBS, SERVICE, SOMCHAI, THONGDEE
from tests.gateway.bridge.world import COMPANIES, Bridge
from tests.gateway.counter import COUNTER, OFFICER

pytestmark = pytest.mark.anyio

COMPANY = "/ws/dbd/juristic/v4/profile/information"
PROFILE = "/ws/dopa/personal/profile/simple"
ABOUT_COMPANY = {"JuristicID": THONGDEE.juristic_id.digits}
ABOUT_PERSON = {"CitizenID": SOMCHAI.citizen_id.digits}
SYSTEM_AGENT = "employment-web"


async def refused(bridge: Bridge) -> list[str]:
    return [json.loads(entry)["details"]["reason"] for entry in await bridge.world.entries("bridge.refused")]


async def register_for(bridge: Bridge, services: Sequence[ServiceId]) -> None:
    async with bridge.world.storage.unit_of_work() as uow:
        program = await find_client(uow, JOBS)
        assert program is not None
        await replace_client(uow, replace(program, services=tuple(services)))


def says_log_in_again(answer: httpx2.Response) -> bool:
    said: Any = answer.json()
    return (answer.status_code, said) == (401, {"Message": "UnauthorizedException: token not found"})


async def test_a_name_that_was_taken_out_of_the_access(bridge: Bridge) -> None:
    token = await bridge.token(agent=SYSTEM_AGENT)
    assert (await bridge.ask(COMPANY, ABOUT_COMPANY, token=token)).is_success
    await bridge.change(agents={"counter-1": bridge.counter.officer.id})
    assert says_log_in_again(await bridge.ask(COMPANY, ABOUT_COMPANY, token=token))
    assert await refused(bridge) == ["token_unknown"]


async def test_an_officer_who_left_asks_about_no_company_either(bridge: Bridge) -> None:
    token = await bridge.token()
    assert (await bridge.ask(COMPANY, ABOUT_COMPANY, token=token)).is_success
    await bridge.counter.end_member()
    assert says_log_in_again(await bridge.ask(COMPANY, ABOUT_COMPANY, token=token))
    assert len(await bridge.world.entries("exchange.released")) == 1


async def test_a_service_that_is_not_the_program_s_own(bridge: Bridge) -> None:
    """The issuer makes no token for it, so the bridge asks nothing under it either, card or not."""
    await bridge.counter.ready()
    for path, parameters, needed in ((COMPANY, ABOUT_COMPANY, COMPANIES), (PROFILE, ABOUT_PERSON, COUNTER)):
        await register_for(bridge, (SERVICE, COMPANY_SERVICE, needed))
        assert (await bridge.ask(path, parameters)).is_success
        await register_for(bridge, (SERVICE, COMPANY_SERVICE))
        answer = await bridge.ask(path, parameters)
        assert "[90046]" in answer.json()["Message"]
    assert await refused(bridge) == ["service_not_of_this_program"] * 2


async def test_no_access_for_a_service_that_is_not_the_program_s_own(bridge: Bridge) -> None:
    await register_for(bridge, (SERVICE,))
    with pytest.raises(Refused) as caught:
        await bridge.change(case="other")
    assert (caught.value.code, caught.value.detail) == (BridgeProblem.NOT_POSSIBLE, BridgeTerm.SERVICE.value)
    # ending it is possible all the same
    async with bridge.world.storage.unit_of_work() as uow:
        await bridge.accesses.end(uow, JOBS, by=SYSTEM)


async def test_a_program_that_was_stopped(bridge: Bridge) -> None:
    """It has no card asked for and gets no token, whatever its access to the bridge says."""
    token = await bridge.token()
    async with bridge.world.storage.unit_of_work() as uow:
        program = await find_client(uow, JOBS)
        assert program is not None
        await replace_client(uow, replace(program, status=ClientStatus.SUSPENDED))
    secret = {"ConsumerSecret": bridge.key.consumer_secret, "AgentID": SYSTEM_AGENT}
    for path, parameters in (
        ("/ws/auth/validate", secret), (COMPANY, ABOUT_COMPANY), (PROFILE, ABOUT_PERSON),
        ("/ws/dopa/linkage/v1/agent/permission", {"CitizenID": OFFICER}),
    ):  # fmt: skip
        answer = await bridge.ask(path, parameters, token=token)
        assert (answer.status_code, answer.json()) == (403, {"Message": "ForbiddenException: consumer expired"}), path
    assert await refused(bridge) == ["program_ended"] * 4


async def test_an_address_with_a_stroke_too_many_is_no_redirect(bridge: Bridge) -> None:
    answer = await bridge.client().get(f"{PROFILE}/", params=ABOUT_PERSON)
    assert answer.status_code == 404
    assert "location" not in answer.headers
