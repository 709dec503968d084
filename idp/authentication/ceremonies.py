"""Registration and authentication ceremonies, verified (Web Authentication Level 3, sections 7.1 and 7.2).

py_webauthn checks challenge, origin, relying party, presence, verification and signature. It does not look at where a
ceremony was framed, nor at the account (facts/security-and-reliability, T7): the first is checked here, the second in
`rules.decide_assertion`. The counter is judged there as well, once the signature is known to be good: judged before,
anybody could have another's passkey stopped.
"""

import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.authentication.model import Assertion, NewCredential, RelyingParty

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
TIMEOUT_MS = 300_000

UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class CeremonyRefused(ValueError):
    """The answer of an authenticator does not hold; the text is ASCII and for operators."""


def registration_options(
    *,
    relying_party: RelyingParty,
    challenge: bytes,
    user_handle: bytes,
    display_name: str,
    known_credentials: Sequence[bytes],
    asks_for_model: bool = False,
) -> dict[str, Any]:
    """Options for `navigator.credentials.create()`: a discoverable credential with user verification.

    `asks_for_model`: the authenticator is to prove its model; browsers ask their user whether it may.
    """
    options = generate_registration_options(
        rp_id=relying_party.id,
        rp_name=relying_party.name,
        user_id=user_handle,
        user_name=display_name,
        user_display_name=display_name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        attestation=AttestationConveyancePreference.DIRECT if asks_for_model else AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=known) for known in known_credentials],
        supported_pub_key_algs=ALGORITHMS,
    )
    return dict(options_to_json_dict(options))


def authentication_options(*, relying_party: RelyingParty, challenge: bytes) -> dict[str, Any]:
    """Options for `navigator.credentials.get()`: any of our discoverable credentials, with user verification."""
    options = generate_authentication_options(
        rp_id=relying_party.id,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options_to_json_dict(options))


def verify_registration(
    *,
    credential: Mapping[str, Any],
    expected_challenge: bytes,
    relying_party: RelyingParty,
    roots: Mapping[AttestationFormat, list[bytes]] | None = None,
) -> NewCredential:
    """The new credential, verified (section 7.1). Raises CeremonyRefused.

    `roots` (PEM): where an attestation must lead to; without them it is read and proves nothing.
    """
    try:
        verified = verify_registration_response(
            credential=dict(credential),
            expected_challenge=expected_challenge,
            expected_rp_id=relying_party.id,
            expected_origin=relying_party.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
            pem_root_certs_bytes_by_fmt=roots,
        )
        _refuse_frames(credential)
    except UNREADABLE as error:
        raise CeremonyRefused(f"registration: {type(error).__name__}") from error
    return NewCredential(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=verified.aaguid,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def verify_assertion(
    *,
    credential: Mapping[str, Any],
    expected_challenge: bytes,
    relying_party: RelyingParty,
    public_key: bytes,
) -> Assertion:
    """The answer to a challenge, its signature verified (section 7.2). Raises CeremonyRefused."""
    try:
        verified = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=expected_challenge,
            expected_rp_id=relying_party.id,
            expected_origin=relying_party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,  # judged by rules.decide_assertion
            require_user_verification=True,
        )
        _refuse_frames(credential)
    except UNREADABLE as error:
        raise CeremonyRefused(f"authentication: {type(error).__name__}") from error
    return Assertion(
        sign_count=verified.new_sign_count,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def credential_id_of(credential: Mapping[str, Any]) -> bytes | None:
    """The credential id an answer names, unverified; None when it names none."""
    named = credential.get("id")
    if not isinstance(named, str) or not 0 < len(named) <= 2048:
        return None
    try:
        return bytes(base64url_to_bytes(named))
    except (binascii.Error, ValueError):
        return None


def user_handle_of(credential: Mapping[str, Any]) -> str | None:
    """The user handle of an answer whose signature was verified, base64url as it came."""
    handle = credential["response"].get("userHandle")
    return handle if isinstance(handle, str) else None


def _refuse_frames(credential: Mapping[str, Any]) -> None:
    """Section 7.1 step 9 and 7.2 step 14: we never run in another site's frame, so no answer of ours comes from one."""
    client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    if client_data.get("crossOrigin", False) is not False or "topOrigin" in client_data:
        raise CeremonyRefused("made in a frame of another origin")
