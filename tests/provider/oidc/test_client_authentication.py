"""Every way in which a client proves who it is, and every wrong way, at an endpoint that only asks for that."""

import secrets
from base64 import b64encode
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey

from idp.audit.model import SYSTEM
from idp.authorization.client_registration.model import ClientProfile
from idp.kernel.ids import ClientId
from tests.protocol.signing import assertion, ec_key
from tests.provider.oidc.certificates import AUTHORITY, Authority, header_of
from tests.provider.oidc.program import is_refused
from tests.provider.oidc.world import CALLBACK, ISSUER, World

SECRET = "s" * 43
BASIC = {"authorization": "Basic " + b64encode(f"old:{SECRET}".encode()).decode()}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def register(
    world: World, method: str, *, secret: str | None = None, fapi: bool = False, **metadata: Any
) -> None:
    async with world.storage.unit_of_work() as uow:
        await world.clients.register(
            uow,
            client_id=ClientId("old"),
            agency_id=world.sown.agency_id,
            name_th="old",
            name_en="old",
            metadata={"redirect_uris": [CALLBACK], "token_endpoint_auth_method": method, **metadata},
            profile=ClientProfile.FAPI2 if fapi else ClientProfile.BASELINE,
            secret=secret,
            by=SYSTEM,
        )


async def call(world: World, body: dict[str, str], headers: dict[str, str] | None = None) -> httpx2.Response:
    return await world.browser().post("/revoke", data={"token": "x", **body}, headers=headers)


def asserted(world: World, key: ECKey, **changes: Any) -> dict[str, str]:
    made = {"client_id": "old", "audience": ISSUER, "jti": secrets.token_hex(8), **changes}
    return {
        "client_assertion": assertion(key, now=world.clock.now(), **made),
        "client_assertion_type": ASSERTION_TYPE,
    }


async def test_a_secret_in_the_header(world: World) -> None:
    await register(world, "client_secret_basic", secret=SECRET)
    assert (await call(world, {}, BASIC)).status_code == 200
    assert (await call(world, {"client_id": "old"}, BASIC)).status_code == 200
    wrong = "Basic " + b64encode(b"old:" + b"t" * 43).decode()
    refused = await call(world, {}, {"authorization": wrong})
    assert is_refused(refused, "invalid_client", 401)
    assert refused.headers["www-authenticate"].startswith("Basic ")
    assert is_refused(await call(world, {"client_id": "jobs"}, BASIC), "invalid_client", 401)
    assert is_refused(await call(world, {"client_id": "old", "client_secret": SECRET}), "invalid_client", 401)
    assert is_refused(await call(world, {"client_id": "old"}), "invalid_client", 401)
    assert "client.not_authenticated" in world.security_log.events


async def test_a_secret_in_the_body(world: World) -> None:
    await register(world, "client_secret_post", secret=SECRET)
    assert (await call(world, {"client_id": "old", "client_secret": SECRET})).status_code == 200
    assert is_refused(await call(world, {"client_id": "old", "client_secret": "t" * 43}), "invalid_client", 401)
    assert is_refused(await call(world, {}, BASIC), "invalid_client", 401)
    both = {"client_id": "old", "client_secret": SECRET}
    assert is_refused(await call(world, both, BASIC), "invalid_client", 401)


async def test_a_public_client_shows_its_name_alone(world: World) -> None:
    await register(world, "none")
    assert (await call(world, {"client_id": "old"})).status_code == 200
    assert is_refused(await call(world, {"client_id": "old", "client_secret": SECRET}), "invalid_client", 401)


async def test_the_name_alone_is_nothing_for_a_client_with_a_key(world: World) -> None:
    assert is_refused(await call(world, {"client_id": "jobs"}), "invalid_client", 401)
    assert is_refused(await call(world, {"client_id": "nobody"}), "invalid_client", 401)


async def test_plain_clients_may_name_the_token_endpoint_and_fapi_clients_may_not(world: World) -> None:
    key = ec_key()
    await register(world, "private_key_jwt", jwks={"keys": [key.as_dict(private=False)]})
    for audience in (ISSUER, f"{ISSUER}/token", [ISSUER, "https://other.example"]):
        assert (await call(world, asserted(world, key, audience=audience))).status_code == 200
    for audience in (f"{ISSUER}/revoke", "https://other.example", []):
        assert is_refused(await call(world, asserted(world, key, audience=audience)), "invalid_client", 401)
    for audience in (f"{ISSUER}/token", [ISSUER]):
        body = asserted(world, world.sown.jobs_key, client_id="jobs", audience=audience)
        assert is_refused(await call(world, body), "invalid_client", 401)


def handed_on(certificate: x509.Certificate) -> dict[str, str]:
    return {"client-cert": header_of(certificate)}


async def test_a_certificate_of_a_trusted_authority(world: World) -> None:
    await register(
        world,
        "tls_client_auth",
        fapi=True,
        tls_client_auth_subject_dn="CN=old",
        tls_client_certificate_bound_access_tokens=True,
    )
    name = {"client_id": "old"}
    assert (await call(world, name, handed_on(AUTHORITY.certify("old")))).status_code == 200
    for certificate in (AUTHORITY.certify("jobs"), Authority().certify("old")):
        assert is_refused(await call(world, name, handed_on(certificate)), "invalid_client", 401)
    assert is_refused(await call(world, name), "invalid_client", 401)
    assert is_refused(await call(world, name, {"client-cert": "rubbish"}), "invalid_request")


async def test_a_certificate_that_the_client_registered(world: World) -> None:
    certificate = AUTHORITY.certify("old")
    public = ECKey.import_key(
        certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ).as_dict(private=False)
    der = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    await register(world, "self_signed_tls_client_auth", jwks={"keys": [{**public, "x5c": [der]}]})
    name = {"client_id": "old"}
    assert (await call(world, name, handed_on(certificate))).status_code == 200
    assert is_refused(await call(world, name, handed_on(AUTHORITY.certify("old"))), "invalid_client", 401)


async def test_the_header_counts_from_the_proxy_alone(world: World) -> None:
    await register(
        world,
        "tls_client_auth",
        tls_client_auth_subject_dn="CN=old",
    )
    elsewhere = httpx2.ASGITransport(app=world.app, client=("203.0.113.7", 4711))
    async with httpx2.AsyncClient(transport=elsewhere, base_url=ISSUER) as stranger:
        headers = handed_on(AUTHORITY.certify("old"))
        response = await stranger.post("/revoke", data={"token": "x", "client_id": "old"}, headers=headers)
    assert is_refused(response, "invalid_client", 401)
    assert "certificate.header_not_from_proxy" in world.security_log.events


@pytest.mark.parametrize("scheme", ["Bearer x", "Basic", "Basic !"])
async def test_an_authorization_header_that_cannot_be_read(world: World, scheme: str) -> None:
    assert is_refused(await call(world, {}, {"authorization": scheme}), "invalid_client", 401)
