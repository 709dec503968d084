"""Tokens bound to a client certificate (RFC 8705 §3) at the data exchange: right one, another, none."""

import secrets

import httpx2
import pytest

from idp.protocol.mutual_tls import ClientCertificate, read_certificate
from tests.gateway.door import Door
from tests.provider.oidc.certificates import AUTHORITY, header_of

pytestmark = pytest.mark.anyio

OWN, OTHER = header_of(AUTHORITY.certify("jobs.example")), header_of(AUTHORITY.certify("thief.example"))


async def bound_token(door: Door, **more: str) -> str:
    _, verified = await door.world.consented()
    certificate: ClientCertificate = read_certificate(OWN)
    return await door.token(verified, cnf={"x5t#S256": certificate.thumbprint, **more})


async def pull(door: Door, token: str, scheme: str = "Bearer", **headers: str) -> httpx2.Response:
    sent = {"authorization": f"{scheme} {token}", "idempotency-key": secrets.token_hex(8), **headers}
    return await door.http.post("/pulls", json={"dataset": "dopa.person"}, headers=sent)


async def test_data_leave_over_the_certificate_that_the_token_names(door: Door) -> None:
    answer = await pull(door, await bound_token(door), **{"client-cert": OWN})
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"]["name_th"]


@pytest.mark.parametrize("headers", [{}, {"client-cert": OTHER}], ids=["none", "other"])
async def test_no_certificate_and_another_are_refused(door: Door, headers: dict[str, str]) -> None:
    # RFC 8705 §3: "the resource server … MUST reject the request with an HTTP 401 status code and the invalid_token
    # error code"
    answer = await pull(door, await bound_token(door), **headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_certificate_that_cannot_be_read_is_a_wrong_request(door: Door) -> None:
    answer = await pull(door, await bound_token(door), **{"client-cert": ":AAAA:"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_token_bound_to_both_needs_both(door: Door) -> None:
    token = await bound_token(door, jkt=door.key.thumbprint())
    alone = await pull(door, token, **{"client-cert": OWN})
    assert alone.status_code == 401
    proof = door.proof(token, "POST", "/pulls")
    assert (await pull(door, token, "DPoP", dpop=proof)).status_code == 401
    fresh = door.proof(token, "POST", "/pulls")
    assert (await pull(door, token, "DPoP", dpop=fresh, **{"client-cert": OWN})).status_code == 200
