import json
from typing import Any

import pytest
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers.exceptions import InvalidAuthenticationResponse
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement
from webauthn.registration.verify_registration_response import VerifiedRegistration

from relying_party_demo.journey.soft_authenticator import AuthenticatorRefused, SoftAuthenticator

RP_ID = "id.localhost"
ORIGIN = "http://id.localhost:8000"
CHALLENGE = b"c" * 32


def registration_options(**changes: Any) -> dict[str, Any]:
    options = generate_registration_options(
        rp_id=RP_ID, rp_name="Demonstration", user_name="a", user_id=b"u" * 32, challenge=CHALLENGE, **changes
    )
    return dict(json.loads(options_to_json(options)))


def authentication_options(**changes: Any) -> dict[str, Any]:
    options = generate_authentication_options(rp_id=RP_ID, challenge=CHALLENGE, **changes)
    return dict(json.loads(options_to_json(options)))


def registered(device: SoftAuthenticator) -> VerifiedRegistration:
    return verify_registration_response(
        credential=device.create(registration_options(), origin=ORIGIN),
        expected_challenge=CHALLENGE,
        expected_rp_id=RP_ID,
        expected_origin=ORIGIN,
        require_user_verification=True,
    )


def verified(
    credential: dict[str, Any], passkey: VerifiedRegistration, *, sign_count: int = 0, origin: str = ORIGIN
) -> VerifiedAuthentication:
    return verify_authentication_response(
        credential=credential,
        expected_challenge=CHALLENGE,
        expected_rp_id=RP_ID,
        expected_origin=origin,
        credential_public_key=passkey.credential_public_key,
        credential_current_sign_count=sign_count,
        require_user_verification=True,
    )


def test_a_passkey_is_made_with_user_verification_and_no_attestation() -> None:
    passkey = registered(SoftAuthenticator())
    assert passkey.fmt == "none"
    assert passkey.user_verified


def test_the_passkey_signs_in_without_being_named_and_its_counter_rises() -> None:
    device = SoftAuthenticator()
    passkey = registered(device)
    first = verified(device.get(authentication_options(), origin=ORIGIN), passkey)
    second = verified(device.get(authentication_options(), origin=ORIGIN), passkey, sign_count=first.new_sign_count)
    assert (first.new_sign_count, second.new_sign_count) == (1, 2)


def test_the_answer_names_the_account() -> None:
    device = SoftAuthenticator()
    registered(device)
    answer = device.get(authentication_options(), origin=ORIGIN)
    assert answer["response"]["userHandle"] == "dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXU"


def test_a_named_passkey_is_used_and_an_unknown_one_is_not() -> None:
    device = SoftAuthenticator()
    passkey = registered(device)
    known = [PublicKeyCredentialDescriptor(id=passkey.credential_id)]
    unknown = [PublicKeyCredentialDescriptor(id=b"other")]
    options = authentication_options(allow_credentials=known, user_verification=UserVerificationRequirement.REQUIRED)
    verified(device.get(options, origin=ORIGIN), passkey)
    with pytest.raises(AuthenticatorRefused):
        device.get(authentication_options(allow_credentials=unknown), origin=ORIGIN)


def test_an_answer_made_on_another_origin_is_refused_by_the_verifier() -> None:
    device = SoftAuthenticator()
    passkey = registered(device)
    answer = device.get(authentication_options(), origin="http://evil.id.localhost:8000")
    with pytest.raises(InvalidAuthenticationResponse):
        verified(answer, passkey)


@pytest.mark.parametrize("origin", ["http://jobs.localhost:8010", "http://xid.localhost:8000"])
def test_another_site_gets_nothing(origin: str) -> None:
    device = SoftAuthenticator()
    registered(device)
    with pytest.raises(AuthenticatorRefused):
        device.create(registration_options(), origin=origin)
    with pytest.raises(AuthenticatorRefused):
        device.get(authentication_options(), origin=origin)


def test_one_account_gets_one_passkey_on_a_device() -> None:
    device = SoftAuthenticator()
    passkey = registered(device)
    known = [PublicKeyCredentialDescriptor(id=passkey.credential_id)]
    with pytest.raises(AuthenticatorRefused):
        device.create(registration_options(exclude_credentials=known), origin=ORIGIN)


def test_an_empty_device_signs_nobody_in() -> None:
    with pytest.raises(AuthenticatorRefused):
        SoftAuthenticator().get(authentication_options(), origin=ORIGIN)
