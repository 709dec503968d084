"""How a pushed request is refused."""

from typing import Any

from tests.conformance.party import Asked, Party

REFUSED = ("invalid_request", "invalid_request_object")
WRONG_RESPONSE_TYPE = (*REFUSED, "unsupported_response_type", "unauthorized_client")


def refused_at_par(party: Party, asked: Asked, **options: Any) -> str:
    """The error of a request that must not be taken."""
    answer = party.push(asked, **options)
    assert answer.status_code in (400, 401), answer.text
    return str(answer.json()["error"])
