"""Request objects: by value from plain clients, pushed and required from clients that sign their messages."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey
from joserfc.registry import HeaderParameter

from idp.authorization.client_registration.model import ClientProfile
from tests.protocol.signing import GONE, ec_key
from tests.provider.oidc.program import Program, query_of
from tests.provider.oidc.registered import register, request_object
from tests.provider.oidc.world import CALLBACK, ISSUER, World

pytestmark = pytest.mark.anyio


async def signing_client(world: World) -> Program:
    return await register(world, client_id="signing", profile=ClientProfile.FAPI2_MESSAGE_SIGNING)


async def test_only_what_is_inside_counts(world: World) -> None:
    program = await register(world)
    browser = world.browser()
    await world.sign_in(browser)
    inside = request_object(program, program.request(state="inside"))
    outside = {**program.request(state="outside", redirect_uri="https://evil.example", nonce=""), "request": inside}
    location = (await browser.get("/authorize", params=outside)).headers["location"]
    assert location.startswith(CALLBACK)
    assert query_of(location)["state"] == "inside"
    assert "code" in query_of(location)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"key": ec_key()}, "invalid_request_object"),
        ({"exp": 1}, "invalid_request_object"),
        ({"aud": "https://other.example"}, "invalid_request_object"),
        ({"client_id": "jobs"}, "invalid_request_object"),
        ({"request_uri": "urn:x"}, "invalid_request_object"),
        ({"scope": "openid staff"}, "invalid_scope"),
        ({"response_type": GONE}, "invalid_request"),
    ],
)
async def test_a_wrong_object_is_told_to_a_registered_address(
    world: World, changes: dict[str, Any], error: str
) -> None:
    program = await register(world)
    outside = {**program.request(), "request": request_object(program, program.request(), **changes)}
    location = (await world.browser().get("/authorize", params=outside)).headers["location"]
    assert location.startswith(CALLBACK)
    assert (query_of(location)["error"], query_of(location)["state"]) == (error, "state-1")
    assert world.security_log.events == ["authorize.refused"]


async def test_an_address_inside_must_be_registered_too(world: World) -> None:
    program = await register(world)
    inside = request_object(program, program.request(redirect_uri="https://evil.example/callback"))
    response = await world.browser().get("/authorize", params={**program.request(), "request": inside})
    assert (response.status_code, response.text) == (400, "OID-02")


async def test_an_unsigned_object_and_an_address_of_one_are_not_supported(world: World) -> None:
    program = await register(world)
    empty = urlsafe_b64encode(b"{}").rstrip(b"=").decode()
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + f".{empty}."
    for parameters, error in (
        ({**program.request(), "request": unsigned}, "request_not_supported"),
        ({**program.request(), "request_uri": "https://jobs.example/request.jwt"}, "request_uri_not_supported"),
    ):
        location = (await world.browser().get("/authorize", params=parameters)).headers["location"]
        assert query_of(location)["error"] == error
    stranger = {**program.request(redirect_uri="https://evil.example"), "request_uri": "https://evil.example/r"}
    assert (await world.browser().get("/authorize", params=stranger)).text == "OID-02"


async def test_a_pushed_object(world: World) -> None:
    program = await signing_client(world)
    inside = request_object(program, program.request(state="inside"), aud=[ISSUER, "https://other.example"])
    pushed = await program.push({"client_id": "signing", "request": inside, "state": "outside"})
    assert pushed.status_code == 201, pushed.text
    browser = world.browser()
    await world.sign_in(browser)
    location = (await program.authorize(browser, pushed.json()["request_uri"])).headers["location"]
    assert query_of(location)["state"] == "inside"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"exp": GONE}, "invalid_request_object"),
        ({"nbf": GONE}, "invalid_request_object"),
        ({"aud": GONE}, "invalid_request_object"),
        ({"key": ec_key()}, "invalid_request_object"),
        ({"redirect_uri": GONE}, "invalid_request"),
        ({"redirect_uri": "https://evil.example"}, "invalid_request"),
        ({"request_uri": "urn:x"}, "invalid_request_object"),
    ],
)
async def test_a_wrong_pushed_object_is_refused_and_entered(world: World, changes: dict[str, Any], error: str) -> None:
    program = await signing_client(world)
    refused = await program.push({"request": request_object(program, program.request(), **changes)})
    assert (refused.status_code, refused.json()["error"]) == (400, error)
    entry = await world.last_entry()
    assert (entry["event"], entry["outcome"], entry["client"]) == ("authorization.push_refused", "refused", "signing")


async def test_a_client_that_signs_its_messages_must(world: World) -> None:
    program = await signing_client(world)
    refused = await program.push(program.request())
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    browser = await world.browser().get("/authorize", params=program.request())
    assert query_of(browser.headers["location"])["error"] == "invalid_request"


async def test_a_registered_algorithm_is_the_only_one(world: World) -> None:
    program = await register(world, request_object_signing_alg="PS256")
    outside = {**program.request(), "request": request_object(program, program.request())}
    location = (await world.browser().get("/authorize", params=outside)).headers["location"]
    assert query_of(location)["error"] == "invalid_request_object"


async def test_a_plain_client_may_have_registered_that_it_pushes(world: World) -> None:
    program = await register(world, require_pushed_authorization_requests=True)
    location = (await world.browser().get("/authorize", params=program.request())).headers["location"]
    assert query_of(location)["error"] == "invalid_request"
    assert (await program.push(program.request())).status_code == 201


async def published_key(world: World) -> ECKey:
    jwks = (await world.browser().get("/jwks")).json()
    (jwk,) = [jwk for jwk in jwks["keys"] if jwk["use"] == "enc"]
    assert "d" not in jwk
    return ECKey.import_key(jwk)


def encrypted(content: str, key: ECKey, **header: Any) -> str:
    made = {"alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT", "kid": key.thumbprint(), **header}
    algorithms = [made["alg"], made["enc"], *([made["zip"]] if "zip" in made else [])]
    extension = {"b64": HeaderParameter("an extension", "bool")}
    registry = jwe.JWERegistry(header_registry=extension, algorithms=algorithms)
    return jwe.encrypt_compact(made, content.encode(), key, registry=registry)


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A128GCM", "A256GCM"])
async def test_an_encrypted_object_is_opened_and_then_judged_as_any_other(world: World, enc: str) -> None:
    program = await register(world)
    metadata = (await world.browser().get("/.well-known/openid-configuration")).json()
    assert enc in metadata["request_object_encryption_enc_values_supported"]
    assert metadata["request_object_encryption_alg_values_supported"] == ["ECDH-ES"]
    browser = world.browser()
    await world.sign_in(browser)
    inside = encrypted(request_object(program, program.request(state="inside")), await published_key(world), enc=enc)
    outside = {"client_id": program.client_id, "scope": "openid", "response_type": "code", "request": inside}
    location = (await browser.get("/authorize", params=outside)).headers["location"]
    assert location.startswith(CALLBACK)
    assert (query_of(location)["state"], "code" in query_of(location)) == ("inside", True)


async def test_a_pushed_encrypted_object(world: World) -> None:
    program = await signing_client(world)
    inside = encrypted(request_object(program, program.request()), await published_key(world))
    assert (await program.push({"client_id": "signing", "request": inside})).status_code == 201
    # encrypted, but not signed: RFC 9101 §6.1 has it signed first
    bare = encrypted(json.dumps(program.request()), await published_key(world))
    refused = await program.push({"client_id": "signing", "request": bare})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request_object")


@pytest.mark.parametrize(
    "broken",
    [
        "another key",
        "another algorithm",
        "compressed",
        "an unknown critical header",
        "a wide header",
        "cut",
        "wrong signature",
        "encrypted twice",
        "no text",
    ],
)
async def test_an_encrypted_object_that_cannot_be_relied_on_is_refused(world: World, broken: str) -> None:
    program = await register(world)
    key = await published_key(world)
    signed = request_object(program, program.request())
    sent = {
        "another key": lambda: encrypted(signed, ECKey.generate_key("P-256")),
        "another algorithm": lambda: encrypted(signed, key, alg="ECDH-ES+A256KW"),
        "compressed": lambda: encrypted(signed, key, zip="DEF"),
        "an unknown critical header": lambda: encrypted(signed, key, crit=["b64"], b64=True),
        "a wide header": lambda: encrypted(signed, key, apu="A" * 1200),
        "cut": lambda: encrypted(signed, key)[:-4],
        "wrong signature": lambda: encrypted(request_object(program, program.request(), key=ec_key()), key),
        "encrypted twice": lambda: encrypted(encrypted(signed, key), key),
        "no text": lambda: encrypted("\N{THAI CHARACTER KO KAI}", key),
    }[broken]()
    pushed = await program.push({"client_id": program.client_id, "request": sent})
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request_object")
    outside = {**program.request(), "request": sent}
    location = (await world.browser().get("/authorize", params=outside)).headers["location"]
    assert query_of(location)["error"] == "invalid_request_object"
