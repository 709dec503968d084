"""What counter programs get: an officer's token for opening things, and their own that names what was opened."""

import json
from datetime import timedelta
from typing import Any

import pytest

from idp.agencies.model import AgreementKind
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.catalogue.model import Basis, Channel
from tests.provider.oidc.program import PERSON, Program
from tests.provider.oidc.registered import register
from tests.provider.oidc.test_happy_path import claims_of
from tests.provider.oidc.world import GATEWAY, SERVICE, World

pytestmark = pytest.mark.anyio

CARD: dict[str, Any] = {
    **PERSON,
    "subject": {"card_session": "cds_" + "0" * 26},
    "basis": "card_handed_over",
    "case": "1/2569",
    "fields": ["name_th"],
}
NUMBER = {**CARD, "subject": {"citizen_ref": "ctr_" + "0" * 26}, "basis": "duty"}


@pytest.fixture
async def counter(world: World) -> Program:
    return await register(
        world,
        client_id="counter",
        profile=ClientProfile.FAPI2,
        grant_types=["authorization_code", "client_credentials"],
        scope="openid look_up",
    )


async def agree(world: World, *, by_number: bool = False, officers_need_grant: bool = False) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.agencies.grant_agreement(
            uow,
            agency_id=world.sown.agency_id,
            service_id=SERVICE,
            dataset="dopa.person",
            fields=["name_th"],
            bases=[Basis.CARD_HANDED_OVER, Basis.DUTY],
            channel=Channel.COUNTER,
            kind=AgreementKind.DOPA_PERMISSION,
            reference_no="1",
            granted_by="owner",
            valid_from=uow.now - timedelta(days=1),
            valid_until=uow.now + timedelta(days=10),
            daily_quota=10,
            by_number=by_number,
            officers_need_grant=officers_need_grant,
            by=SYSTEM,
        )


async def own(program: Program, detail: dict[str, Any]) -> Any:
    body = {"grant_type": "client_credentials", "authorization_details": json.dumps([detail])}
    return await program.token(body)


async def test_an_officer_s_token_is_for_the_data_exchange_and_names_nobody(world: World, counter: Program) -> None:
    code = await counter.code(scope="openid look_up", resource=GATEWAY)
    answer = await counter.redeem(code)
    assert answer.status_code == 200, answer.text
    _, claims = await claims_of(world, answer.json()["access_token"])
    assert (claims["aud"], claims["scope"]) == (GATEWAY, "openid look_up")
    assert claims["cnf"]["jkt"] == counter.dpop_key.thumbprint()
    assert not claims.get("authorization_details")
    assert world.sown.citizen_id not in str(claims)


async def test_the_scope_is_needed_for_that_resource_and_for_registered_clients_alone(
    world: World, counter: Program, jobs: Program
) -> None:
    refused = await counter.push(counter.request(scope="openid", resource=GATEWAY))
    assert refused.json()["error"] == "invalid_target"
    refused = await counter.push(counter.request(scope="openid look_up", resource="https://elsewhere.example"))
    assert refused.json()["error"] == "invalid_target"
    assert (await jobs.push(jobs.request(scope="openid look_up"))).json()["error"] == "invalid_scope"


async def test_a_program_s_own_token_names_a_card_session_within_the_right(world: World, counter: Program) -> None:
    assert (await own(counter, CARD)).json()["error"] == "invalid_authorization_details"
    await agree(world)
    answer = await own(counter, CARD)
    assert answer.status_code == 200, answer.text
    _, claims = await claims_of(world, answer.json()["access_token"])
    assert claims["authorization_details"][0]["subject"] == CARD["subject"]
    assert claims["sub"] == "counter"


@pytest.mark.parametrize(
    "detail",
    [
        {**CARD, "basis": "consent"},
        {**CARD, "basis": "owner"},
        {**CARD, "subject": "self"},
        {**CARD, "subject": {"mandate": "mdt_" + "0" * 26}},
        {**CARD, "subject": {"card_session": "crd_" + "0" * 26}},
        {**CARD, "subject": {"citizen_id": "1101700207030"}},
        {**CARD, "purpose": "elsewhere"},
        {**CARD, "fields": ["name_th", "citizen_id"]},
        NUMBER,
    ],
)
async def test_what_no_program_has_by_itself(world: World, counter: Program, detail: dict[str, Any]) -> None:
    await agree(world)
    refused = await own(counter, detail)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_authorization_details")


async def test_a_handle_needs_the_right_by_number(world: World, counter: Program) -> None:
    await agree(world, by_number=True)
    assert (await own(counter, NUMBER)).status_code == 200
    assert (await own(counter, {**NUMBER, "basis": "card_handed_over"})).status_code == 400


@pytest.mark.parametrize("subject", [CARD["subject"], NUMBER["subject"]])
async def test_nobody_is_asked_to_consent_for_whoever_an_officer_names(
    world: World, counter: Program, subject: dict[str, str]
) -> None:
    await agree(world, by_number=True)
    for basis in ("consent", "card_handed_over"):
        refused = await counter.push(counter.request([{**PERSON, "subject": subject, "basis": basis}]))
        assert refused.json()["error"] == "invalid_authorization_details"
