"""Pushed authorization requests, RFC 9126."""

from collections.abc import Mapping
from typing import Any

from idp.protocol.authorization_request import PUSHED_REQUEST_PREFIX
from idp.protocol.errors import InvalidDpopProof, InvalidRequestError

MAX_PUSHED_BYTES = 16_384
CLIENT_AUTHENTICATION = frozenset({"client_assertion", "client_assertion_type", "client_secret"})


def pushed_parameters(parameters: Mapping[str, str], *, authenticated_client_id: str) -> Mapping[str, str]:
    """The authorization request inside a PAR body, without the client's authentication.

    Raises InvalidRequestError when it may not be pushed.
    """
    # §2.1 (2): "Reject the request if the request_uri authorization request parameter is provided."
    if "request_uri" in parameters:
        raise InvalidRequestError("request_uri must not be pushed")
    # §2.1: a client_id in the body must be that of the authenticated client, as in any request (RFC 6749 §3.2.1).
    if parameters.get("client_id", authenticated_client_id) != authenticated_client_id:
        raise InvalidRequestError("client_id is not the authenticated client")
    kept = {name: value for name, value in parameters.items() if name not in CLIENT_AUTHENTICATION}
    return {**kept, "client_id": authenticated_client_id}


def bound_key(*, dpop_jkt: str | None, proof_jkt: str | None) -> str | None:
    """The key that the code will be bound to (RFC 9449 §10.1); raises InvalidDpopProof when two keys are named."""
    # RFC 9449 §10.1: "If both mechanisms are used at the same time, the authorization server MUST reject the request if
    # the JWK Thumbprint in dpop_jkt does not match the public key in the DPoP header."
    if dpop_jkt is not None and proof_jkt is not None and dpop_jkt != proof_jkt:
        raise InvalidDpopProof("dpop_jkt is not the key of the DPoP proof")
    return dpop_jkt or proof_jkt


def sealed_part(request_uri: str) -> str | None:
    """What follows our prefix in a request_uri, None when it is not one of ours."""
    if not request_uri.startswith(PUSHED_REQUEST_PREFIX):
        return None
    return request_uri.removeprefix(PUSHED_REQUEST_PREFIX)


def pushed_response(*, sealed: str, expires_in: int) -> dict[str, Any]:
    """The answer of §2.2; `expires_in` in seconds."""
    return {"request_uri": PUSHED_REQUEST_PREFIX + sealed, "expires_in": expires_in}
