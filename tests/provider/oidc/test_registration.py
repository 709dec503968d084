"""Programs register themselves and look after their registration: RFC 7591 and RFC 7592, over HTTP."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from tests.protocol.signing import ec_key
from tests.provider.oidc.baseline import TOKEN_EXCHANGE
from tests.provider.oidc.client_site import client_site
from tests.provider.oidc.program import is_refused
from tests.provider.oidc.world import CALLBACK, World

BASELINE, FAPI2 = ClientProfile.BASELINE, ClientProfile.FAPI2
GOOD: dict[str, Any] = {
    "redirect_uris": [CALLBACK],
    "client_name": "Jobs",
    "contacts": ["a@jobs.example"],
    "unknown": 1,
}


async def invited(world: World, profile: ClientProfile = BASELINE) -> str:
    async with world.storage.unit_of_work() as uow:
        return await world.registration.invitations.make(
            uow, agency_id=world.sown.agency_id, profile=profile, by=SYSTEM
        )


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def registered(world: World, profile: ClientProfile = BASELINE, **changes: Any) -> httpx2.Response:
    return await world.browser().post(
        "/register", json={**GOOD, **changes}, headers=bearer(await invited(world, profile))
    )


async def test_an_invited_program_registers_and_proves_itself(world: World) -> None:
    response = await registered(world)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    answer = response.json()
    assert (answer["token_endpoint_auth_method"], answer["client_secret_expires_at"]) == ("client_secret_basic", 0)
    assert answer["id_token_signed_response_alg"] == "RS256"
    assert {"staff", "look_up", "ssf.manage", "ssf.read", "grant_management_query"}.isdisjoint(answer["scope"].split())
    assert "unknown" not in answer
    auth = (answer["client_id"], answer["client_secret"])
    assert (await world.browser().post("/revoke", data={"token": "x"}, auth=auth)).status_code == 200
    entries = [entry for entry in await world.entries() if entry["client"] == answer["client_id"]]
    assert [entry["event"] for entry in entries] == ["client.registered"]
    async with world.storage.reading() as uow:
        client = await world.clients.get(uow, ClientId(answer["client_id"]))
    assert client is not None
    assert (client.sector, client.pkce_required, client.services) == (world.sown.agency_id, True, ())
    assert answer["client_secret"].encode() not in (client.secret_digest or b"")


async def test_an_invitation_serves_once_and_a_refused_request_does_not_cost_it(world: World) -> None:
    token = await invited(world)
    first = await world.browser().post("/register", json={**GOOD, "redirect_uris": []}, headers=bearer(token))
    assert is_refused(first, "invalid_redirect_uri")
    assert (await world.browser().post("/register", json=GOOD, headers=bearer(token))).status_code == 201
    # neither at once nor at any later moment of its week
    for seconds in (0, 61, 3_600, 6 * 86_400):
        world.clock.advance(seconds)
        again = await world.browser().post("/register", json=GOOD, headers=bearer(token))
        assert is_refused(again, "invalid_token", 401)
        assert "Bearer" in again.headers["www-authenticate"]


@pytest.mark.parametrize("grant_type", ["client_credentials", TOKEN_EXCHANGE])
async def test_a_client_that_proves_nothing_gets_nothing_by_its_name_alone(world: World, grant_type: str) -> None:
    grants = {"grant_types": ["authorization_code", grant_type], "scope": "openid events"}
    assert (await registered(world, **grants, token_endpoint_auth_method="client_secret_basic")).status_code == 201
    refused = await registered(world, **grants, token_endpoint_auth_method="none")
    assert is_refused(refused, "invalid_client_metadata")


async def test_nobody_registers_uninvited(world: World) -> None:
    for headers in ({}, bearer("x"), {"authorization": "DPoP x"}):
        assert is_refused(await world.browser().post("/register", json=GOOD, headers=headers), "invalid_token", 401)
    token = await invited(world)
    world.clock.advance(8 * 86_400)
    assert is_refused(await world.browser().post("/register", json=GOOD, headers=bearer(token)), "invalid_token", 401)


async def test_the_invitation_says_which_rules_hold(world: World) -> None:
    assert is_refused(await registered(world, FAPI2), "invalid_client_metadata")
    keys = {"jwks": {"keys": [ec_key().as_dict(private=False)]}}
    answer = (await registered(world, FAPI2, **keys)).json()
    assert answer["token_endpoint_auth_method"] == "private_key_jwt"
    assert answer["require_pushed_authorization_requests"] is True
    assert "client_secret" not in answer
    refused = {"token_endpoint_auth_method": "client_secret_basic"}, {"id_token_signed_response_alg": "RS256"}
    for changes in (*refused, {"request_object_signing_alg": "RS256"}, {"dpop_bound_access_tokens": False}):
        assert is_refused(await registered(world, FAPI2, **{**keys, **changes}), "invalid_client_metadata")


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"1", b"[" * 30_000])
async def test_a_body_that_is_no_json_object(world: World, body: bytes) -> None:
    headers = bearer(await invited(world))
    assert is_refused(await world.browser().post("/register", content=body, headers=headers), "invalid_client_metadata")


async def test_a_body_that_is_too_large(world: World) -> None:
    headers = bearer(await invited(world))
    response = await world.browser().post("/register", content=b" " * 40_000, headers=headers)
    assert is_refused(response, "invalid_client_metadata", 413)


async def test_a_registration_is_read_changed_and_ended(world: World) -> None:
    answer = (await registered(world)).json()
    uri, headers = answer["registration_client_uri"], bearer(answer["registration_access_token"])
    browser = world.browser()
    read = await browser.get(uri, headers=headers)
    assert read.status_code == 200
    assert {**read.json(), "client_secret": answer["client_secret"], "client_secret_expires_at": 0} == answer

    own = {"client_id": answer["client_id"], "client_secret": answer["client_secret"]}
    wanted = {**GOOD, **own, "client_name": "Better jobs"}
    changed = await browser.put(uri, json=wanted, headers=headers)
    assert changed.status_code == 200, changed.text
    assert changed.json()["client_name"] == "Better jobs"
    assert "client_secret" not in changed.json()
    auth = (answer["client_id"], answer["client_secret"])
    assert (await browser.post("/revoke", data={"token": "x"}, auth=auth)).status_code == 200

    posted = await browser.put(uri, json={**wanted, "token_endpoint_auth_method": "none"}, headers=headers)
    assert "client_secret" not in posted.json()
    assert is_refused(await browser.post("/revoke", data={"token": "x"}, auth=auth), "invalid_client", 401)

    ended = await browser.delete(uri, headers=headers)
    assert (ended.status_code, ended.content) == (204, b"")
    for response in (await browser.get(uri, headers=headers), await browser.delete(uri, headers=headers)):
        assert is_refused(response, "invalid_token", 401)
    events = [entry["event"] for entry in await world.entries() if entry["client"] == answer["client_id"]]
    assert events == ["client.registered", "client.changed", "client.changed", "client.ended"]


async def test_what_an_update_may_not_say(world: World) -> None:
    answer = (await registered(world)).json()
    uri, headers = answer["registration_client_uri"], bearer(answer["registration_access_token"])
    good = {**GOOD, "client_id": answer["client_id"]}
    for changes in (
        {"client_id": "jobs"},
        {"client_secret": "wrong"},
        {"client_secret": 1},
        {"registration_access_token": answer["registration_access_token"]},
        {"client_secret_expires_at": 0},
        {"scope": "openid staff"},
    ):
        response = await world.browser().put(uri, json={**good, **changes}, headers=headers)
        assert is_refused(response, "invalid_client_metadata")


async def test_one_program_does_not_reach_anothers_registration(world: World) -> None:
    mine, others = (await registered(world)).json(), (await registered(world)).json()
    headers = bearer(mine["registration_access_token"])
    for response in (
        await world.browser().get(others["registration_client_uri"], headers=headers),
        await world.browser().get("/register/jobs", headers=headers),
        await world.browser().get("/register/nobody", headers=headers),
        await world.browser().get(mine["registration_client_uri"]),
    ):
        assert is_refused(response, "invalid_token", 401)
    assert "registration.wrong_token" in world.security_log.events


async def test_an_update_replaces_what_the_client_said_and_nothing_that_the_house_said(world: World) -> None:
    answer = (await registered(world, policy_uri="https://jobs.example/policy")).json()
    async with world.storage.reading() as uow:
        before = await world.clients.get(uow, ClientId(answer["client_id"]))
    elsewhere = [CALLBACK, "https://other.example/callback"]
    changed = await world.browser().put(
        answer["registration_client_uri"],
        json={"client_id": answer["client_id"], "redirect_uris": elsewhere},
        headers=bearer(answer["registration_access_token"]),
    )
    assert changed.status_code == 200, changed.text
    # RFC 7592 §2.2: "This request … MUST be treated as replacing, as opposed to augmenting": what is left out is gone
    assert not {"policy_uri", "contacts"} & set(changed.json())
    assert changed.json()["redirect_uris"] == elsewhere
    async with world.storage.reading() as uow:
        after = await world.clients.get(uow, ClientId(answer["client_id"]))
    assert before is not None
    assert after is not None
    kept = ("agency_id", "profile", "sector", "services", "pkce_required", "refresh_grace_seconds", "secret_digest")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.pkce_required


async def test_a_client_that_becomes_public_uses_pkce(world: World) -> None:
    answer = (await registered(world)).json()
    async with world.storage.unit_of_work() as uow:
        present = await world.clients.get(uow, ClientId(answer["client_id"]))
        assert present is not None
        await world.clients.replace(uow, replace(present, pkce_required=False), by=SYSTEM)
    wanted = {**GOOD, "client_id": answer["client_id"], "token_endpoint_auth_method": "none"}
    headers = bearer(answer["registration_access_token"])
    assert (
        await world.browser().put(answer["registration_client_uri"], json=wanted, headers=headers)
    ).status_code == 200
    async with world.storage.reading() as uow:
        after = await world.clients.get(uow, ClientId(answer["client_id"]))
    assert after is not None
    assert after.pkce_required


async def test_a_bad_update_changes_nothing(world: World) -> None:
    answer = (await registered(world)).json()
    uri, headers = answer["registration_client_uri"], bearer(answer["registration_access_token"])
    browser = world.browser()
    for body in (b"", b"[]", b"[" * 30_000):
        assert is_refused(await browser.put(uri, content=body, headers=headers), "invalid_client_metadata")
    assert is_refused(await browser.put(uri, content=b" " * 40_000, headers=headers), "invalid_client_metadata", 413)
    no_address = {"client_id": answer["client_id"], "redirect_uris": []}
    assert is_refused(await browser.put(uri, json=no_address, headers=headers), "invalid_redirect_uri")
    read = (await browser.get(uri, headers=headers)).json()
    assert read == {name: value for name, value in answer.items() if not name.startswith("client_secret")}


async def test_an_update_is_held_to_the_list_at_its_sector(world: World) -> None:
    async with client_site() as site:
        site.documents["/clients.json"] = [CALLBACK]
        sector = {"sector_identifier_uri": f"{site.origin}/clients.json"}
        answer = (await registered(world, **sector)).json()
        wanted = {**GOOD, **sector, "client_id": answer["client_id"], "redirect_uris": [CALLBACK, f"{CALLBACK}/2"]}
        uri, headers = answer["registration_client_uri"], bearer(answer["registration_access_token"])
        assert is_refused(await world.browser().put(uri, json=wanted, headers=headers), "invalid_client_metadata")
        site.documents["/clients.json"] = wanted["redirect_uris"]
        assert (await world.browser().put(uri, json=wanted, headers=headers)).status_code == 200


@pytest.mark.parametrize("address", ["http://jobs.example/login", "http://localhost/login", "ftp://jobs.example/"])
async def test_sign_ins_begin_at_https_addresses_alone(world: World, address: str) -> None:
    assert is_refused(await registered(world, initiate_login_uri=address), "invalid_client_metadata")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": "https://jobs.example/"},
        {"client_name": ""},
        {"client_name": "x" * 201},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"tls_client_auth_san_dns": "jobs.example"},
        {"response_types": ["code id_token"]},
        {"grant_types": ["authorization_code", "password"]},
        {"jwks_uri": "ftp://jobs.example/jwks"},
        {"logo_uri": "javascript:alert(1)"},
        {"backchannel_logout_uri": "https://10.0.0.1/logout"},
        {"post_logout_redirect_uris": ["https://jobs.example/#x"]},
        {"userinfo_signed_response_alg": "none"},
        {"id_token_encrypted_response_alg": "RSA1_5"},
        {"id_token_encrypted_response_alg": "ECDH-ES"},
        {"id_token_encrypted_response_enc": "A128GCM"},
        {"default_max_age": -1},
        {"default_max_age": True},
        {"require_auth_time": "yes"},
        {"contacts": [1]},
        {"backchannel_token_delivery_mode": "push"},
        {"backchannel_token_delivery_mode": "ping"},
        {"backchannel_user_code_parameter": True},
        {
            "token_endpoint_auth_method": "none",
            "grant_types": ["urn:openid:params:grant-type:ciba"],
            "backchannel_token_delivery_mode": "poll",
            "redirect_uris": [],
        },
        {"subject_type": "public"},
        {"default_acr_values": ["urn:other"]},
        {"scope": "openid staff"},
    ],
)
async def test_metadata_that_are_refused(world: World, changes: dict[str, Any]) -> None:
    response = await registered(world, **changes)
    assert response.status_code == 400
    assert response.json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri")


async def test_a_sector_is_shared_by_a_list_at_its_own_address(world: World) -> None:
    async with client_site() as site:
        site.documents["/clients.json"] = [CALLBACK, "https://other.example/"]
        answer = (await registered(world, sector_identifier_uri=f"{site.origin}/clients.json")).json()
    async with world.storage.reading() as uow:
        client = await world.clients.get(uow, ClientId(answer["client_id"]))
    assert client is not None
    assert client.sector == "ministry.localhost"


@pytest.mark.parametrize("document", [None, b"x", {}, [], ["https://other.example/"]])
async def test_a_list_that_does_not_name_the_client_is_refused(world: World, document: Any) -> None:
    async with client_site() as site:
        site.documents["/clients.json"] = document
        response = await registered(world, sector_identifier_uri=f"{site.origin}/clients.json")
    assert is_refused(response, "invalid_client_metadata")


async def test_a_list_that_cannot_be_had_is_refused(world: World) -> None:
    async with client_site() as site:
        gone = f"{site.origin}/clients.json"
    assert is_refused(await registered(world, sector_identifier_uri=gone), "invalid_client_metadata")
