"""Whatever a browser sends, a ceremony answers with a verified record or its one refusal."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.authentication import ceremonies
from idp.authentication.ceremonies import CeremonyRefused
from idp.authentication.model import NewCredential, RelyingParty
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator

HERE = RelyingParty("id.localhost", "Tuaton", "http://id.localhost:8000")
CHALLENGE = b"c" * 32
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def made() -> tuple[SoftAuthenticator, dict[str, Any]]:
    options = ceremonies.registration_options(
        relying_party=HERE, challenge=CHALLENGE, user_handle=b"u" * 32, display_name="ก", known_credentials=()
    )
    device = SoftAuthenticator()
    return device, device.create(options, origin=HERE.origin)


DEVICE, REGISTRATION = made()
CREDENTIAL: NewCredential = ceremonies.verify_registration(
    credential=REGISTRATION, expected_challenge=CHALLENGE, relying_party=HERE
)
ASSERTION = DEVICE.get(ceremonies.authentication_options(relying_party=HERE, challenge=CHALLENGE), origin=HERE.origin)


def assert_refused(credential: dict[str, Any]) -> None:
    with pytest.raises(CeremonyRefused):
        ceremonies.verify_assertion(
            credential=credential,
            expected_challenge=CHALLENGE,
            relying_party=HERE,
            public_key=CREDENTIAL.public_key,
        )


def test_what_is_as_it_should_be_is_verified() -> None:
    verified = ceremonies.verify_assertion(
        credential=ASSERTION, expected_challenge=CHALLENGE, relying_party=HERE, public_key=CREDENTIAL.public_key
    )
    assert (verified.sign_count, verified.backup_eligible) == (1, False)


def test_the_options_ask_for_a_discoverable_key_and_a_verified_user() -> None:
    options = ceremonies.registration_options(
        relying_party=HERE, challenge=CHALLENGE, user_handle=b"u" * 32, display_name="ก", known_credentials=(b"known",)
    )
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [known["type"] for known in options["excludeCredentials"]] == ["public-key"]
    request = ceremonies.authentication_options(relying_party=HERE, challenge=CHALLENGE)
    assert (request["userVerification"], request["allowCredentials"]) == ("required", [])


@given(JSON)
def test_no_credential_breaks_the_verifier(junk: Any) -> None:
    assert_refused(junk if isinstance(junk, dict) else {"id": junk, "rawId": junk, "type": junk, "response": junk})


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), JSON)
def test_no_part_breaks_the_verifier(part: str, junk: Any) -> None:
    credential = copy.deepcopy(ASSERTION)
    credential["response"][part] = junk
    assert_refused(credential)


@given(st.sampled_from(["clientDataJSON", "attestationObject"]), st.binary(max_size=64))
def test_no_bytes_break_the_registration(part: str, junk: bytes) -> None:
    credential = copy.deepcopy(REGISTRATION)
    credential["response"][part] = junk.hex()
    with pytest.raises(CeremonyRefused):
        ceremonies.verify_registration(credential=credential, expected_challenge=CHALLENGE, relying_party=HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        RelyingParty("localhost", "", HERE.origin),
        RelyingParty("other.localhost", "", HERE.origin),
        RelyingParty(HERE.id, "", "https://id.localhost:8000"),
        RelyingParty(HERE.id, "", "http://id.localhost"),
    ],
    ids=str,
)
def test_an_answer_counts_at_one_place_only(elsewhere: RelyingParty) -> None:
    with pytest.raises(CeremonyRefused):
        ceremonies.verify_assertion(
            credential=ASSERTION,
            expected_challenge=CHALLENGE,
            relying_party=elsewhere,
            public_key=CREDENTIAL.public_key,
        )


@given(st.dictionaries(st.just("id"), JSON))
def test_a_named_credential_is_bytes_or_none(credential: dict[str, Any]) -> None:
    named = ceremonies.credential_id_of(credential)
    assert named is None or isinstance(named, bytes)
