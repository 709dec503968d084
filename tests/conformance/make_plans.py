"""Writes `plans/*.json`: one configuration per plan, in the form that the OpenID conformance suite reads.

`python -m tests.conformance.make_plans [--issuer https://…] [--out DIR] [PLAN…]` makes fresh keys and secrets, all of
them made up and good for nothing but testing. The member `tuaton` is ours: what is registered at the issuer.
"""

import argparse
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import RSAKey

from tests.conformance.automation import first_visit_unfinished, usual_browser
from tests.conformance.browser import CITIZEN
from tests.conformance.certificates import Authority, make_certificate

FOLDER = Path(__file__).parent / "plans"
ISSUER = "https://op.example"
SUITES = ("https://localhost.emobix.co.uk:8443", "https://www.certification.openid.net")
AUTHORITY_FILE = "client-ca.pem"
"""Beside the plans: for `idp serve --client-ca`."""
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
THAID_SCOPE = """openid pid address gender birthdate given_name middle_name family_name name given_name_en
middle_name_en family_name_en name_en title title_en ial"""
THAID = {**BASIC, "citizen_number": True}
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


SELF_SIGNED = {"token_endpoint_auth_method": "self_signed_tls_client_auth"}
CERTIFIED = {"token_endpoint_auth_method": "tls_client_auth"}
CIBA = {
    "profile": "fapi2",
    "grant_types": ["urn:openid:params:grant-type:ciba", "refresh_token"],
    "response_types": [],
    "redirect_uris": [],
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "PS256",
    "backchannel_authentication_request_signing_alg": "PS256",
    "id_token_signed_response_alg": "PS256",
    **MTLS_BOUND,
}
PARTS = {"sp": "security-profile-final", "ms": "message-signing-final"}

INNERMOST_LIST = re.compile(r"\[[^\[\]{}]*\]")

Clients = Mapping[str, tuple[dict[str, Any], dict[str, Any]]]
"""Name of the suite's member to what its program holds and what we register."""


@dataclass
class Plan:
    """One configuration file: `more` are members of the suite beside the clients, `override` names modules that need
    another browser."""

    title: str
    clients: Clients = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    override: dict[str, Any] = field(default_factory=dict)


def at_suites(alias: str, path: str) -> list[str]:
    """Addresses of the suite's test programs."""
    return [f"{suite}/test/a/{alias}/{path}" for suite in SUITES]


def redirect_uris(alias: str) -> list[str]:
    """Where the suite's test programs wait; the second client of FAPI plans has a query."""
    plain = at_suites(alias, "callback")
    return plain + [f"{address}?dummy1=lorem&dummy2=ipsum" for address in plain]


def secret_client(client_id: str) -> dict[str, Any]:
    return {"client_id": client_id, "client_secret": secrets.token_urlsafe(32), "scope": SCOPE}


def key_client(client_id: str) -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    jwk = {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig", "alg": "PS256"}
    return {"client_id": client_id, "scope": SCOPE, "jwks": {"keys": [jwk]}}


def basic(alias: str, issuer: str) -> Plan:
    # one module sends neither PKCE nor a nonce
    bare = {**BASIC, "nonce_required": False}
    post = {**bare, "token_endpoint_auth_method": "client_secret_post"}
    return Plan(
        "Basic or Form Post OP, static clients",
        {
            "client": (secret_client(f"{alias}-1"), bare),
            "client2": (secret_client(f"{alias}-2"), bare),
            "client_secret_post": (secret_client(f"{alias}-post"), post),
        },
    )


def newcomers(alias: str, issuer: str) -> Plan:
    names = {"client": {"client_name": f"{alias}-1"}, "client2": {"client_name": f"{alias}-2"}}
    return Plan("Clients register themselves", more=names)


def discovery(alias: str, issuer: str) -> Plan:
    return Plan("Config OP: the metadata alone")


def logout(alias: str, issuer: str) -> Plan:
    local = at_suites(alias, "")[0]
    notices: dict[str, Any] = {
        "oidcc-backchannel-logout": {
            "backchannel_logout_uri": f"{local}backchannel_logout",
            "backchannel_logout_session_required": True,
        },
        "oidcc-frontchannel-logout": {
            "frontchannel_logout_uri": f"{local}frontchannel_logout",
            "frontchannel_logout_session_required": True,
        },
    }
    back = {"post_logout_redirect_uris": at_suites(alias, "post_logout_redirect")}
    ours = {**BASIC, **back, **notices.get(alias, {})}
    return Plan(
        "Logout, static clients",
        {"client": (secret_client(f"{alias}-1"), ours), "client2": (secret_client(f"{alias}-2"), ours)},
    )


def thaid(alias: str, issuer: str) -> Plan:
    program = {**secret_client(f"{alias}-1"), "scope": " ".join(THAID_SCOPE.split())}
    return Plan("A program that was written for ThaiD (no plan of the suite)", {"client": (program, THAID)})


def fapi(
    registered: Mapping[str, Any],
    *,
    certificates: Callable[[str], dict[str, Any]] | None = None,
    names: Callable[[str], Mapping[str, str]] = lambda client_id: {},
) -> Callable[[str, str], Plan]:
    def made(alias: str, issuer: str) -> Plan:
        ours = {**FAPI, **registered}
        prefix = f"fapi2-{PARTS[alias.split('-')[1]]}"
        return Plan(
            "FAPI 2.0 Final",
            {
                name: (key_client(client_id), {**ours, **names(client_id)})
                for name, client_id in (("client", f"{alias}-1"), ("client2", f"{alias}-2"))
            },
            more={
                "resource": {"resourceUrl": f"{issuer}/userinfo"},
                **(certificates(alias) if certificates else {}),
            },
            override={
                f"{prefix}-user-rejects-authentication": usual_browser(issuer, SUITES, decision="deny"),
                f"{prefix}-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds": first_visit_unfinished(
                    issuer, SUITES
                ),
            },
        )

    return made


def ciba(registered: Mapping[str, Any]) -> Callable[[str, str], Plan]:
    def made(alias: str, issuer: str) -> Plan:
        ours = {**CIBA, **registered}
        if registered["backchannel_token_delivery_mode"] == "ping":
            ours["backchannel_client_notification_endpoint"] = at_suites(alias, "ciba-notification-endpoint")[0]
        hint = {"hint_type": "login_hint", "hint_value": CITIZEN}
        return Plan(
            "FAPI-CIBA ID1",
            {
                name: ({**key_client(f"{alias}-{number}"), **hint}, ours)
                for number, name in enumerate(("client", "client2"), 1)
            },
            more={
                "resource": {"resourceUrl": f"{issuer}/userinfo"},
                "automated_ciba_approval_url": (
                    f"{issuer}/conformance/decide?auth_req_id={{auth_req_id}}&action={{action}}"
                ),
                **self_signed(alias),
            },
        )

    return made


def self_signed(alias: str) -> dict[str, Any]:
    made = {name: make_certificate(f"{alias}-{number}") for number, name in enumerate(("mtls", "mtls2"), 1)}
    return {name: {"cert": certificate, "key": key} for name, (certificate, key) in made.items()}


def certified(alias: str) -> dict[str, Any]:
    """Certificates of an authority: the first client is known by its subject, the second by a name beside it."""
    authority = Authority()
    made = {
        "mtls": authority.certify(f"{alias}-1"),
        "mtls2": authority.certify("Second client", f"{alias}-2.example"),
    }
    return {name: {"cert": each.pem, "key": each.key_pem, "ca": authority.pem} for name, each in made.items()}


def names_of_certified(client_id: str) -> Mapping[str, str]:
    if client_id.endswith("-1"):
        return {"tls_client_auth_subject_dn": f"CN={client_id}"}
    return {"tls_client_auth_san_dns": f"{client_id}.example"}


PLANS: Mapping[str, Callable[[str, str], Plan]] = {
    "fapi2-sp-dpop": fapi({}),
    "fapi2-sp-mtls": fapi(MTLS_BOUND, certificates=self_signed),
    "fapi2-sp-mtls-auth-dpop": fapi(SELF_SIGNED, certificates=self_signed),
    "fapi2-sp-mtls-auth-mtls": fapi({**CERTIFIED, **MTLS_BOUND}, certificates=certified, names=names_of_certified),
    "fapi2-ms-dpop": fapi(SIGNED),
    "fapi2-ms-mtls-auth-mtls": fapi({**SIGNED, **SELF_SIGNED, **MTLS_BOUND}, certificates=self_signed),
    "fapi-ciba-poll": ciba({"backchannel_token_delivery_mode": "poll"}),
    "fapi-ciba-ping": ciba({"backchannel_token_delivery_mode": "ping"}),
    "fapi-ciba-mtls-auth-poll": ciba({**SELF_SIGNED, "backchannel_token_delivery_mode": "poll"}),
    "fapi-ciba-mtls-auth-ping": ciba({**SELF_SIGNED, "backchannel_token_delivery_mode": "ping"}),
    "oidcc-basic": basic,
    "oidcc-basic-dynamic": newcomers,
    "oidcc-formpost-basic": basic,
    "oidcc-formpost-basic-dynamic": newcomers,
    "oidcc-config": discovery,
    "oidcc-dynamic": newcomers,
    "oidcc-3rdparty-init-login": newcomers,
    "oidcc-rp-initiated-logout": logout,
    "oidcc-backchannel-logout": logout,
    "oidcc-frontchannel-logout": logout,
    "oidcc-session-management": logout,
    "ekyc": basic,
    "thaid-client": thaid,
}


def configuration(alias: str, issuer: str) -> dict[str, Any]:
    """The whole file of one plan."""
    plan = PLANS[alias](alias, issuer)
    return {
        "alias": alias,
        "description": plan.title,
        "server": {"discoveryUrl": f"{issuer}/.well-known/openid-configuration"},
        **{name: theirs for name, (theirs, _) in plan.clients.items()},
        **plan.more,
        "browser": usual_browser(issuer, SUITES),
        **(
            {"override": {module: {"browser": tasks} for module, tasks in plan.override.items()}}
            if plan.override
            else {}
        ),
        "tuaton": {
            "redirect_uris": redirect_uris(alias),
            **{name: ours for name, (_, ours) in plan.clients.items()},
        },
    }


def _on_one_line(found: re.Match[str]) -> str:
    return " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.make_plans", description=__doc__)
    parser.add_argument("--issuer", default=ISSUER, help="the issuer's address, as the suite reaches it")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("plans", nargs="*", metavar="PLAN", help="which plans; without any, all")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for alias in given.plans or PLANS:
        document = configuration(alias, given.issuer)
        text = INNERMOST_LIST.sub(_on_one_line, json.dumps(document, indent=2))
        (given.out / f"{alias}.json").write_text(f"{text}\n", "utf-8")
        if "ca" in document.get("mtls", {}):
            (given.out / AUTHORITY_FILE).write_text(document["mtls"]["ca"], "utf-8")


if __name__ == "__main__":
    main()
