"""What staff may hold: security keys that prove their model, of a model that the operator allows (attack row 76).

Web Authentication Level 3, sections 6.5, 8.2, 8.3 and 7.1 steps 21 to 24. Citizens are never asked for a model: there
is no need to know what they hold.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cryptography import x509
from cryptography.x509.oid import NameOID
from webauthn.helpers import base64url_to_bytes, parse_attestation_object
from webauthn.helpers.structs import AttestationFormat

from connectors.contracts.authenticator_models import AuthenticatorModel, AuthenticatorModels
from idp.authentication import ceremonies
from idp.authentication.ceremonies import UNREADABLE, CeremonyRefused
from idp.authentication.model import NewCredential, RelyingParty

FORMATS: Final = (AttestationFormat.PACKED, AttestationFormat.TPM)
NO_MODEL: Final = "00000000-0000-0000-0000-000000000000"
AAGUID_EXTENSION: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
OCTET_STRING_OF_16: Final = b"\x04\x10"


class ModelRefused(ValueError):
    """The security key did not prove a model that staff may use; the text is ASCII and for operators."""


class StaffModels:
    """The operator's policy over a catalogue. Without a catalogue no model is known, and none is good enough.

    `allowed`: AAGUIDs; empty for every model of the catalogue that is not compromised.
    """

    def __init__(self, catalogue: AuthenticatorModels | None, *, allowed: frozenset[str] = frozenset()) -> None:
        self._catalogue = catalogue
        self._allowed = allowed

    async def find(self, aaguid: str, *, now: datetime) -> AuthenticatorModel:
        """The model, if it may be used now. Raises ModelRefused."""
        if aaguid == NO_MODEL or (self._allowed and aaguid not in self._allowed):
            raise ModelRefused("model not allowed")
        model = None if self._catalogue is None else await self._catalogue.find(aaguid, now=now)
        if model is None:
            raise ModelRefused("model unknown to the catalogue")
        if model.is_compromised:
            raise ModelRefused("model compromised")
        if not model.roots:
            # without a root the library takes any chain: a model that proves nothing is none
            raise ModelRefused("model without roots")
        return model

    async def are_sound(self, aaguid: str, *, now: datetime) -> bool:
        """Whether keys of this model, proven when they were added, count as much today."""
        try:
            await self.find(aaguid, now=now)
        except ModelRefused:
            return False
        return True

    async def verify_registration(
        self, *, credential: Mapping[str, Any], expected_challenge: bytes, relying_party: RelyingParty, now: datetime
    ) -> NewCredential:
        """The new credential of a security key whose model was proven. Raises CeremonyRefused, ModelRefused."""
        # 1. which model it says it is
        aaguid, attested_by = _claimed(credential)
        model = await self.find(aaguid, now=now)
        # 2. the attestation leads to a root of this very model
        verified = ceremonies.verify_registration(
            credential=credential,
            expected_challenge=expected_challenge,
            relying_party=relying_party,
            roots={form: list(model.roots) for form in FORMATS},
        )
        # 3. the certificate is one for attestations, of this model and no other of the same maker
        _validate_certificate(attested_by, expected_aaguid=aaguid)
        # 4. the key stays on the device
        if verified.backup_eligible or verified.backed_up:
            raise ModelRefused("the key can be copied to other devices")
        return replace(verified, is_attested=True)


def _claimed(credential: Mapping[str, Any]) -> tuple[str, x509.Certificate]:
    """The model that an answer names and the certificate that is to prove it, both unverified."""
    try:
        attestation = parse_attestation_object(base64url_to_bytes(credential["response"]["attestationObject"]))
        attested = attestation.auth_data.attested_credential_data
        if attestation.fmt not in FORMATS:
            raise ModelRefused("attestation format")
        # Section 8.2: without x5c "self attestation is in use": it proves that the key is the key
        if not attestation.att_stmt.x5c or attested is None:
            raise ModelRefused("self attestation")
        leaf = x509.load_der_x509_certificate(attestation.att_stmt.x5c[0])
        return str(UUID(bytes=attested.aaguid)), leaf
    except UNREADABLE as error:
        if isinstance(error, ModelRefused):
            raise
        raise CeremonyRefused(f"attestation: {type(error).__name__}") from error


def _validate_certificate(certificate: x509.Certificate, *, expected_aaguid: str) -> None:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError) as error:
        raise ModelRefused("attestation certificate: basic constraints") from error
    # Section 8.2.1: "The Basic Constraints extension MUST have the CA component set to false."
    if constraints.ca:
        raise ModelRefused("attestation certificate: an authority's")
    # Section 8.2.1: "Subject-OU: Literal string "Authenticator Attestation""; a TPM's subject is empty (8.3.1)
    units = [name.value for name in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    if list(certificate.subject) and units != ["Authenticator Attestation"]:
        raise ModelRefused("attestation certificate: subject")
    # Section 8.2: "If attestnCert contains an extension with OID 1.3.6.1.4.1.45724.1.1.4 (id-fido-gen-ce-aaguid) verify
    # that the value of this extension matches the aaguid in authenticatorData."
    try:
        named = certificate.extensions.get_extension_for_oid(AAGUID_EXTENSION)
    except x509.ExtensionNotFound:
        return
    value = getattr(named.value, "value", b"")
    # Section 8.2.1: "The extension MUST NOT be marked as critical."
    if named.critical or value != OCTET_STRING_OF_16 + bytes.fromhex(expected_aaguid.replace("-", "")):
        raise ModelRefused("attestation certificate: another model")
