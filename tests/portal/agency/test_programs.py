"""The agency's programs: other addresses and keys, a secret said once, the stop; and what is wrong with a key set."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.agencies.model import Member, Role
from idp.app.configuration.self_service import ProgramProposals
from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import Client, ClientStatus
from idp.kernel.ids import ClientId
from idp.portal.agency.key_lint import KeyFault, lint_keys
from idp.portal.staff import decider_of
from tests.portal.auditing.house import Desk, PortalHouse
from tests.protocol.signing import ec_key
from tests.provider.oidc.program import Program
from tests.provider.oidc.world import CALLBACK, SERVICE

pytestmark = pytest.mark.anyio

LIST = "/agency/programs"
JOBS = f"{LIST}/jobs"


def public(**members: Any) -> dict[str, Any]:
    return {**ec_key().as_dict(private=False), **members}


def short_rsa_key() -> dict[str, str]:
    modulus = urlsafe_b64encode((2**1023 + 1).to_bytes(128, "big")).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": "short", "n": modulus, "e": "AQAB"}


async def client(portal: PortalHouse, client_id: str = "jobs") -> Client:
    async with portal.rooms.ground.storage.reading() as uow:
        found = await portal.rooms.clients.get(uow, ClientId(client_id))
    assert found is not None
    return found


async def version(desk: Desk) -> str:
    return (await desk.get(JOBS))["agency_program"]["data-version"]


async def test_addresses_change_at_once_and_nothing_more(portal: PortalHouse, desk: Desk) -> None:
    other = "https://jobs.example/callback"
    changes = {"version": await version(desk), "redirect_uris": f"{CALLBACK}\n{other}", "contacts": "it@jobs.example"}
    page = await desk.send(f"{JOBS}/addresses", page=JOBS, **changes, scope="agency.manage", services="others")
    assert page.status == 200, page.error_code
    found = await client(portal)
    assert found.redirect_uris == (CALLBACK, other)
    assert found.contacts == ("it@jobs.example",)
    assert "agency.manage" not in found.scopes
    # the page of before counts no more
    assert (await desk.send(f"{JOBS}/addresses", page=JOBS, **changes)).error_code == "PRG-03"
    for wrong in ({"redirect_uris": "http://jobs.example/insecure"}, {"redirect_uris": ""}, {"contacts": "x\n" * 11}):
        asked = changes | {"version": await version(desk)} | wrong
        page = await desk.send(f"{JOBS}/addresses", page=JOBS, **asked)
        assert page.error_code == "PRG-02", wrong
        assert "addresses_form" in page
    assert (await client(portal)).redirect_uris == (CALLBACK, other)


async def test_keys_are_looked_at_first_and_then_replaced(portal: PortalHouse, desk: Desk) -> None:
    own = ec_key()
    pasted = json.dumps({"keys": [own.as_dict(private=False)]})
    before = (await client(portal)).jwks
    looked = await desk.send(f"{JOBS}/keys", page=JOBS, version=await version(desk), jwks=pasted, act="look")
    assert looked["lint"]["data-usable"] == "yes"
    assert (await client(portal)).jwks == before
    page = await desk.send(f"{JOBS}/keys", page=JOBS, version=await version(desk), jwks=pasted, act="replace")
    assert [row["data-key"] for row in page.rows("data-key")] == [own.kid]
    jobs = Program(portal.house)
    assert (await jobs.push(jobs.request())).status_code == 401
    assert (await Program(portal.house, "jobs", key=own).push(jobs.request())).status_code == 201
    # since when it has the key is known, and when another is due
    portal.house.clock.advance(int(timedelta(minutes=10).total_seconds()))
    assert "another is due" in (await desk.get(f"{JOBS}?lang=en")).response.text


async def test_a_private_key_is_told_from_a_public_one_and_never_said_again(portal: PortalHouse, desk: Desk) -> None:
    secret = ec_key().as_dict(private=True)
    before = (await client(portal)).jwks
    for act in ("look", "replace"):
        page = await desk.send(f"{JOBS}/keys", page=JOBS, version=await version(desk), jwks=json.dumps(secret), act=act)
        assert [row["data-fault"] for row in page.rows("data-fault")] == ["private"]
        assert str(secret["d"]) not in page.response.text
    assert (await client(portal)).jwks == before


@pytest.mark.parametrize("private", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "privateKey"])
async def test_a_pasted_key_set_comes_back_only_without_a_private_half(desk: Desk, private: str) -> None:
    path, names = "/agency/new-program", {"name_th": "", "name_en": "Jobs", "kind": "alone"}
    key = public(kid="jobs-1")
    page = await desk.send(path, page=path, **names, jwks=json.dumps({"keys": [key]}))
    assert page.error_code == "PRG-02"
    assert key["x"] in page.response.text
    secret = {"note": "not-to-be-seen", "keys": [key, key | {private: "not-to-be-seen"}]}
    page = await desk.send(path, page=path, **names, jwks=json.dumps(secret))
    assert "not-to-be-seen" not in page.response.text
    assert key["x"] not in page.response.text


async def test_a_key_set_at_an_address_that_does_not_answer_is_not_taken(portal: PortalHouse, desk: Desk) -> None:
    before = await client(portal)
    for address in ("https://nowhere.invalid/jwks", "http://127.0.0.1:1/jwks", "file:///etc/passwd"):
        asked = {"version": await version(desk), "jwks_uri": address, "act": "replace"}
        assert (await desk.send(f"{JOBS}/keys", page=JOBS, **asked)).error_code == "PRG-07", address
    asked = {"version": await version(desk), "jwks_uri": "https://x.example/", "jwks": "{}", "act": "replace"}
    assert (await desk.send(f"{JOBS}/keys", page=JOBS, **asked)).error_code == "PRG-02"
    assert await client(portal) == before


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", {KeyFault.NOT_JSON}),
        ("[" * 100_000, {KeyFault.NOT_JSON}),
        ("[]", {KeyFault.NOT_A_SET}),
        ('{"keys": "x"}', {KeyFault.NOT_A_SET}),
        ('{"keys": ["x"]}', {KeyFault.NOT_A_SET}),
        ('{"keys": []}', {KeyFault.NO_KEYS}),
        (json.dumps({"keys": [public()] * 21}), {KeyFault.TOO_MANY}),
        ('{"kty": "oct", "k": "c2VjcmV0"}', {KeyFault.SYMMETRIC}),
        ('{"kty": "XX"}', {KeyFault.KIND}),
        ('{"kty": ["EC"], "kid": "a"}', {KeyFault.KIND}),
        ('{"kty": "EC", "crv": "P-256", "x": "x"}', {KeyFault.UNREADABLE}),
        (json.dumps(short_rsa_key()), {KeyFault.UNREADABLE}),
        (json.dumps({name: value for name, value in public().items() if name != "kid"}), {KeyFault.KID_MISSING}),
        (json.dumps({"keys": [public(kid="a"), public(kid="a")]}), {KeyFault.KID_TWICE}),
        (json.dumps(public(kid="a", use="enc")), {KeyFault.NONE_SIGNS}),
        (json.dumps(public(kid="a")), set()),
    ],
)
def test_what_is_wrong_with_a_key_set_is_named(text: str, faults: set[KeyFault]) -> None:
    linted = lint_keys(text)
    assert {one.fault for one in linted.findings} == faults
    assert linted.is_usable is (faults <= {KeyFault.KID_MISSING})


MEMBERS = st.sampled_from(["keys", "kty", "kid", "use", "d", "k", "crv", "x", "y", "n", "e"])
DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner) | st.dictionaries(MEMBERS, inner),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_no_json_breaks_the_reading_of_keys(document: object) -> None:
    linted = lint_keys(json.dumps(document))
    assert linted.findings or linted.is_usable


async def test_a_secret_is_said_once(portal: PortalHouse, desk: Desk) -> None:
    assert (await desk.send(f"{JOBS}/secret", page=JOBS, version=await version(desk))).error_code == "PRG-05"
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        with_secret = replace(
            await client(portal), token_endpoint_auth_method="client_secret_basic", secret_digest=b"x"
        )
        await portal.rooms.clients.replace(uow, with_secret, by=SYSTEM)
    page = await desk.send(f"{JOBS}/secret", page=JOBS, version=await version(desk))
    secret = page.text("secret")
    assert len(secret) > 30
    assert secret not in (await desk.get(JOBS)).response.text
    assert (await client(portal)).secret_digest not in (None, b"x")


async def test_a_program_is_stopped_by_its_own_agency_alone(portal: PortalHouse, desk: Desk) -> None:
    stranger = await portal.signed_in(await portal.hire("elsewhere", Role.AGENCY_ADMIN))
    for path in ("addresses", "keys", "secret", "suspend"):
        sent = {
            "version": "1",
            "jwks": json.dumps(public()),
            "act": "replace",
            "redirect_uris": "https://evil.example/",
        }
        refused = await stranger.send(f"{JOBS}/{path}", page="/agency/invitations/file", **sent)
        assert (refused.status, refused.error_code) == (404, "PRG-01"), path
    assert (await stranger.get(JOBS)).error_code == "PRG-01"
    assert (await client(portal)).status is ClientStatus.ACTIVE
    # the issuer's own programs are no agency's
    assert (await desk.get(f"{LIST}/portal")).error_code == "PRG-01"
    page = await desk.send(f"{JOBS}/suspend", page=JOBS, version=await version(desk))
    assert page["agency_program"]["data-status"] == "suspended"
    assert "suspend" not in page
    jobs = Program(portal.house)
    assert (await jobs.push(jobs.request())).status_code == 401


NEW = {
    "name_th": "โปรแกรมใหม่",
    "name_en": "New program",
    "kind": "people",
    "services": SERVICE,
    "scopes": "profile",
    "redirect_uris": "https://new.example/callback",
    "profile": "fapi2",
}


async def test_a_new_program_works_where_one_person_suffices(portal: PortalHouse, desk: Desk) -> None:
    key = ec_key()
    form = NEW | {"jwks": json.dumps(key.as_dict(private=False))}
    page = await desk.send("/agency/new-program", page="/agency/new-program", **form)
    assert "agency_program" in page, page.error_code
    (made,) = [
        row["data-program"] for row in (await desk.get(LIST)).rows("data-program") if "cli_" in row["data-program"]
    ]
    found = await client(portal, made)
    assert (found.scopes, found.services) == (("openid", "profile"), (SERVICE,))
    program = Program(portal.house, made, key=key)
    asked = program.request(redirect_uri="https://new.example/callback")
    assert (await program.push(asked)).status_code == 201


async def test_a_form_that_is_sent_twice_registers_one_program(desk: Desk) -> None:
    before = len(list((await desk.get(LIST)).rows("data-program")))
    page = "/agency/new-program"
    key = (await desk.get(page))["form_key"]["value"]
    form = NEW | {"jwks": json.dumps(public()), "form_key": key}
    for _ in range(3):
        assert (await desk.send(page, page=page, **form)).status == 200
    assert len(list((await desk.get(LIST)).rows("data-program"))) == before + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_en": ""},
        {"name_th": "\u202e" * 3},
        {"kind": "everything"},
        {"profile": "baseline"},
        {"services": "a-service-of-nobody"},
        {"redirect_uris": "https://x.example/#fragment"},
        {"redirect_uris": ""},
        {"jwks": ""},
        {"jwks_uri": "https://x.example/jwks"},
    ],
)
async def test_a_program_that_cannot_be_keeps_what_was_typed(desk: Desk, wrong: dict[str, str]) -> None:
    form = NEW | {"jwks": json.dumps(public(kid="a"))} | wrong
    page = await desk.send("/agency/new-program", page="/agency/new-program", **form)
    assert page.error_code == "PRG-02"
    assert page["name_th"]["value"] == form["name_th"]


async def test_scopes_that_two_persons_give_cannot_be_ticked(portal: PortalHouse, desk: Desk) -> None:
    form = NEW | {"jwks": json.dumps(public(kid="a")), "scopes": "agency.manage"}
    assert "agency_program" in await desk.send("/agency/new-program", page="/agency/new-program", **form)
    (made,) = [
        row["data-program"] for row in (await desk.get(LIST)).rows("data-program") if "cli_" in row["data-program"]
    ]
    assert (await client(portal, made)).scopes == ("openid",)


async def test_two_persons_of_the_agency_are_two(portal: PortalHouse, admin: Member, desk: Desk) -> None:
    rooms = portal.rooms
    proposals = ProgramProposals(
        configurations=rooms.configurations,
        agencies=rooms.agencies,
        clients=rooms.clients,
        approvals=rooms.representation.approvals,
        randomness=rooms.ground.randomness,
        two_persons=True,
    )
    wishes = {
        "name_th": "โปรแกรม",
        "name_en": "Program",
        "grant_types": ["client_credentials"],
        "scope": "openid",
        "jwks": {"keys": [public(kid="a")]},
        "token_endpoint_auth_method": "private_key_jwt",
    }
    async with rooms.ground.storage.unit_of_work() as uow:
        made = await proposals.add_in_person(uow, admin.agency_id, wishes, by=decider_of(admin))
    assert made.proposal_id is not None
    path = f"/proposals/{made.proposal_id}"
    assert path in {row["href"] for row in (await desk.get(LIST)).rows("href")}
    # who proposed it does not approve it, nor does an administrator elsewhere
    assert (await desk.send(path, page=path, act="approve")).error_code == "APR-02"
    stranger = await portal.signed_in(await portal.hire("elsewhere", Role.AGENCY_ADMIN))
    assert (await stranger.get(path)).status == 404
    second = await portal.signed_in(await portal.hire("employment", Role.AGENCY_ADMIN))
    assert (await second.send(path, page=path, act="approve")).status == 200
    assert (await client(portal, made.client_id)).status is ClientStatus.ACTIVE
