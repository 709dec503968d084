"""The authorization request: RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 9126 §2.1 and FAPI 2.0 §5.3.2.2."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from idp.protocol.errors import InvalidRequestError, RequestNotSupportedError, UnsupportedResponseType
from idp.protocol.parameters import required, words
from idp.protocol.pkce import validate_code_challenge

PUSHED_REQUEST_PREFIX = "urn:ietf:params:oauth:request_uri:"
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
# In bytes: what is accepted here travels sealed in addresses, which servers and proxies cut off somewhere.
LONGEST_STATE = 1024
LONGEST_LIST = 512
LONGEST_AUTHORIZATION_DETAILS = 4096
JWK_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_AGE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A well-formed request of a known client to a registered address; what it asks for is still to be judged.

    `authorization_details` is the raw JSON text (RFC 9396); `max_age` is in seconds.
    """

    client_id: str
    redirect_uri: str
    scope: tuple[str, ...]
    code_challenge: str
    state: str | None = None
    nonce: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    ui_locales: tuple[str, ...] = ()
    authorization_details: str | None = None
    resource: str | None = None
    dpop_jkt: str | None = None


def parse_authorization_request(parameters: Mapping[str, str]) -> AuthorizationRequest:
    """Read a request whose client and redirect_uri are proven already (attack 4 of the security sheet).

    Raises the OAuth error to send to that redirect_uri.
    """
    # OpenID Connect Core §6.1: "If the request parameter is … not supported … the OP MUST return the
    # request_not_supported error."
    if "request" in parameters:
        raise RequestNotSupportedError("request objects are not supported")
    # RFC 6749 §3.1.1: "If an authorization request is missing the "response_type" parameter … the authorization server
    # MUST return an error response"
    response_type = required(parameters, "response_type")
    if response_type != "code":
        raise UnsupportedResponseType()
    if parameters.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode must be query")
    return AuthorizationRequest(
        client_id=required(parameters, "client_id"),
        redirect_uri=required(parameters, "redirect_uri"),
        scope=words(_bounded(parameters, "scope", LONGEST_LIST)),
        code_challenge=validate_code_challenge(
            code_challenge=parameters.get("code_challenge"),
            code_challenge_method=parameters.get("code_challenge_method"),
        ),
        state=_bounded(parameters, "state", LONGEST_STATE),
        nonce=_bounded(parameters, "nonce", LONGEST_STATE),
        prompt=_prompt(parameters),
        max_age=_max_age(parameters),
        acr_values=words(_bounded(parameters, "acr_values", LONGEST_LIST)),
        ui_locales=words(_bounded(parameters, "ui_locales", LONGEST_LIST)),
        authorization_details=_bounded(parameters, "authorization_details", LONGEST_AUTHORIZATION_DETAILS),
        resource=_bounded(parameters, "resource", LONGEST_STATE),
        dpop_jkt=_dpop_jkt(parameters),
    )


def _bounded(parameters: Mapping[str, str], name: str, longest: int) -> str | None:
    value = parameters.get(name)
    if value is not None and len(value.encode()) > longest:
        raise InvalidRequestError(f"{name} is too long")
    return value


def _prompt(parameters: Mapping[str, str]) -> tuple[str, ...]:
    prompt = words(parameters.get("prompt"))
    if not PROMPTS.issuperset(prompt):
        raise InvalidRequestError("prompt has an unknown value")
    # OpenID Connect Core §3.1.2.1: "If this parameter contains none with any other value, an error is returned."
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequestError("prompt none stands alone")
    return prompt


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
