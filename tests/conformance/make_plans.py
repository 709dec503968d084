"""Writes `plans/*.json`: one configuration per plan, in the form that the OpenID conformance suite reads.

`python -m tests.conformance.make_plans` makes fresh keys and secrets, all of them made up and good for nothing but
testing. The member `tuaton` is ours: what is registered at the issuer.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import RSAKey

from tests.conformance.certificates import make_certificate

FOLDER = Path(__file__).parent / "plans"
ISSUER = "https://op.example"
SUITES = ("https://localhost.emobix.co.uk:8443", "https://www.certification.openid.net")
SCOPE = "openid profile email address phone"
CODE = ["authorization_code", "refresh_token"]

BASELINE = {"profile": "baseline", "grant_types": CODE, "response_types": ["code"], "subject_type": "pairwise"}
BASIC = {
    **BASELINE,
    "token_endpoint_auth_method": "client_secret_basic",
    "id_token_signed_response_alg": "RS256",
    "dpop_bound_access_tokens": False,
    "pkce_required": False,
}
FAPI = {
    "profile": "fapi2",
    "grant_types": CODE,
    "response_types": ["code"],
    "subject_type": "pairwise",
    "token_endpoint_auth_method": "private_key_jwt",
    "id_token_signed_response_alg": "ES256",
    "dpop_bound_access_tokens": True,
}
MTLS_BOUND = {"dpop_bound_access_tokens": False, "tls_client_certificate_bound_access_tokens": True}
SIGNED = {
    "profile": "fapi2-message-signing",
    "require_signed_request_object": True,
    "request_object_signing_alg": "PS256",
    "authorization_signed_response_alg": "PS256",
}


def redirect_uris(alias: str) -> list[str]:
    """Where the suite's test programs wait; the second client of FAPI plans has a query."""
    plain = [f"{suite}/test/a/{alias}/callback" for suite in SUITES]
    return plain + [f"{address}?dummy1=lorem&dummy2=ipsum" for address in plain]


def secret_client(client_id: str) -> dict[str, Any]:
    return {"client_id": client_id, "client_secret": secrets.token_urlsafe(32), "scope": SCOPE}


def key_client(client_id: str) -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    jwk = {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig", "alg": "PS256"}
    return {"client_id": client_id, "scope": SCOPE, "jwks": {"keys": [jwk]}}


def plan(
    alias: str, description: str, clients: Mapping[str, tuple[dict[str, Any], dict[str, Any]]], **more: Any
) -> None:
    document = {
        "alias": alias,
        "description": description,
        "server": {"discoveryUrl": f"{ISSUER}/.well-known/openid-configuration"},
        **{name: theirs for name, (theirs, _) in clients.items()},
        **more,
        "tuaton": {
            "redirect_uris": redirect_uris(alias),
            **{name: ours for name, (_, ours) in clients.items()},
        },
    }
    (FOLDER / f"{alias}.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def basic(alias: str, description: str) -> None:
    plan(
        alias,
        description,
        {
            "client": (secret_client(f"{alias}-1"), BASIC),
            "client2": (secret_client(f"{alias}-2"), BASIC),
            "client_secret_post": (
                secret_client(f"{alias}-post"),
                {**BASIC, "token_endpoint_auth_method": "client_secret_post"},
            ),
        },
    )


def fapi(alias: str, description: str, registered: Mapping[str, Any], **more: Any) -> None:
    ours = {**FAPI, **registered}
    plan(
        alias,
        description,
        {"client": (key_client(f"{alias}-1"), ours), "client2": (key_client(f"{alias}-2"), ours)},
        resource={"resourceUrl": f"{ISSUER}/userinfo"},
        **more,
    )


def certificate(name: str) -> dict[str, str]:
    pem, key = make_certificate(name)
    return {"cert": pem, "key": key}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    fapi("fapi2-sp-dpop", "FAPI2 Security Profile Final: private_key_jwt, DPoP", {})
    basic("oidcc-basic", "Basic OP, static clients")
    basic("oidcc-formpost-basic", "Form Post OP, static clients")
    fapi(
        "fapi2-sp-mtls",
        "FAPI2 Security Profile Final: private_key_jwt, mutual TLS bound tokens",
        MTLS_BOUND,
        mtls=certificate("fapi2-sp-mtls-1"),
        mtls2=certificate("fapi2-sp-mtls-2"),
    )
    fapi("fapi2-ms-dpop", "FAPI2 Message Signing Final: JAR and JARM, private_key_jwt, DPoP", SIGNED)


if __name__ == "__main__":
    main()
