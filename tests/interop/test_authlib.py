"""Authlib's client (PyPI): PKCE, private_key_jwt, refresh, introspection, revocation; through a proxy, over TLS."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.conformance.browser import Browser
from tests.conformance.newcomers import CALLBACK, register
from tests.conformance.server import ISSUER, Server
from tests.interop.conftest import HOST
from tests.interop.outgoing_proxy import tunnelling
from tests.interop.tls_front import Front

KEY = ECKey.generate_key("P-256", {"use": "sig", "kid": "own"})
METHODS: dict[str, dict[str, Any]] = {
    "client_secret_basic": {},
    "client_secret_post": {},
    "private_key_jwt": {"jwks": {"keys": [KEY.as_dict(private=False)]}},
}


@pytest.fixture(params=METHODS)
def session(request: pytest.FixtureRequest, server: Server, front: Front) -> Iterator[OAuth2Client]:
    """A client that was registered a moment ago, behind an agency's outgoing proxy."""
    method: str = request.param
    registered = register(server, token_endpoint_auth_method=method, **METHODS[method]).json()
    with (
        tunnelling(HOST, front.port) as proxy,
        OAuth2Client(
            registered["client_id"],
            KEY if method == "private_key_jwt" else registered["client_secret"],
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            redirect_uri=CALLBACK,
            scope="openid profile email",
            code_challenge_method="S256",
            proxy=f"http://127.0.0.1:{proxy}",
            verify=ssl.create_default_context(cadata=front.certificate),
            trust_env=False,
        ) as client,
    ):
        if method == "private_key_jwt":
            client.register_client_auth_method(PrivateKeyJWT(f"{ISSUER}/token", alg="ES256"))
        yield client


def test_code_refresh_introspection_and_revocation(session: OAuth2Client, server: Server) -> None:
    metadata = _get(session, f"{ISSUER}/.well-known/openid-configuration")
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier="v" * 43, nonce="a-nonce"
    )
    landed = Browser(server).land(url)
    assert (landed.parameters["state"], landed.parameters["iss"]) == (state, ISSUER)
    token = session.fetch_token(metadata["token_endpoint"], code=landed.code, code_verifier="v" * 43)

    keys = KeySet.import_key_set(_get(session, metadata["jwks_uri"]))
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["aud"], claims["nonce"]) == (session.client_id, "a-nonce")
    person = session.get(metadata["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"]

    fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert fresh["refresh_token"] != token["refresh_token"]
    found = session.introspect_token(metadata["introspection_endpoint"], token=fresh["access_token"]).json()
    assert (found["active"], found["sub"]) == (True, claims["sub"])
    assert session.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200
    assert session.get(metadata["userinfo_endpoint"]).status_code == 401


def _get(session: OAuth2Client, url: str) -> Any:
    return session.request("GET", url, withhold_token=True).json()
