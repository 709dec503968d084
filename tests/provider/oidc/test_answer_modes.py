"""How answers come back: query, form_post and JARM, for grants and refusals alike."""

import re
from html import unescape
from typing import Any

import pytest
from authlib.oauth2.rfc7591 import InvalidClientMetadataError
from httpx2 import Response
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from tests.provider.oidc.program import Program, query_of
from tests.provider.oidc.registered import register
from tests.provider.oidc.world import CALLBACK, ISSUER, World

pytestmark = pytest.mark.anyio


def posted(response: Response) -> dict[str, str]:
    """The members of the form that the browser is to post."""
    assert response.status_code == 200
    assert f'action="{CALLBACK}"' in response.text
    assert f"form-action 'self' {CALLBACK.rsplit('/', 1)[0]};" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    assert 'id="continue"' in response.text
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', response.text)
    return {name: unescape(value) for name, value in fields}


async def opened(world: World, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = KeySet.import_key_set((await world.browser().get("/jwks")).json())
    decoded = jwt.decode(token, keys, algorithms=["ES256", "RS256", "PS256"])
    return decoded.header, decoded.claims


async def signed_in(world: World, program: Program, **changes: Any) -> Response:
    browser = world.browser()
    await world.sign_in(browser)
    return await browser.get("/authorize", params=program.request(**changes))


async def test_a_code_in_a_form(world: World) -> None:
    program = await register(world)
    members = posted(await signed_in(world, program, response_mode="form_post", state="a\"<b>&'"))
    assert (members["state"], members["iss"]) == ("a\"<b>&'", ISSUER)
    assert (await program.token(program.redemption(members["code"]), dpop=None)).status_code == 200


async def test_a_refusal_in_a_form(world: World) -> None:
    program = await register(world)
    parameters = program.request(response_mode="form_post", prompt="none")
    members = posted(await world.browser().get("/authorize", params=parameters))
    assert (members["error"], members["state"]) == ("login_required", "state-1")
    members = posted(
        await world.browser().get("/authorize", params=program.request(response_mode="form_post", scope="x"))
    )
    assert members["error"] == "invalid_scope"


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256"])
async def test_a_signed_answer_in_the_query(world: World, mode: str, alg: str) -> None:
    program = await register(world, authorization_signed_response_alg=alg)
    location = (await signed_in(world, program, response_mode=mode)).headers["location"]
    assert set(query_of(location)) == {"response"}
    header, claims = await opened(world, query_of(location)["response"])
    assert header["alg"] == alg
    assert (claims["iss"], claims["aud"], claims["state"]) == (ISSUER, "plain", "state-1")
    assert world.clock.now().timestamp() < claims["exp"] <= world.clock.now().timestamp() + 600
    assert (await program.token(program.redemption(claims["code"]), dpop=None)).status_code == 200


async def test_a_signed_refusal(world: World) -> None:
    program = await register(world)
    location = (await signed_in(world, program, response_mode="jwt", response_type="token")).headers["location"]
    _, claims = await opened(world, query_of(location)["response"])
    assert (claims["error"], claims["state"]) == ("unsupported_response_type", "state-1")
    assert world.security_log.events == ["authorize.refused"]


async def test_a_signed_answer_in_a_form(world: World) -> None:
    program = await register(world)
    members = posted(await signed_in(world, program, response_mode="form_post.jwt"))
    assert set(members) == {"response"}
    assert "code" in (await opened(world, members["response"]))[1]


async def test_a_client_that_registered_signed_answers_gets_no_other(world: World) -> None:
    program = await register(world, response_modes=["jwt"])
    location = (await signed_in(world, program)).headers["location"]
    _, claims = await opened(world, query_of(location)["response"])
    assert claims["error"] == "invalid_request"


async def test_the_metadata_name_what_works(world: World) -> None:
    metadata = (await world.browser().get("/.well-known/openid-configuration")).json()
    assert metadata["response_modes_supported"] == ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]
    assert metadata["prompt_values_supported"] == ["none", "login", "consent", "select_account"]
    assert metadata["claims_parameter_supported"] is True
    assert metadata["request_parameter_supported"] is True
    assert metadata["request_uri_parameter_supported"] is False
    assert "none" not in metadata["request_object_signing_alg_values_supported"]


async def with_encryption_key(world: World, key: Key, **metadata: Any) -> Program:
    """A client that registered a key to encrypt to beside the one it signs with."""
    signing = world.sown.other_key.as_dict(private=False)
    return await register(world, jwks={"keys": [signing, key.as_dict(private=False, use="enc")]}, **metadata)


@pytest.mark.parametrize(
    ("alg", "enc", "key"),
    [
        ("ECDH-ES", "A256GCM", ECKey.generate_key("P-256")),
        ("ECDH-ES+A128KW", None, ECKey.generate_key("P-256")),
        ("RSA-OAEP-256", "A128GCM", RSAKey.generate_key(2048)),
    ],
)
async def test_a_signed_answer_for_the_client_s_eyes_alone(world: World, alg: str, enc: str | None, key: Key) -> None:
    members = {"authorization_encrypted_response_alg": alg}
    if enc is not None:
        members["authorization_encrypted_response_enc"] = enc
    program = await with_encryption_key(world, key, **members)
    location = (await signed_in(world, program, response_mode="jwt")).headers["location"]
    sealed = query_of(location)["response"]
    method = enc or "A128CBC-HS256"
    inside = jwe.decrypt_compact(sealed, key, algorithms=[alg, method])
    assert (inside.headers()["cty"], inside.headers()["enc"]) == ("JWT", method)
    assert inside.plaintext is not None
    _, claims = await opened(world, inside.plaintext.decode())
    assert (claims["aud"], claims["state"]) == ("plain", "state-1")
    assert (await program.token(program.redemption(claims["code"]), dpop=None)).status_code == 200
    # a refusal as well, of a request that cannot be read as a whole too
    for wrong in ({"prompt": "none"}, {"response_type": "token"}):
        parameters = program.request(response_mode="jwt", **wrong)
        location = (await world.browser().get("/authorize", params=parameters)).headers["location"]
        assert query_of(location)["response"].count(".") == 4
    # what goes in the clear was asked for so
    plain = await signed_in(world, program)
    assert "code" in query_of(plain.headers["location"])


async def test_what_was_to_be_encrypted_never_goes_in_the_clear(world: World) -> None:
    program = await register(world, authorization_encrypted_response_alg="RSA-OAEP-256")
    answer = await signed_in(world, program, response_mode="jwt")
    assert (answer.status_code, answer.text) == (400, "OID-14")


@pytest.mark.parametrize(
    "metadata",
    [
        {"authorization_encrypted_response_alg": "dir"},
        {"authorization_encrypted_response_alg": "ECDH-ES", "authorization_encrypted_response_enc": "none"},
        {"authorization_encrypted_response_enc": "A256GCM"},
    ],
)
async def test_encryption_that_nobody_offers_is_not_registered(world: World, metadata: dict[str, str]) -> None:
    with pytest.raises(InvalidClientMetadataError):
        await register(world, **metadata)
