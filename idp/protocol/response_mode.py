"""How an authorization answer travels: OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post
Response Mode, and JWT Secured Authorization Response Mode (JARM); every answer names its issuer (RFC 9207).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from idp.protocol.errors import InvalidRequestError, OAuth2Error
from idp.protocol.jose import seconds

JARM_TYP = "JWT"
JARM_LIFETIME = timedelta(minutes=5)
"""JARM §2.1: "A maximum JWT lifetime of 10 minutes is RECOMMENDED."."""


class ResponseMode(StrEnum):
    """The modes that fit response_type code; `jwt` means `query.jwt` with it (JARM §2.3.4)."""

    QUERY = "query"
    FORM_POST = "form_post"
    JWT = "jwt"
    QUERY_JWT = "query.jwt"
    FORM_POST_JWT = "form_post.jwt"

    @property
    def is_signed(self) -> bool:
        """The members travel inside one signed `response`."""
        return self in (ResponseMode.JWT, ResponseMode.QUERY_JWT, ResponseMode.FORM_POST_JWT)

    @property
    def is_posted(self) -> bool:
        """A form in the browser carries them, not the address."""
        return self in (ResponseMode.FORM_POST, ResponseMode.FORM_POST_JWT)


@dataclass(frozen=True, slots=True, repr=False)
class GoTo:
    """Send the browser to `location`, by GET."""

    location: str


@dataclass(frozen=True, slots=True, repr=False)
class PostForm:
    """Have the browser POST `members` to `action` (Form Post Response Mode §2)."""

    action: str
    members: Mapping[str, str]


ClientAnswer = GoTo | PostForm


def parse_response_mode(response_mode: str | None, *, expected_modes: Collection[str]) -> ResponseMode:
    """The mode that was asked for, `query` without one; raises InvalidRequestError for one the client may not use."""
    value = response_mode or ResponseMode.QUERY
    # Multiple Response Types §2.1: "the default Response Mode for the OAuth 2.0 code Response Type is the query
    # encoding"; a client that registered signed modes alone gets no other (FAPI 2.0 Message Signing §5.4.2).
    if value not in set(ResponseMode) or value not in expected_modes:
        raise InvalidRequestError("response_mode is not one that this client may use")
    return ResponseMode(value)


def error_mode(response_mode: str | None, *, expected_modes: Collection[str]) -> ResponseMode:
    """The mode for the error of a request that cannot be read as a whole: the one asked for, else a registered one."""
    try:
        return parse_response_mode(response_mode, expected_modes=expected_modes)
    except InvalidRequestError:
        if not expected_modes or ResponseMode.QUERY in expected_modes:
            return ResponseMode.QUERY
        return ResponseMode(min(expected_modes))


def code_members(*, code: str, state: str | None, issuer: str, session_state: str | None) -> dict[str, str]:
    """The members of a granted request (RFC 6749 §4.1.2; `session_state`: Session Management §2)."""
    members = {"code": code} if session_state is None else {"code": code, "session_state": session_state}
    return _with_state_and_issuer(members, state, issuer)


def error_members(*, error: OAuth2Error, state: str | None, issuer: str) -> dict[str, str]:
    """The members of a refused request (RFC 6749 §4.1.2.1)."""
    members = {"error": str(error.error)}
    if error.description:
        members["error_description"] = str(error.get_error_description())
    return _with_state_and_issuer(members, state, issuer)


def jarm_claims(members: Mapping[str, str], *, client_id: str, now: datetime) -> dict[str, Any]:
    """The claims to sign with typ `JWT`, from members that name their issuer."""
    # JARM §2.1: "The JWT always contains the following data utilized to secure the transmission": iss, aud, exp.
    return {**members, "aud": client_id, "exp": seconds(now + JARM_LIFETIME)}


def _with_state_and_issuer(members: dict[str, str], state: str | None, issuer: str) -> dict[str, str]:
    # RFC 6749 §4.1.2: state is "REQUIRED if the "state" parameter was present in the client authorization request."
    if state is not None:
        members["state"] = state
    # RFC 9207 §2: "an authorization server supporting this specification MUST indicate its identity by including the
    # iss parameter in the response."
    members["iss"] = issuer
    return members
