"""OpenID Connect Config: what the metadata must say. (OpenID Connect Discovery §3)"""

from tests.conformance.server import ISSUER, Server

REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}


def test_oidcc_discovery_endpoint_verification(server: Server) -> None:
    metadata = server.metadata
    assert set(metadata) >= REQUIRED
    assert metadata["issuer"] == ISSUER
    # §3: "The algorithm RS256 MUST be included."
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert {"code"} <= set(metadata["response_types_supported"])
    assert set(metadata["subject_types_supported"]) <= {"public", "pairwise"}
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(f"{ISSUER}/"), name
        if name.endswith("_supported") and not isinstance(value, bool):
            assert isinstance(value, list), name


def test_the_key_set_has_public_signing_keys_alone(server: Server) -> None:
    keys = server.jwks["keys"]
    assert {"RSA", "EC"} <= {key["kty"] for key in keys}
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not any({"d", "p", "q", "k"} & set(key) for key in keys)
