"""Proof Key for Code Exchange, RFC 7636, with S256 alone (RFC 9700 §2.1.1, FAPI 2.0 §5.3.2.2)."""

from hmac import compare_digest

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN, CODE_VERIFIER_PATTERN

from idp.protocol.errors import InvalidGrantError, InvalidRequestError

S256 = "S256"
S256_LENGTH = 43


def validate_code_challenge(*, code_challenge: str | None, code_challenge_method: str | None) -> str:
    """The challenge of an authorization request.

    Raises InvalidRequestError when it is missing, malformed or not S256.
    """
    # §4.4.1: "If the server requires Proof Key for Code Exchange (PKCE) … and the client does not send the
    # "code_challenge" in the request, the authorization endpoint MUST return the … error response with the "error"
    # value set to "invalid_request"."
    if code_challenge is None:
        raise InvalidRequestError("code_challenge is missing")
    # §4.3: the method "defaults to "plain" if not present in the request"; §4.2: "If the client is capable of using
    # "S256", it MUST use "S256"."
    if code_challenge_method != S256:
        raise InvalidRequestError("code_challenge_method must be S256")
    if len(code_challenge) != S256_LENGTH or not CODE_CHALLENGE_PATTERN.fullmatch(code_challenge):
        raise InvalidRequestError("code_challenge is malformed")
    return code_challenge


def validate_code_verifier(*, code_verifier: str | None, expected_challenge: str) -> None:
    """Check the verifier presented at the token endpoint.

    Raises InvalidGrantError when it is missing, malformed or does not match.
    """
    if code_verifier is None or not CODE_VERIFIER_PATTERN.fullmatch(code_verifier):
        raise InvalidGrantError("code_verifier is missing or malformed")
    # §4.6: "If the values are not equal, an error response indicating "invalid_grant" … MUST be returned."
    if not compare_digest(create_s256_code_challenge(code_verifier), expected_challenge):
        raise InvalidGrantError("code_verifier does not match the code_challenge")
