"""Tokens of baseline clients: rotation, claims, introspection, exchange, encryption."""

import asyncio
import json
from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, KeySetSerialization

from idp.audit.model import SYSTEM
from idp.subscribers.model import ContactDetails, PostalAddress
from tests.provider.oidc.baseline import ACCESS_TOKEN_TYPE, EVERY_SCOPE, TOKEN_EXCHANGE, Plain, register
from tests.provider.oidc.program import PERSON, Program, is_refused
from tests.provider.oidc.world import GATEWAY, ISSUER, TRUST_FRAMEWORK, World

pytestmark = pytest.mark.anyio

SIGNED = {"accept": "application/token-introspection+jwt"}


@pytest.fixture
async def plain(world: World) -> Plain:
    return await register(world)


async def keys_of(world: World) -> KeySet:
    published: KeySetSerialization = (await world.browser().get("/jwks")).json()
    return KeySet.import_key_set(published)


async def opened(world: World, token: str) -> dict[str, Any]:
    return jwt.decode(token, await keys_of(world), algorithms=["RS256", "ES256"]).claims


async def test_a_refresh_token_rotates_and_its_successor_is_the_same_within_the_grace(
    world: World, plain: Plain
) -> None:
    first = (await plain.tokens())["refresh_token"]
    second = (await plain.refresh(first)).json()["refresh_token"]
    assert second != first
    world.clock.advance(9)
    assert (await plain.refresh(first)).json()["refresh_token"] == second
    third = (await plain.refresh(second)).json()["refresh_token"]
    assert (await plain.refresh(third)).status_code == 200


async def test_concurrent_refreshes_never_fork_the_family(plain: Plain) -> None:
    first = (await plain.tokens())["refresh_token"]
    answers = await asyncio.gather(*(plain.refresh(first) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_a_refresh_token_used_again_after_the_grace_ends_the_family(world: World, plain: Plain) -> None:
    first = await plain.tokens()
    second = (await plain.refresh(first["refresh_token"])).json()
    world.clock.advance(11)
    assert is_refused(await plain.refresh(first["refresh_token"]), "invalid_grant")
    assert is_refused(await plain.refresh(second["refresh_token"]), "invalid_grant")
    shown = await plain.http.get("/userinfo", headers={"authorization": f"Bearer {second['access_token']}"})
    assert is_refused(shown, "invalid_token", 401)
    reasons = [entry["details"].get("reason") for entry in await world.entries()]
    assert "refresh_token_misused" in reasons


@pytest.mark.parametrize(("grace", "status"), [(0, 400), (10, 200)])
async def test_a_call_that_began_before_the_rotation_it_lost_to_has_the_grace_of_its_client_and_no_more(
    world: World, grace: int, status: int
) -> None:
    plain = await register(world, refresh_grace_seconds=grace)
    world.clock.advance(1)
    first = (await plain.tokens())["refresh_token"]
    assert (await plain.refresh(first)).status_code == 200
    world.clock.advance(-1)  # as of a call whose own time was fixed before the other's
    assert (await plain.refresh(first)).status_code == status


async def test_an_older_generation_is_misuse_also_within_the_grace(plain: Plain) -> None:
    first = (await plain.tokens())["refresh_token"]
    second = (await plain.refresh(first)).json()["refresh_token"]
    third = (await plain.refresh(second)).json()["refresh_token"]
    assert is_refused(await plain.refresh(first), "invalid_grant")
    assert is_refused(await plain.refresh(third), "invalid_grant")


async def test_a_refresh_token_of_a_fapi_client_does_not_rotate(jobs: Program) -> None:
    answer = (await jobs.redeem(await jobs.code())).json()
    refreshed = await jobs.token({"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]})
    assert refreshed.status_code == 200
    assert "refresh_token" not in refreshed.json()


async def test_a_code_used_again_after_thirty_seconds_ends_what_it_gave(world: World, plain: Plain) -> None:
    code = await plain.plain_code()
    answer = (await plain.token(plain.redemption(code), dpop=None)).json()
    world.clock.advance(30)
    assert is_refused(await plain.token(plain.redemption(code), dpop=None), "invalid_grant")
    shown = await plain.http.get("/userinfo", headers={"authorization": f"Bearer {answer['access_token']}"})
    assert is_refused(shown, "invalid_token", 401)


async def test_every_standard_scope_gives_its_claims(world: World, plain: Plain) -> None:
    said = ContactDetails(
        email="sommut@mail.example",
        email_verified=True,
        phone_number="+66 2 000 0000",
        address=PostalAddress(formatted="1 Demonstration Road", country="TH"),
        website="https://sommut.example",
    )
    async with world.storage.unit_of_work() as uow:
        await world.subscribers.save_contact(uow, world.sown.subscriber_id, said, by=SYSTEM)
    claims = await plain.told((await plain.tokens(scope=EVERY_SCOPE))["access_token"])
    assert claims["email"] == "sommut@mail.example"
    assert (claims["email_verified"], claims["phone_number_verified"]) == (True, False)
    assert claims["address"] == {"formatted": "1 Demonstration Road", "country": "TH"}
    assert claims["website"] == "https://sommut.example"
    assert claims["given_name"] == "สมมติ"
    assert claims["name_en"] == "Mr. Sommut Jaidee"
    assert claims["title"] == "นาย"
    assert claims["citizen_id"] == claims["pid"] == world.sown.citizen_id
    assert "nickname" not in claims


async def test_without_a_right_the_citizen_number_is_not_told(world: World, plain: Plain) -> None:
    answer = await plain.tokens(scope="openid citizen_id pid")
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, world.sown.agreement_id, by=SYSTEM)
    claims = await plain.told(answer["access_token"])
    assert "citizen_id" not in claims
    assert "pid" not in claims


async def test_claims_asked_for_by_name_come_where_they_were_asked_for(world: World, plain: Plain) -> None:
    asked = {
        "userinfo": {"name": {"essential": True}, "birthdate": {"value": "2000-01-01"}, "unknown": None},
        "id_token": {"given_name#en": None, "email": None},
    }
    answer = await plain.tokens(claims=json.dumps(asked))
    told = await plain.told(answer["access_token"])
    assert told["name"] == "นายสมมติ ใจดี"
    assert "birthdate" not in told
    assert "unknown" not in told
    id_token = await opened(world, answer["id_token"])
    assert id_token["given_name#en"] == "Sommut"
    assert "name" not in id_token
    issued = [entry for entry in await world.entries() if entry["event"] == "token.issued"][-1]
    assert "name" in issued["details"]["claims"]


async def test_verified_claims_say_under_which_framework(world: World, plain: Plain) -> None:
    wanted = {"verification": {"trust_framework": None}, "claims": {"given_name": None, "citizen_id": None, "x": None}}
    answer = await plain.tokens(claims=json.dumps({"id_token": {"verified_claims": wanted}}))
    verified = (await opened(world, answer["id_token"]))["verified_claims"]
    assert verified["verification"] == {"trust_framework": TRUST_FRAMEWORK}
    assert verified["claims"] == {"given_name": "สมมติ", "citizen_id": world.sown.citizen_id}
    assert "verified_claims" not in await plain.told(answer["access_token"])
    issued = [entry for entry in await world.entries() if entry["event"] == "token.issued"][-1]
    assert issued["details"]["claims_in_id_token"] == ["verified_claims/given_name", "verified_claims/citizen_id"]
    metadata = (await plain.http.get("/.well-known/openid-configuration")).json()
    assert metadata["trust_frameworks_supported"] == [TRUST_FRAMEWORK]


async def test_a_token_in_the_body_is_for_plain_clients_alone(plain: Plain, jobs: Program) -> None:
    token = (await plain.tokens())["access_token"]
    assert (await plain.http.post("/userinfo", data={"access_token": token})).status_code == 200
    headers = {"authorization": f"Bearer {token}"}
    both = await plain.http.post("/userinfo", data={"access_token": token}, headers=headers)
    assert is_refused(both, "invalid_request")
    bound = (await jobs.redeem(await jobs.code())).json()["access_token"]
    assert is_refused(await jobs.http.post("/userinfo", data={"access_token": bound}), "invalid_token", 401)


async def test_introspection_tells_a_client_of_its_own_tokens_alone(world: World, plain: Plain) -> None:
    answer = await plain.tokens(scope="openid email")
    for kind, token_type in (("access_token", "Bearer"), ("refresh_token", None)):
        told = (await plain.http.post("/introspect", data=plain.authenticated({"token": answer[kind]}))).json()
        assert (told["active"], told["client_id"], told["scope"]) == (True, "plain", "openid email")
        assert (told.get("token_type"), told["iss"]) == (token_type, ISSUER)
        stranger = Program(world, "other")
        asked = await stranger.http.post("/introspect", data=stranger.authenticated({"token": answer[kind]}))
        assert asked.json() == {"active": False}
    unknown = await plain.http.post("/introspect", data=plain.authenticated({"token": "nonsense"}))
    assert unknown.json() == {"active": False}
    await plain.http.post("/revoke", data=plain.authenticated({"token": answer["refresh_token"]}))
    ended = await plain.http.post("/introspect", data=plain.authenticated({"token": answer["access_token"]}))
    assert ended.json() == {"active": False}


async def test_introspection_answers_signed_to_those_who_accept_it(world: World, jobs: Program) -> None:
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    for shown, active in ((token, True), ("nonsense", False)):
        response = await jobs.http.post("/introspect", data=jobs.authenticated({"token": shown}), headers=SIGNED)
        assert response.headers["content-type"] == "application/token-introspection+jwt"
        signed = jwt.decode(response.text, await keys_of(world), algorithms=["ES256"])
        assert signed.header["typ"] == "token-introspection+jwt"
        assert (signed.claims["iss"], signed.claims["aud"]) == (ISSUER, "jobs")
        assert signed.claims["token_introspection"]["active"] is active
        assert "sub" not in signed.claims
    told = (await jobs.http.post("/introspect", data=jobs.authenticated({"token": token}))).json()
    assert (told["aud"], told["token_type"]) == (GATEWAY, "DPoP")
    assert set(told["cnf"]) == {"jkt"}
    assert told["authorization_details"][0]["dataset"] == "dopa.person"


@pytest.mark.parametrize("body", [{}, {"token": "x", "client_assertion": "broken"}])
async def test_introspection_needs_a_proven_client_and_a_token(plain: Plain, body: dict[str, str]) -> None:
    response = await plain.http.post("/introspect", data={**plain.authenticated({}), **body})
    assert response.status_code in (400, 401)
    assert "active" not in response.json()


def exchange(token: str, **changes: str) -> dict[str, str]:
    return {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN_TYPE,
        **changes,
    }


async def test_a_token_is_exchanged_for_a_narrower_one_in_which_another_client_acts(world: World, plain: Plain) -> None:
    helper = await register(world, "helper")
    answer = await plain.tokens(scope="openid email profile")
    world.clock.advance(100)
    response = await helper.token(exchange(answer["access_token"], scope="openid profile"), dpop=None)
    assert response.status_code == 200, response.text
    given = response.json()
    assert given["issued_token_type"] == ACCESS_TOKEN_TYPE
    assert given["expires_in"] <= 200
    assert "refresh_token" not in given
    claims = await helper.told(given["access_token"])
    assert claims["name"]
    assert claims["sub"] == (await plain.told(answer["access_token"]))["sub"]
    told = (await helper.http.post("/introspect", data=helper.authenticated({"token": given["access_token"]}))).json()
    assert told["act"] == {"sub": "helper"}
    entry = next(entry for entry in await world.entries() if entry["event"] == "token.exchanged")
    assert (entry["client"], entry["details"]["subject_client"]) == ("helper", "plain")
    assert "name" in entry["details"]["claims"]
    assert "email" not in entry["details"]["claims"]
    # A delegated token gets no wider, and keeps its actors, also in the hands of the client it came from.
    assert is_refused(
        await plain.token(exchange(given["access_token"], scope="openid email"), dpop=None), "invalid_scope"
    )
    back = (await plain.token(exchange(given["access_token"]), dpop=None)).json()
    told = (await plain.http.post("/introspect", data=plain.authenticated({"token": back["access_token"]}))).json()
    assert told["act"] == {"sub": "plain", "act": {"sub": "helper"}}
    await plain.http.post("/revoke", data=plain.authenticated({"token": answer["access_token"]}))
    shown = await helper.http.get("/userinfo", headers={"authorization": f"Bearer {given['access_token']}"})
    assert is_refused(shown, "invalid_token", 401)


async def test_a_token_for_the_data_exchange_is_narrowed_by_details(world: World, jobs: Program) -> None:
    helper = await register(world, "helper")
    token = (await jobs.redeem(await jobs.code([PERSON]))).json()["access_token"]
    wider = json.dumps([{**PERSON, "fields": ["citizen_id", "name_th", "birth_date"]}])
    refused = await helper.token(exchange(token, authorization_details=wider))
    assert is_refused(refused, "invalid_authorization_details")
    narrow = json.dumps([{**PERSON, "fields": ["name_th"], "uses": 1}])
    unbound = await helper.token(exchange(token, authorization_details=narrow, resource=GATEWAY), dpop=None)
    assert is_refused(unbound, "invalid_request")  # the token given was bound to a key: no bearer token comes of it
    given = await helper.token(exchange(token, authorization_details=narrow, resource=GATEWAY))
    claims = await opened(world, given.json()["access_token"])
    assert claims["act"] == {"sub": "helper"}
    assert claims["authorization_details"][0]["fields"] == ["name_th"]
    used = await helper.pull(given.json()["access_token"])
    assert used.json()["datasets"] == ["dopa.person"]
    assert used.json()["client_id"] == "jobs"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token": "nonsense"}, "invalid_request"),
        ({"subject_token": ""}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "x", "actor_token_type": ACCESS_TOKEN_TYPE}, "invalid_request"),
        ({"audience": "somebody"}, "invalid_target"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"authorization_details": json.dumps([PERSON])}, "invalid_authorization_details"),
        ({"authorization_details": "{"}, "invalid_authorization_details"),
    ],
)
async def test_exchanges_that_are_refused(plain: Plain, changes: dict[str, str], error: str) -> None:
    body = exchange((await plain.tokens())["access_token"], **changes)
    response = await plain.token({name: value for name, value in body.items() if value}, dpop=None)
    assert is_refused(response, error)


async def test_a_refused_exchange_has_its_entry(world: World, plain: Plain) -> None:
    await plain.token(exchange((await plain.tokens())["access_token"], scope="openid phone"), dpop=None)
    entry = await world.last_entry()
    assert (entry["event"], entry["outcome"]) == ("token.refused", "refused")
    assert entry["details"] == {"error": "invalid_scope", "grant_type": TOKEN_EXCHANGE}


async def test_a_refresh_token_is_no_subject_and_a_client_needs_the_grant_type(plain: Plain, jobs: Program) -> None:
    answer = await plain.tokens()
    assert is_refused(await plain.token(exchange(answer["refresh_token"]), dpop=None), "invalid_request")
    assert is_refused(await jobs.token(exchange(answer["access_token"])), "unauthorized_client")


async def test_id_tokens_and_userinfo_are_encrypted_to_the_clients_key(world: World) -> None:
    private = ECKey.generate_key("P-256", {"use": "enc", "alg": "ECDH-ES+A256KW"}, auto_kid=True)
    plain = await register(
        world,
        "sealed",
        more_keys=(private,),
        id_token_encrypted_response_alg="ECDH-ES+A256KW",
        id_token_encrypted_response_enc="A256GCM",
        userinfo_signed_response_alg="RS256",
        userinfo_encrypted_response_alg="ECDH-ES+A256KW",
        userinfo_encrypted_response_enc="A256GCM",
    )
    answer = await plain.tokens()
    shown = await plain.http.get("/userinfo", headers={"authorization": f"Bearer {answer['access_token']}"})
    assert shown.headers["content-type"] == "application/jwt"
    for token in (answer["id_token"], shown.text):
        nested = jwe.decrypt_compact(token, private, algorithms=["ECDH-ES+A256KW", "A256GCM"])
        assert nested.headers()["cty"] == "JWT"
        assert nested.plaintext is not None
        claims = await opened(world, nested.plaintext.decode())
        assert (claims["iss"], claims["aud"]) == (ISSUER, "sealed")


async def test_userinfo_is_signed_for_a_client_that_registered_so(world: World) -> None:
    plain = await register(world, "signed", userinfo_signed_response_alg="RS256")
    answer = await plain.tokens()
    shown = await plain.http.get("/userinfo", headers={"authorization": f"Bearer {answer['access_token']}"})
    claims = await opened(world, shown.text)
    assert claims["aud"] == "signed"
    assert claims["sub"] == (await opened(world, answer["id_token"]))["sub"]
