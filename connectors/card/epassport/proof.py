"""What the files of a passport prove: passive authentication, and the chip's own proof (ICAO Doc 9303-11, 5.1, 6.2).

Pure: the files, the trusted states and the time decide. A check that fails, or cannot be made, is a reason.
"""

from datetime import datetime
from typing import Final

from asn1crypto import crl, x509

from connectors.card.epassport import tlv
from connectors.card.epassport.files import FileTag
from connectors.card.epassport.mrz import parse_mrz
from connectors.card.epassport.reading import mrz_text
from connectors.card.epassport.security_object import NotSigned, SecurityObject, open_security_object
from connectors.card.epassport.trust import TrustStore, is_in_force, is_same_state, state_of
from connectors.contracts.card import ChipCheck, PassportData, PassportFiles, PassportProof, ProofReason
from connectors.contracts.errors import CardError

MRZ_GROUP: Final = 1
PORTRAIT_GROUP: Final = 2
CHIP_KEYS_GROUP: Final = 14

_NOTHING_PROVEN: Final = PassportProof(
    data_genuine=False, chip_proven=False, issuer_state=None, reasons=(ProofReason.SIGNATURE_WRONG,)
)


def prove_passport(files: PassportFiles, *, trust: TrustStore, now: datetime) -> PassportProof:
    """Judge the files; `now` with its time zone. Never raises for what a chip may say."""
    # 1. the signature, by whomever
    try:
        security_object = open_security_object(tlv.only(files.security_object, FileTag.SECURITY_OBJECT))
        data = parse_mrz(mrz_text(files.mrz), today=now.date())
    except (NotSigned, CardError):
        return _NOTHING_PROVEN
    # 2. the signer: a document signer of a trusted state, in force, not revoked
    signer = security_object.signer
    issuers = trust.issuers_of(signer)
    signer_reasons = _judge_signer(signer, issuers, trust, now)
    # 3. the files: all signed, none changed
    file_reasons = _judge_files(files, security_object)
    # 4. the passport itself
    passport_reasons = _judge_passport(data, issuers, now)
    data_reasons = (*signer_reasons, *file_reasons, *passport_reasons)
    # 5. the chip: its proof counts only with a key that is genuine
    has_signed_key = files.chip_keys is not None and security_object.has_hash_of(CHIP_KEYS_GROUP, files.chip_keys)
    is_proven = not data_reasons and has_signed_key and files.chip is ChipCheck.PROVEN
    chip_reasons = () if is_proven else (_chip_reason(files.chip),)
    return PassportProof(
        data_genuine=not data_reasons,
        chip_proven=is_proven,
        issuer_state=state_of(issuers[0]) if issuers else None,
        reasons=(*data_reasons, *chip_reasons),
    )


def _judge_signer(
    signer: x509.Certificate, issuers: list[x509.Certificate], trust: TrustStore, now: datetime
) -> tuple[ProofReason, ...]:
    # an authority signs certificates, never passports: a stolen signer must not be able to make more of its kind
    if not issuers or signer.ca:
        return (ProofReason.ISSUER_UNKNOWN,)
    if not is_in_force(signer, now) or not any(is_in_force(issuer, now) for issuer in issuers):
        return (ProofReason.SIGNER_OUT_OF_DATE,)
    known = trust.revocations_for(issuers[0])
    if any(_is_revoked(signer, revoked) for revoked in known):
        return (ProofReason.SIGNER_REVOKED,)
    if not any(_is_current(revoked, now) for revoked in known):
        return (ProofReason.REVOCATION_UNKNOWN,)
    return ()


def _judge_files(files: PassportFiles, security_object: SecurityObject) -> tuple[ProofReason, ...]:
    groups = {MRZ_GROUP: files.mrz, PORTRAIT_GROUP: files.portrait}
    if files.chip_keys is not None:
        groups[CHIP_KEYS_GROUP] = files.chip_keys
    if not groups.keys() <= security_object.hashes.keys():
        return (ProofReason.FILE_UNSIGNED,)
    if not all(security_object.has_hash_of(number, file) for number, file in groups.items()):
        return (ProofReason.FILE_CHANGED,)
    return ()


def _judge_passport(data: PassportData, issuers: list[x509.Certificate], now: datetime) -> tuple[ProofReason, ...]:
    reasons = []
    if issuers and not any(is_same_state(issuer, data.issuing_state) for issuer in issuers):
        reasons.append(ProofReason.STATE_DIFFERS)
    expiry = data.expiry_date
    if (expiry.year_ce, expiry.month or 12, expiry.day or 31) < (now.year, now.month, now.day):
        reasons.append(ProofReason.OUT_OF_DATE)
    return tuple(reasons)


def _chip_reason(chip: ChipCheck) -> ProofReason:
    return ProofReason.CHIP_IS_A_COPY if chip is ChipCheck.FAILED else ProofReason.CHIP_UNPROVEN


def _is_revoked(signer: x509.Certificate, revoked: crl.CertificateList) -> bool:
    entries = revoked["tbs_cert_list"]["revoked_certificates"]
    return any(entry["user_certificate"].native == signer.serial_number for entry in entries)


def _is_current(revoked: crl.CertificateList, now: datetime) -> bool:
    dates = revoked["tbs_cert_list"]
    next_update = dates["next_update"].native
    return dates["this_update"].native <= now and next_update is not None and now <= next_update
