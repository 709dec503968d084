"""The authorization request: RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 9126 §2.1 and FAPI 2.0 §5.3.2.2."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from idp.protocol.acting_for import ActingFor, parse_acting_for
from idp.protocol.claims_request import ClaimsRequest, parse_claims_request
from idp.protocol.errors import InvalidRequestError, UnsupportedResponseType
from idp.protocol.grant_management import ManagedGrant, parse_grant_management
from idp.protocol.parameters import required, words
from idp.protocol.pkce import validate_code_challenge
from idp.protocol.prompt import Prompt, parse_prompt
from idp.protocol.response_mode import ResponseMode, parse_response_mode

PUSHED_REQUEST_PREFIX = "urn:ietf:params:oauth:request_uri:"
# In bytes: what is accepted here travels sealed in addresses, which servers and proxies cut off somewhere.
LONGEST_STATE = 1024
LONGEST_LIST = 512
LONGEST_HINT = 256
LONGEST_ID_TOKEN_HINT = 8192
LONGEST_AUTHORIZATION_DETAILS = 4096
LONGEST_TOGETHER = 5120
"""For authorization_details and claims, which a code carries both."""

JWK_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_AGE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A well-formed request of a known client to a registered address; what it asks for is still to be judged.

    `authorization_details` is the raw JSON text (RFC 9396); `max_age` is in seconds. `id_token_hint` is not verified.
    """

    client_id: str
    redirect_uri: str
    scope: tuple[str, ...]
    code_challenge: str | None
    response_mode: ResponseMode = ResponseMode.QUERY
    state: str | None = None
    nonce: str | None = None
    prompt: tuple[Prompt, ...] = ()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    ui_locales: tuple[str, ...] = ()
    claims_locales: tuple[str, ...] = ()
    display: str | None = None
    login_hint: str | None = None
    id_token_hint: str | None = None
    claims: ClaimsRequest = field(default_factory=dict)
    authorization_details: str | None = None
    resource: str | None = None
    dpop_jkt: str | None = None
    managed: ManagedGrant | None = None
    acting_for: ActingFor | None = None


def parse_authorization_request(
    parameters: Mapping[str, str],
    *,
    expected_modes: Collection[str],
    pkce_required: bool,
    nonce_required: bool = True,
) -> AuthorizationRequest:
    """Read a request whose client and redirect_uri are proven already (attack 4 of the security sheet).

    `expected_modes` are the response modes of the client; without `pkce_required` a nonce may take the place of PKCE,
    without `nonce_required` as well neither is needed.
    Parameters that are unknown are not looked at. Raises the OAuth error to send to that redirect_uri.
    """
    # RFC 6749 §3.1.1: "If an authorization request is missing the "response_type" parameter … the authorization server
    # MUST return an error response"
    _bound_together(parameters)
    response_type = required(parameters, "response_type")
    if response_type != "code":
        raise UnsupportedResponseType()
    return AuthorizationRequest(
        client_id=required(parameters, "client_id"),
        redirect_uri=required(parameters, "redirect_uri"),
        scope=words(_bounded(parameters, "scope", LONGEST_LIST)),
        code_challenge=_code_challenge(parameters, pkce_required, nonce_required),
        response_mode=parse_response_mode(parameters.get("response_mode"), expected_modes=expected_modes),
        state=_bounded(parameters, "state", LONGEST_STATE),
        nonce=_bounded(parameters, "nonce", LONGEST_STATE),
        prompt=parse_prompt(parameters.get("prompt")),
        max_age=_max_age(parameters),
        acr_values=words(_bounded(parameters, "acr_values", LONGEST_LIST)),
        ui_locales=words(_bounded(parameters, "ui_locales", LONGEST_LIST)),
        claims_locales=words(_bounded(parameters, "claims_locales", LONGEST_LIST)),
        display=_bounded(parameters, "display", LONGEST_HINT),
        login_hint=_bounded(parameters, "login_hint", LONGEST_HINT),
        id_token_hint=_bounded(parameters, "id_token_hint", LONGEST_ID_TOKEN_HINT),
        claims=parse_claims_request(parameters.get("claims")),
        authorization_details=_bounded(parameters, "authorization_details", LONGEST_AUTHORIZATION_DETAILS),
        resource=_bounded(parameters, "resource", LONGEST_STATE),
        dpop_jkt=_dpop_jkt(parameters),
        managed=parse_grant_management(parameters),
        acting_for=parse_acting_for(parameters.get("acting_for")),
    )


def _bounded(parameters: Mapping[str, str], name: str, longest: int) -> str | None:
    value = parameters.get(name)
    if value is not None and len(value.encode()) > longest:
        raise InvalidRequestError(f"{name} is too long")
    return value


def _bound_together(parameters: Mapping[str, str]) -> None:
    carried = sum(len(parameters.get(name, "").encode()) for name in ("authorization_details", "claims"))
    if carried > LONGEST_TOGETHER:
        raise InvalidRequestError("authorization_details and claims are too long together")


def _code_challenge(parameters: Mapping[str, str], required: bool, nonce_required: bool) -> str | None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None and method is None and not required:
        # RFC 9700 §2.1.1: "With additional precautions, described in Section 4.5.3.2, confidential OpenID Connect …
        # clients MAY use the nonce parameter and the respective Claim in the ID Token instead." OpenID Connect Core
        # §3.1.2.1 has the nonce OPTIONAL in this flow: a client may be registered so, when it cannot be changed.
        if nonce_required and "nonce" not in parameters:
            raise InvalidRequestError("this client must send a nonce or a code_challenge")
        return None
    return validate_code_challenge(code_challenge=challenge, code_challenge_method=method)


def _max_age(parameters: Mapping[str, str]) -> int | None:
    value = parameters.get("max_age")
    if value is None:
        return None
    if not MAX_AGE.fullmatch(value):
        raise InvalidRequestError("max_age must be a number of seconds")
    return int(value)


def _dpop_jkt(parameters: Mapping[str, str]) -> str | None:
    value = parameters.get("dpop_jkt")
    if value is not None and not JWK_THUMBPRINT.fullmatch(value):
        raise InvalidRequestError("dpop_jkt must be a JWK thumbprint")
    return value
