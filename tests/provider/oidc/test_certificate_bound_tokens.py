"""Tokens that are bound to the certificate of the connection (RFC 8705 §3)."""

import json
from base64 import urlsafe_b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.provider.oidc.baseline import Plain, register
from tests.provider.oidc.certificates import AUTHORITY, header_of
from tests.provider.oidc.program import PERSON, is_refused
from tests.provider.oidc.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bound(world: World) -> Plain:
    return await register(world, "bound", tls_client_certificate_bound_access_tokens=True)


@pytest.fixture
def certificate() -> x509.Certificate:
    return AUTHORITY.certify("bound.example")


def over(plain: Plain, certificate: x509.Certificate) -> None:
    """Have this client's connections go through a proxy that saw its certificate."""
    plain.http.headers["client-cert"] = header_of(certificate)


def thumbprint(certificate: x509.Certificate) -> str:
    return urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()


async def test_without_a_certificate_there_is_no_token(world: World, bound: Plain) -> None:
    response = await bound.token(bound.redemption(await bound.plain_code()), dpop=None)
    assert is_refused(response, "invalid_request")
    assert (await world.last_entry())["event"] == "token.refused"


async def test_a_token_works_over_its_own_certificate_alone(bound: Plain, certificate: x509.Certificate) -> None:
    over(bound, certificate)
    answer = await bound.tokens()
    assert answer["token_type"] == "Bearer"
    assert (await bound.told(answer["access_token"]))["sub"]
    told = (await bound.http.post("/introspect", data=bound.authenticated({"token": answer["access_token"]}))).json()
    assert told["cnf"] == {"x5t#S256": thumbprint(certificate)}
    headers = {"authorization": f"Bearer {answer['access_token']}"}
    over(bound, AUTHORITY.certify("thief.example"))
    assert is_refused(await bound.http.get("/userinfo", headers=headers), "invalid_token", 401)
    del bound.http.headers["client-cert"]
    assert is_refused(await bound.http.get("/userinfo", headers=headers), "invalid_token", 401)


async def test_a_renewed_certificate_keeps_the_refresh_token(bound: Plain, certificate: x509.Certificate) -> None:
    over(bound, certificate)
    answer = await bound.tokens()
    renewed = AUTHORITY.certify("bound.example")
    over(bound, renewed)
    refreshed = await bound.refresh(answer["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    assert (await bound.told(refreshed.json()["access_token"]))["sub"]


async def test_a_token_for_the_data_exchange_names_the_certificate_too(
    bound: Plain, certificate: x509.Certificate
) -> None:
    over(bound, certificate)
    token = (await bound.tokens(authorization_details=json.dumps([PERSON])))["access_token"]
    told = (await bound.http.post("/introspect", data=bound.authenticated({"token": token}))).json()
    assert told["cnf"] == {"x5t#S256": thumbprint(certificate)}
    headers = {"authorization": f"Bearer {token}"}
    assert (await bound.http.post("/pulls", headers=headers)).status_code == 200
    over(bound, AUTHORITY.certify("thief.example"))
    used = await bound.http.post("/pulls", headers=headers)
    assert is_refused(used, "invalid_token", 401)
