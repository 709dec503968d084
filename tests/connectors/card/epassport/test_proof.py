"""What passports prove: passive authentication against trusted states, and the chip."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.card.epassport.files import FileId
from connectors.card.epassport.proof import prove_passport
from connectors.card.epassport.public_keys import UnusableKey, load_public_key
from connectors.card.epassport.trust import (
    TrustStore,
    UntrustedList,
    is_same_state,
    trust_certificates,
    trust_master_list,
    with_links,
    with_revocations,
)
from connectors.card.virtual.issuing_state import (
    FOUNDED,
    authority,
    document_signer,
    fixed_key,
    master_list,
    revocation_list,
)
from connectors.card.virtual.passports import make_passport, portrait_file, utopian_chip, utopian_signer, utopian_trust
from connectors.contracts.card import PassportFiles, PassportProof, ProofReason
from connectors.contracts.thai_dates import PartialDate
from connectors.fictitious.photos import face
from tests.connectors.card.epassport import samples

CSCA = authority()


def proof(*reasons: ProofReason, chip: bool = True, state: str | None = "UTO") -> PassportProof:
    """The proof that these reasons give; without a reason the data are genuine."""
    chip_reason = () if chip else (ProofReason.CHIP_UNPROVEN,)
    return PassportProof(not reasons, chip, state, (*reasons, *chip_reason))


def test_a_genuine_passport_with_a_genuine_chip() -> None:
    assert samples.prove(samples.passport()) == proof()


def test_without_chip_authentication_the_data_are_genuine_and_the_chip_is_unproven() -> None:
    assert samples.prove(samples.passport(chip=None)) == proof(chip=False)


def test_a_copied_chip() -> None:
    card = samples.passport()
    card.chip_secret = fixed_key("copy")
    assert samples.prove(card) == PassportProof(True, False, "UTO", (ProofReason.CHIP_IS_A_COPY,))


def test_a_copy_with_a_key_of_its_own_is_found_by_the_signature() -> None:
    forged = samples.passport(chip=utopian_chip())
    own = make_passport(samples.DATA, samples.PORTRAIT, chip=replace(utopian_chip(), secret=fixed_key("own")))
    card = samples.with_file(forged, FileId.CHIP_KEYS, own.files[FileId.CHIP_KEYS])
    card.chip_secret = fixed_key("own")
    assert samples.prove(card) == proof(ProofReason.FILE_CHANGED, chip=False)


def test_a_swapped_photo() -> None:
    other = portrait_file(face("somebody else", "1"))
    card = samples.with_file(samples.passport(), FileId.PORTRAIT, other)
    assert samples.prove(card) == proof(ProofReason.FILE_CHANGED, chip=False)


def test_a_file_that_the_state_did_not_sign() -> None:
    bare = make_passport(samples.DATA, samples.PORTRAIT)
    card = samples.with_file(samples.passport(), FileId.SECURITY_OBJECT, bare.files[FileId.SECURITY_OBJECT])
    assert samples.prove(card) == proof(ProofReason.FILE_UNSIGNED, chip=False)


def test_an_unknown_authority() -> None:
    stranger = document_signer(authority("Stranger"))
    assert samples.prove(samples.passport(signer=stranger)) == proof(ProofReason.ISSUER_UNKNOWN, chip=False, state=None)
    assert samples.prove(samples.passport(), trust=TrustStore()) == proof(
        ProofReason.ISSUER_UNKNOWN, chip=False, state=None
    )


def test_an_authority_with_a_trusted_name_and_another_key() -> None:
    impostor = replace(CSCA, secret=fixed_key("impostor"))
    card = samples.passport(signer=document_signer(impostor))
    assert samples.prove(card) == proof(ProofReason.ISSUER_UNKNOWN, chip=False, state=None)


def test_an_authority_does_not_sign_passports() -> None:
    assert samples.prove(samples.passport(signer=CSCA)) == proof(ProofReason.ISSUER_UNKNOWN, chip=False)


def test_a_signer_out_of_date() -> None:
    old = document_signer(CSCA, ends_at=samples.NOW - timedelta(days=1))
    assert samples.prove(samples.passport(signer=old)) == proof(ProofReason.SIGNER_OUT_OF_DATE, chip=False)


def test_a_revoked_signer() -> None:
    signer = utopian_signer()
    trust = with_revocations(trust_certificates([CSCA.der]), [revocation_list(CSCA), revocation_list(CSCA, signer)])
    assert samples.prove(samples.passport(), trust=trust) == proof(ProofReason.SIGNER_REVOKED, chip=False)


def test_without_a_current_revocation_list_nothing_is_proven() -> None:
    unknown = proof(ProofReason.REVOCATION_UNKNOWN, chip=False)
    trust = trust_certificates([CSCA.der])
    assert samples.prove(samples.passport(), trust=trust) == unknown
    stale = with_revocations(trust, [revocation_list(CSCA, days=30)])
    assert samples.prove(samples.passport(), trust=stale) == unknown
    future = with_revocations(trust, [revocation_list(CSCA, made_at=samples.NOW + timedelta(days=1))])
    assert samples.prove(samples.passport(), trust=future) == unknown


def test_a_revocation_list_of_somebody_else_counts_for_nothing() -> None:
    forged = revocation_list(replace(CSCA, secret=fixed_key("impostor")))
    trust = with_revocations(trust_certificates([CSCA.der]), [forged])
    assert samples.prove(samples.passport(), trust=trust) == proof(ProofReason.REVOCATION_UNKNOWN, chip=False)


def test_another_state_signed() -> None:
    other = authority("Elsewhere", state="XOM")
    trust = with_revocations(trust_certificates([other.der]), [revocation_list(other)])
    card = samples.passport(signer=document_signer(other))
    assert samples.prove(card, trust=trust) == proof(ProofReason.STATE_DIFFERS, chip=False, state="XOM")


def test_a_passport_out_of_date() -> None:
    data = replace(samples.DATA, expiry_date=PartialDate(2569, 11, 21))
    card = samples.passport(data=data)
    read = samples.read(card, key=replace(samples.KEY, expiry_date="261121"))
    judged = prove_passport(read.files, trust=utopian_trust(), now=samples.NOW)
    assert judged == proof(ProofReason.OUT_OF_DATE, chip=False)


@pytest.mark.parametrize("content", [b"\x77\x00", b"\x77\x06\x30\x04\x06\x00\x02\x00", b"\x30\x00" * 8])
def test_a_security_object_that_cannot_be_read(content: bytes) -> None:
    files = replace(samples.read(samples.passport()).files, security_object=content)
    judged = prove_passport(files, trust=utopian_trust(), now=samples.NOW)
    assert judged == PassportProof(False, False, None, (ProofReason.SIGNATURE_WRONG,))


FILES: PassportFiles = samples.read(samples.passport()).files


@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_the_security_object_can_be_turned_into_another_proof(position: int, bit: int) -> None:
    changed = bytearray(FILES.security_object)
    changed[position % len(changed)] ^= 1 << bit
    files = replace(FILES, security_object=bytes(changed))
    judged = prove_passport(files, trust=utopian_trust(), now=samples.NOW)
    # certificates have bytes that no signature covers; whatever is left proven is the very same
    assert not judged.data_genuine or judged == proof()


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=200))
def test_any_security_object_is_judged(noise: bytes) -> None:
    judged = prove_passport(replace(FILES, security_object=noise), trust=utopian_trust(), now=samples.NOW)
    assert not judged.data_genuine


@pytest.mark.parametrize("moment", [FOUNDED - timedelta(days=1), FOUNDED + timedelta(days=365 * 40)])
def test_outside_the_authoritys_dates_nothing_is_proven(moment: datetime) -> None:
    assert not prove_passport(FILES, trust=utopian_trust(), now=moment).data_genuine


def test_a_link_certificate_carries_trust_to_the_new_key() -> None:
    new = authority("CSCA 2", linked_by=CSCA)
    card = samples.passport(signer=document_signer(new))
    old_only = utopian_trust()
    assert not samples.prove(card, trust=old_only).data_genuine
    linked = with_revocations(with_links(old_only, [new.der], now=samples.NOW), [revocation_list(new)])
    assert samples.prove(card, trust=linked) == proof()


def test_the_newest_key_speaks_for_the_certificates_of_the_older() -> None:
    new = authority("CSCA 2", linked_by=CSCA)
    store = with_links(trust_certificates([CSCA.der]), [new.der], now=samples.NOW)
    assert samples.prove(samples.passport(), trust=with_revocations(store, [revocation_list(new)])) == proof()
    revoked = with_revocations(store, [revocation_list(new, utopian_signer())])
    assert samples.prove(samples.passport(), trust=revoked) == proof(ProofReason.SIGNER_REVOKED, chip=False)


def test_links_of_strangers_are_left_out() -> None:
    stranger = authority("CSCA 2", linked_by=authority("Stranger"))
    store = utopian_trust()
    assert with_links(store, [stranger.der, utopian_signer().der], now=samples.NOW) == store
    late = FOUNDED + timedelta(days=365 * 40)
    assert with_links(store, [authority("CSCA 2", linked_by=CSCA).der], now=late) == store


PUBLISHER = authority("Publisher", state="XPO")
LIST_SIGNER = document_signer(PUBLISHER, "Master list signer", for_master_lists=True)
OLD_LIST_SIGNER = document_signer(PUBLISHER, "Old", for_master_lists=True, ends_at=FOUNDED + timedelta(days=1))


def test_a_master_list_of_the_expected_publisher() -> None:
    listed = master_list(LIST_SIGNER, [CSCA.der, utopian_signer().der])
    store = trust_master_list(listed, expected_publisher=PUBLISHER.der, now=samples.NOW)
    assert [certificate.dump() for certificate in store.authorities] == [CSCA.der]
    assert samples.prove(samples.passport(), trust=with_revocations(store, [revocation_list(CSCA)])) == proof()


@pytest.mark.parametrize(
    "listed",
    [
        master_list(document_signer(PUBLISHER, "DS"), [CSCA.der]),
        master_list(document_signer(CSCA, "Other list signer", for_master_lists=True), [CSCA.der]),
        master_list(OLD_LIST_SIGNER, [CSCA.der]),
        master_list(LIST_SIGNER, [CSCA.der])[:-4] + bytes(4),
        b"",
        b"\x30\x03\x02\x01\x00",
    ],
    ids=["signer of passports", "another publisher", "out of date", "changed", "empty", "no message"],
)
def test_any_other_list_is_refused(listed: bytes) -> None:
    with pytest.raises(UntrustedList):
        trust_master_list(listed, expected_publisher=PUBLISHER.der, now=samples.NOW)


def test_only_authorities_are_trusted() -> None:
    with pytest.raises(ValueError, match="authority"):
        trust_certificates([utopian_signer().der])


@pytest.mark.parametrize(
    ("country", "mrz_state", "fits"),
    [("TH", "THA", True), ("DE", "D", True), ("UT", "UTO", False), ("TH", "USA", False)],
)
def test_states_by_two_letters_are_those_of_the_printed_three(country: str, mrz_state: str, fits: bool) -> None:
    certificate = x509.Certificate({"tbs_certificate": {"subject": x509.Name.build({"country_name": country})}})
    assert is_same_state(certificate, mrz_state) is fits


NIST = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
BRAINPOOL = (ec.BrainpoolP256R1(), ec.BrainpoolP384R1(), ec.BrainpoolP512R1())


@pytest.mark.parametrize("curve", NIST + BRAINPOOL, ids=lambda curve: str(curve.name))
def test_keys_whose_curve_is_named(curve: ec.EllipticCurve) -> None:
    public = ec.generate_private_key(curve).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert load_public_key(keys.PublicKeyInfo.load(der)) == public


def written_out(prime: int) -> keys.PublicKeyInfo:
    """A key on P-256 whose curve is written out, over that prime, with a base point of somebody's own."""
    point = (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    domain = {
        "version": "ecdpVer1",
        "field_id": {"field_type": "prime_field", "parameters": prime},
        "curve": {"a": bytes(32), "b": bytes(32)},
        "base": point,
        "order": 7,
    }
    algorithm = {"algorithm": "ec", "parameters": keys.ECDomainParameters("specified", keys.SpecifiedECDomain(domain))}
    return keys.PublicKeyInfo({"algorithm": algorithm, "public_key": keys.ECPointBitString(point)})


def test_a_curve_that_is_written_out_is_the_one_of_that_field_and_no_other() -> None:
    key = load_public_key(written_out(2**256 - 2**224 + 2**192 + 2**96 - 1))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    with pytest.raises(UnusableKey):
        load_public_key(written_out(2**255 - 19))
