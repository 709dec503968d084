"""Proofs as RFC 9449 §4.2 wants them, and nonces kept apart by server."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relying_party_demo.local_names import LoopbackTransport
from relying_party_demo.national_id.dpop import DpopAuth, DpopKey
from tests.relying_party_demo.serving import free_socket, served

NOW = 1_795_000_000.0
KEY = ECKey.generate_key("P-256")
PULLS = httpx2.URL("http://data.localhost:8001/pulls?x=1#here")


def claims_of(proof: str) -> dict[str, Any]:
    return dict(jwt.decode(proof, KEY, algorithms=["ES256"]).claims)


def header_of(proof: str) -> dict[str, Any]:
    part = proof.split(".")[0]
    return dict(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def proof_key() -> DpopKey:
    return DpopKey(KEY, clock=lambda: NOW)


def test_a_proof_names_method_address_and_time_and_carries_the_public_key_alone() -> None:
    proof = proof_key().proof(method="POST", url=PULLS)
    claims = claims_of(proof)
    assert claims.keys() == {"jti", "htm", "htu", "iat"}
    assert (claims["htm"], claims["htu"], claims["iat"]) == ("POST", "http://data.localhost:8001/pulls", int(NOW))
    header = header_of(proof)
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert header["jwk"].keys() == {"kty", "crv", "x", "y"}


def test_a_proof_for_a_resource_is_bound_to_the_token() -> None:
    # RFC 9449 §7.1, Figure 15: the hash of this access token
    proof = proof_key().proof(method="GET", url=PULLS, access_token="Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")
    assert claims_of(proof)["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_no_two_proofs_are_alike() -> None:
    key = proof_key()
    assert len({claims_of(key.proof(method="GET", url=PULLS))["jti"] for _ in range(20)}) == 20


def test_a_nonce_goes_back_to_the_server_that_gave_it_and_to_no_other() -> None:
    key = proof_key()
    request = httpx2.Request("GET", PULLS)
    key.note_nonce(httpx2.Response(200, headers={"DPoP-Nonce": "n1"}, request=request))
    assert claims_of(key.proof(method="GET", url=PULLS))["nonce"] == "n1"
    assert "nonce" not in claims_of(key.proof(method="GET", url=httpx2.URL("http://id.localhost:8000/token")))


def test_a_demand_for_a_nonce_is_followed_once() -> None:
    seen: list[dict[str, Any]] = []

    async def demand(request: Request) -> Response:
        seen.append(claims_of(request.headers["DPoP"]))
        challenge = {"DPoP-Nonce": f"n{len(seen)}", "WWW-Authenticate": 'DPoP error="use_dpop_nonce"'}
        return Response(status_code=401, headers=challenge)

    with served(Starlette(routes=[Route("/pulls", demand, methods=["POST"])]), free_socket()) as port:
        auth = DpopAuth(proof_key(), "token")
        with httpx2.Client(transport=LoopbackTransport(), auth=auth, trust_env=False) as client:
            assert client.post(f"http://data.localhost:{port}/pulls").status_code == 401
    assert [claims.get("nonce") for claims in seen] == [None, "n1"]
    assert seen[0]["jti"] != seen[1]["jti"]
