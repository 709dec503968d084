"""RFC 7636."""

import pytest

from idp.protocol.errors import InvalidGrantError, InvalidRequestError
from idp.protocol.pkce import validate_code_challenge, validate_code_verifier

# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_appendix_b_verifies() -> None:
    assert validate_code_challenge(code_challenge=CHALLENGE, code_challenge_method="S256") == CHALLENGE
    validate_code_verifier(code_verifier=VERIFIER, expected_challenge=CHALLENGE)


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (None, "S256"),
        (CHALLENGE, None),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "a", "S256"),
        (CHALLENGE[:-1] + "+", "S256"),
        (CHALLENGE[:-1] + "\n", "S256"),
    ],
)
def test_a_challenge_that_is_missing_plain_or_malformed_is_refused(challenge: str | None, method: str | None) -> None:
    with pytest.raises(InvalidRequestError):
        validate_code_challenge(code_challenge=challenge, code_challenge_method=method)


@pytest.mark.parametrize(
    "verifier",
    [None, "", VERIFIER[:-1], "a" * 129, VERIFIER[:-1] + "l", VERIFIER + "\n", CHALLENGE, "é" * 43],
)
def test_a_verifier_that_is_missing_malformed_or_wrong_is_refused(verifier: str | None) -> None:
    with pytest.raises(InvalidGrantError):
        validate_code_verifier(code_verifier=verifier, expected_challenge=CHALLENGE)
