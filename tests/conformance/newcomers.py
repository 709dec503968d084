"""Clients that register themselves (RFC 7591), with programs like those of the Dynamic and logout plans."""

from typing import Any

import httpx2
from joserfc.jwk import RSAKey

from tests.conformance.party import Party
from tests.conformance.server import Server

CALLBACK = "https://client.example/callback"


def fresh_key() -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig"}


def public(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name in ("kty", "n", "e", "kid", "use", "alg")}


def register(server: Server, **metadata: Any) -> httpx2.Response:
    """Ask for a registration; without more, one with a secret and all usual scopes."""
    wanted = {
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "scope": "openid profile email address phone",
        **metadata,
    }
    return server.http().post(
        server.metadata["registration_endpoint"],
        json={name: value for name, value in wanted.items() if value is not None},
    )


def newcomer(server: Server, *, private_key: dict[str, Any] | None = None, **metadata: Any) -> Party:
    """A client that was registered a moment ago."""
    answer = register(server, **metadata)
    assert answer.status_code == 201, answer.text
    document = answer.json()
    configuration = {**document, **({"jwks": {"keys": [private_key]}} if private_key else {})}
    return Party(
        server=server,
        plan="dynamic",
        configuration=configuration,
        registered={"profile": "baseline", **document},
        redirect_uri=document["redirect_uris"][0],
        always_pkce=True,
    )
