"""An agency's own programs: what its caretaker may do to them, and that it never comes to more than the agency has."""

import asyncio
from dataclasses import replace
from typing import Any, Final

import pytest
from authlib.oauth2.rfc7591 import InvalidClientMetadataError

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from tests.gateway.agency.caretaker import READ, Caretaker, hire
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import Program
from tests.provider.oidc.world import DUTY_SERVICE

pytestmark = pytest.mark.anyio

ADDRESS: Final = "https://jobs.example/callback"


def wish(office: Caretaker, **changes: Any) -> dict[str, Any]:
    return {
        "name_th": "โปรแกรมใหม่",
        "name_en": "New program",
        "services": [office.service_id],
        "redirect_uris": [ADDRESS],
        "jwks": {"keys": [ec_key().as_dict(private=False)]},
        **changes,
    }


async def test_a_caretaker_lists_and_reads_its_own_and_no_secret_is_in_it(caretaker: Caretaker) -> None:
    listed = await caretaker.told("GET", "/agency/clients", scope=READ)
    assert {one["id"] for one in listed["clients"]} >= {caretaker.other, caretaker.program.client_id}
    assert listed["next"] is None
    assert "secret" not in str([one["metadata"] for one in listed["clients"]])
    answer = await caretaker.ask("GET", caretaker.one, scope=READ)
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["services"]


async def test_a_page_goes_on_where_the_one_before_ended(caretaker: Caretaker) -> None:
    for number in range(51):
        await hire(caretaker.house, caretaker.agency_id, f"{caretaker.other}-{number:02}", scope="openid")
    first = await caretaker.told("GET", "/agency/clients")
    second = await caretaker.told("GET", f"/agency/clients?after={first['next']}")
    ids = [one["id"] for one in (*first["clients"], *second["clients"])]
    assert len(first["clients"]) == 50
    assert ids == sorted(set(ids))
    assert second["next"] is None


async def test_addresses_change_at_once_and_what_it_may_do_stays(caretaker: Caretaker) -> None:
    before = await caretaker.told("GET", caretaker.one)
    changed = await caretaker.told(
        "PATCH", caretaker.one, {"redirect_uris": [ADDRESS], "contacts": ["it@jobs.example"]}, tag='"1"'
    )
    after = await caretaker.told("GET", caretaker.one)
    assert changed == after
    assert after["metadata"]["redirect_uris"] == [ADDRESS]
    assert after["metadata"]["contacts"] == ["it@jobs.example"]
    unchanged = set(before["metadata"]) - {"redirect_uris", "contacts"}
    assert {name: after["metadata"][name] for name in unchanged} == {
        name: before["metadata"][name] for name in unchanged
    }
    taken_away = await caretaker.told("PATCH", caretaker.one, {"contacts": None}, tag='"2"')
    assert "contacts" not in taken_away["metadata"]
    assert taken_away["metadata"]["redirect_uris"] == [ADDRESS]
    entries = await caretaker.events("client.looked_after")
    assert {entry["actor"]["id"] for entry in entries} == {caretaker.program.client_id}
    assert sorted(entry["details"]["changed"] for entry in entries) == [["contacts"], ["contacts", "redirect_uris"]]


@pytest.mark.parametrize(
    "address",
    [
        "https://jobs.example/callback#fragment",
        "https://*.example/callback",
        "http://jobs.example/callback",
        "http://169.254.169.254/latest",
        "javascript:alert(1)",
        "//jobs.example/callback",
        "https://user:pass@jobs.example/callback",
        "https://jobs.example/callback\\@evil.example",
        "https://jobs.example/\u0000",
        "https://jobs.example/callback\n",
    ],
)
async def test_an_address_that_leads_astray_is_refused(caretaker: Caretaker, address: str) -> None:
    answer = await caretaker.code("PATCH", caretaker.one, {"redirect_uris": [address]}, tag='"1"')
    assert answer == (422, "PRG-02")
    assert await caretaker.tag(caretaker.one) == '"1"'


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "openid agency.manage"},
        {"grant_types": ["client_credentials"]},
        {"services": [DUTY_SERVICE]},
        {"name_en": "Revenue Department"},
        {"status": "active"},
        {"profile": "baseline"},
        {"first_party": True},
        {"sector": "rival"},
        {"token_endpoint_auth_method": "none"},
        {"jwks": {"keys": []}},
    ],
)
async def test_nothing_that_would_let_it_do_more_can_be_said(caretaker: Caretaker, changes: dict[str, Any]) -> None:
    assert await caretaker.code("PATCH", caretaker.one, changes, tag='"1"') == (400, "API-01")


async def test_keys_change_at_once_and_the_old_ones_prove_nothing(caretaker: Caretaker) -> None:
    fresh = ec_key()
    body = {"jwks": {"keys": [fresh.as_dict(private=False)]}}
    await caretaker.told("PUT", f"{caretaker.one}/keys", body, tag='"1"')
    asked = {"grant_type": "client_credentials", "scope": "events"}
    old = Program(caretaker.house, caretaker.other, caretaker.other_key)
    new = Program(caretaker.house, caretaker.other, fresh)
    assert (await old.token(asked)).json()["error"] == "invalid_client"
    assert (await new.token(asked)).json().get("error") != "invalid_client"
    assert (await caretaker.events("client.looked_after"))[-1]["details"]["keys"] == [fresh.thumbprint()]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "API-01")),
        ({"jwks": {"keys": []}}, (422, "PRG-02")),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}]}}, (422, "PRG-02")),
        ({"jwks": {"keys": [ec_key().as_dict(private=True)]}}, (422, "PRG-02")),
        ({"jwks": {"keys": "all"}}, (422, "PRG-02")),
        ({"jwks_uri": "http://169.254.169.254/latest/meta-data"}, (422, "PRG-02")),
        ({"jwks_uri": "file:///etc/passwd"}, (422, "PRG-02")),
        ({"jwks_uri": "https://10.0.0.1/jwks"}, (422, "PRG-02")),
        ({"jwks_uri": "https://[::ffff:127.0.0.1]/jwks"}, (422, "PRG-02")),
        ({"jwks_uri": "https://2130706433/jwks"}, (422, "PRG-02")),
        ({"jwks_uri": "https://jobs.example/jwks#x"}, (422, "PRG-02")),
        (
            {"jwks": {"keys": [ec_key().as_dict(private=False)]}, "jwks_uri": "https://jobs.example/jwks"},
            (400, "API-01"),
        ),
    ],
)
async def test_keys_that_are_none_or_anybodys_are_refused(
    caretaker: Caretaker, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert await caretaker.code("PUT", f"{caretaker.one}/keys", body, tag='"1"') == refusal


async def test_keys_at_an_address_inside_are_never_fetched(caretaker: Caretaker) -> None:
    """Saving an address asks nobody; who then proves itself by it finds the connection refused (SSRF)."""
    log, before = caretaker.house.security_log, len(caretaker.house.security_log.events)
    await caretaker.told("PUT", f"{caretaker.one}/keys", {"jwks_uri": "https://localhost/jwks"}, tag='"1"')
    assert "client.keys_not_fetched" not in log.events[before:]
    program = Program(caretaker.house, caretaker.other, caretaker.other_key)
    answer = await program.token({"grant_type": "client_credentials", "scope": "events"})
    assert answer.json()["error"] == "invalid_client"
    assert "client.keys_not_fetched" in log.events[before:]


async def test_a_change_names_the_version_that_was_read(caretaker: Caretaker) -> None:
    body = {"redirect_uris": [ADDRESS]}
    assert await caretaker.code("PATCH", caretaker.one, body) == (428, "API-02")
    for tag in ('W/"1"', "*", '"1", "2"', "1", '"x"', '""', '"-1"', f'"{10**30}"'):
        assert await caretaker.code("PATCH", caretaker.one, body, tag=tag) == (412, "API-03"), tag
    assert await caretaker.code("PATCH", caretaker.one, body, tag='"7"') == (412, "PRG-03")
    await caretaker.told("PATCH", caretaker.one, body, tag='"1"')
    # the same request again: the version that it names is gone for good, also once the old values are back
    assert await caretaker.code("PATCH", caretaker.one, body, tag='"1"') == (412, "PRG-03")
    await caretaker.told("PATCH", caretaker.one, {"redirect_uris": ["https://jobs.example/other"]}, tag='"2"')
    await caretaker.told("PATCH", caretaker.one, body, tag='"3"')
    assert await caretaker.code("PATCH", caretaker.one, body, tag='"1"') == (412, "PRG-03")


async def test_of_two_changes_at_once_one_is_told(caretaker: Caretaker) -> None:
    await caretaker.token()
    answers = await asyncio.gather(
        *(
            caretaker.ask("PATCH", caretaker.one, {"redirect_uris": [f"https://jobs.example/{number}"]}, tag='"1"')
            for number in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
    assert await caretaker.tag(caretaker.one) == '"2"'


async def test_a_change_by_its_own_registration_counts_as_well(caretaker: Caretaker) -> None:
    """RFC 7592 and this interface change one thing: neither overwrites the other unseen."""
    house = caretaker.house
    async with house.storage.unit_of_work() as uow:
        client = await house.clients.get(uow, caretaker.other)
        assert client is not None
        await house.clients.replace(uow, client, by=SYSTEM)
    assert await caretaker.code("PATCH", caretaker.one, {"redirect_uris": [ADDRESS]}, tag='"1"') == (412, "PRG-03")


async def test_a_suspended_program_and_its_tokens_are_answered_no_more(caretaker: Caretaker) -> None:
    house = caretaker.house
    second_id = f"{caretaker.other}-2"
    key = await hire(house, caretaker.agency_id, second_id)
    second = replace(caretaker, program=Program(house, second_id, key), tokens={})
    assert (await second.ask("GET", "/agency")).status_code == 200
    stopped = await caretaker.told("POST", f"/agency/clients/{second_id}/suspend", tag='"1"')
    assert stopped["status"] == "suspended"
    assert (await second.ask("GET", "/agency")).status_code == 401
    assert await caretaker.code("PATCH", f"/agency/clients/{second_id}", {"contacts": None}, tag='"2"') == (
        409,
        "PRG-04",
    )
    assert await caretaker.code("POST", f"/agency/clients/{second_id}/suspend", tag='"2"') == (409, "PRG-04")
    await caretaker.told("DELETE", f"/agency/clients/{second_id}", tag='"2"', status=204)
    assert await caretaker.code("DELETE", f"/agency/clients/{second_id}", tag='"3"') == (409, "PRG-04")
    assert (await caretaker.told("GET", f"/agency/clients/{second_id}"))["status"] == "ended"


async def test_a_secret_is_said_once_and_the_one_before_counts_no_more(caretaker: Caretaker) -> None:
    assert await caretaker.code("POST", f"{caretaker.one}/secret", tag='"1"') == (409, "PRG-05")
    house, old = caretaker.house, f"{caretaker.other}-old"
    async with house.storage.unit_of_work() as uow:
        await house.clients.register(
            uow,
            client_id=ClientId(old),
            agency_id=caretaker.agency_id,
            name_th="old",
            name_en="old",
            metadata={"redirect_uris": [ADDRESS], "token_endpoint_auth_method": "client_secret_post"},
            profile=ClientProfile.BASELINE,
            secret="s" * 43,
            by=SYSTEM,
        )
    answer = await caretaker.ask("POST", f"/agency/clients/{old}/secret", tag='"1"')
    secret = answer.json()["client_secret"]
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    shown = await caretaker.told("GET", f"/agency/clients/{old}")
    assert shown["has_secret"]
    assert secret not in str(shown)
    for tried, error in (("s" * 43, "invalid_client"), (secret, "invalid_grant")):
        body = {
            "grant_type": "authorization_code",
            "code": "x",
            "redirect_uri": ADDRESS,
            "client_id": old,
            "client_secret": tried,
        }
        assert (await house.browser().post("/token", data=body)).json()["error"] == error
    assert secret not in str(await caretaker.events("client.looked_after"))


async def test_the_issuers_own_programs_and_another_agencys_are_not_there(
    caretaker: Caretaker, rival: Caretaker
) -> None:
    house, portal = caretaker.house, f"{caretaker.other}-portal"
    async with house.storage.unit_of_work() as uow:
        await house.clients.register(
            uow,
            client_id=ClientId(portal),
            agency_id=caretaker.agency_id,
            name_th="p",
            name_en="p",
            metadata={"redirect_uris": [ADDRESS], "jwks": {"keys": [ec_key().as_dict(private=False)]}},
            first_party=True,
            by=SYSTEM,
        )
    for asking, named in ((caretaker, portal), (rival, caretaker.other), (caretaker, "nobody"), (rival, "a%20b")):
        assert await asking.code("GET", f"/agency/clients/{named}") == (404, "PRG-01")
        assert await asking.code("DELETE", f"/agency/clients/{named}", tag='"1"') == (404, "PRG-01")
        assert await asking.code("PATCH", f"/agency/clients/{named}", {"contacts": None}, tag='"1"') == (404, "PRG-01")
    assert caretaker.other not in str(await rival.told("GET", "/agency/clients"))
    assert portal not in str(await caretaker.told("GET", "/agency/clients"))


async def test_looking_is_not_changing(caretaker: Caretaker) -> None:
    for method, path, body in (
        ("PATCH", caretaker.one, {"contacts": None}),
        ("PUT", f"{caretaker.one}/keys", {"jwks_uri": ADDRESS}),
        ("POST", f"{caretaker.one}/secret", None),
        ("POST", f"{caretaker.one}/suspend", None),
        ("DELETE", caretaker.one, None),
        ("POST", "/agency/clients", wish(caretaker)),
    ):
        assert await caretaker.code(method, path, body, scope=READ, tag='"1"') == (403, "insufficient_scope")


async def test_where_one_person_suffices_a_new_program_stands_at_once(caretaker: Caretaker) -> None:
    answer = await caretaker.ask("POST", "/agency/clients", wish(caretaker))
    made = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(made["id"])
    assert made["id"].startswith("cli_")
    assert made["profile"] == "fapi2"
    assert (await caretaker.told("GET", f"/agency/clients/{made['id']}")) == made


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"services": ["no-such-service"]}, (422, "PRG-02")),
        ({"scope": "openid staff"}, (422, "PRG-02")),
        ({"scope": "openid agency.manage", "grant_types": ["authorization_code"]}, (422, "PRG-02")),
        ({"redirect_uris": ["http://jobs.example/cb"]}, (422, "PRG-02")),
        ({"redirect_uris": []}, (422, "PRG-02")),
        ({"jwks": None}, (422, "PRG-02")),
        ({"profile": "baseline"}, (400, "API-01")),
        ({"first_party": True}, (400, "API-01")),
        ({"agency": "rival"}, (400, "API-01")),
        ({"id": "chosen"}, (400, "API-01")),
        ({"status": "active"}, (400, "API-01")),
        ({"token_endpoint_auth_method": "none"}, (400, "API-01")),
        ({"pkce_required": False}, (400, "API-01")),
        ({"name_th": "\u0000"}, (400, "API-01")),
        ({"name_en": " "}, (400, "API-01")),
    ],
)
async def test_a_new_program_that_would_be_more_than_the_agency_is_refused(
    caretaker: Caretaker, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert await caretaker.code("POST", "/agency/clients", wish(caretaker, **changes)) == refusal


async def test_another_agencys_service_is_refused_as_one_of_nobody_is(caretaker: Caretaker, rival: Caretaker) -> None:
    theirs = await rival.ask("POST", "/agency/clients", wish(caretaker))
    nobodys = await rival.ask("POST", "/agency/clients", wish(rival, services=["no-such-service"]))

    def said(answer: Any) -> Any:
        return {name: value for name, value in answer.json().items() if name != "correlation_id"}

    assert (theirs.status_code, said(theirs)) == (nobodys.status_code, said(nobodys))


async def test_no_program_gives_itself_the_scope_for_managing(caretaker: Caretaker) -> None:
    """RFC 7591 and 7592 stay open to newcomers; this scope two persons give."""
    house = caretaker.house
    metadata = {
        "redirect_uris": [ADDRESS],
        "grant_types": ["authorization_code", "client_credentials"],
        "jwks": {"keys": [ec_key().as_dict(private=False)]},
        "token_endpoint_auth_method": "private_key_jwt",
        "dpop_bound_access_tokens": True,
    }
    http = house.browser()
    for scope in ("openid agency.manage", "openid agency.read"):
        answer = await http.post("/register", json={**metadata, "scope": scope})
        assert answer.json()["error"] == "invalid_client_metadata", answer.text
    made = (await http.post("/register", json={**metadata, "scope": "openid"})).json()
    held = {name: value for name, value in made.items() if name in metadata} | {"client_id": made["client_id"]}
    bearer = {"authorization": f"Bearer {made['registration_access_token']}"}
    for scope, status in (("openid agency.manage", 400), ("openid", 200)):
        answer = await http.put(
            made["registration_client_uri"], json={**metadata, **held, "scope": scope}, headers=bearer
        )
        assert answer.status_code == status, answer.text


async def test_the_scope_never_comes_from_a_person_and_needs_a_bound_token(caretaker: Caretaker) -> None:
    program = caretaker.program
    pushed = await program.push(program.request(scope="openid agency.manage"))
    assert pushed.status_code >= 400
    house = caretaker.house

    for metadata in (
        {"token_endpoint_auth_method": "client_secret_post", "dpop_bound_access_tokens": True},
        {"token_endpoint_auth_method": "private_key_jwt"},
    ):
        with pytest.raises(InvalidClientMetadataError):
            house.clients.judge(
                {
                    "jwks": {"keys": [ec_key().as_dict(private=False)]},
                    "grant_types": ["client_credentials"],
                    "scope": "agency.manage",
                    **metadata,
                },
                profile=ClientProfile.BASELINE,
            )
