"""Emulated passports of Utopia: the printed lines, the files, the signature, whole cards."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asn1crypto import core, keys
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connectors.card.epassport import asn1, tlv
from connectors.card.epassport.ciphers import Suite
from connectors.card.epassport.curve import BRAINPOOL_P256R1
from connectors.card.epassport.files import FileId, FileTag
from connectors.card.epassport.mrz import FILLER, LINE, check_digit, key_of_mrz, key_text
from connectors.card.epassport.security_infos import (
    CHIP_AUTHENTICATION_ECDH,
    CHIP_KEY_ECDH,
    PACE_ECDH_GENERIC_MAPPING,
    SUITES,
    PaceOffer,
    SecurityInfos,
)
from connectors.card.epassport.trust import TrustStore, trust_certificates, with_revocations
from connectors.card.virtual.epassport import VirtualEPassport
from connectors.card.virtual.issuing_state import (
    KeyHolder,
    authority,
    document_signer,
    fixed_key,
    revocation_list,
    security_object,
)
from connectors.contracts.card import PassportData
from connectors.contracts.thai_dates import PartialDate

PACE_OFFER: Final = PaceOffer(
    protocol=PACE_ECDH_GENERIC_MAPPING + "2", suite=Suite.AES_128, curve=BRAINPOOL_P256R1, parameter_id=13
)
"""What the passports of Utopia speak."""

_GROUP_FILES: Final = {1: FileId.MRZ, 2: FileId.PORTRAIT, 14: FileId.CHIP_KEYS}
_JPEG, _UNSPECIFIED_IMAGE = b"\x00", b"\x01"
_NUMBER_OF_SUITE: Final = {suite: number for number, suite in SUITES.items()}


@dataclass(frozen=True, slots=True, repr=False)
class Chip:
    """A chip's own key and the suite it is used with."""

    secret: ec.EllipticCurvePrivateKey
    suite: Suite = Suite.AES_128


def mrz_lines(data: PassportData) -> str:
    """Both printed lines, one behind the other (ICAO Doc 9303-4, 4.2)."""
    names = f"{data.surname}<<{data.given_names}".replace(" ", FILLER)
    first = f"{data.document_type:<<2}{data.issuing_state:<<3}{names}".ljust(LINE, FILLER)[:LINE]
    number, optional = data.document_no.ljust(9, FILLER), data.optional_data.ljust(14, FILLER)
    birth, expiry = _date(data.birth_date), _date(data.expiry_date)
    sex = FILLER if data.sex == "X" else data.sex
    front = number + check_digit(number) + data.nationality.ljust(3, FILLER)
    back = expiry + check_digit(expiry) + optional + check_digit(optional)
    dated = birth + check_digit(birth)
    return first + front + dated + sex + back + check_digit(front[:10] + dated + back)


def portrait_file(image: bytes, *, image_type: bytes = _JPEG) -> bytes:
    """Data group 2 with one face (ISO/IEC 19794-5:2005, 5)."""
    information = bytes(2) + bytes(14)
    face = information + b"\x01" + image_type + bytes(10) + image
    face = (4 + len(face)).to_bytes(4, "big") + face
    record = b"FAC\x00010\x00" + (14 + len(face)).to_bytes(4, "big") + b"\x00\x01" + face
    template = tlv.encode(0xA1, tlv.encode(0x87, b"\x01\x01") + tlv.encode(0x88, b"\x00\x08"))
    group = tlv.encode(0x02, b"\x01") + tlv.encode(0x7F60, template + tlv.encode(0x5F2E, record))
    return tlv.encode(FileTag.PORTRAIT, tlv.encode(0x7F61, group))


def passport_files(
    data: PassportData, portrait: bytes, *, signer: KeyHolder, chip: Chip | None = None, offer: PaceOffer | None = None
) -> dict[int, bytes]:
    """Everything on the chip: `portrait` is data group 2, `signer` signs."""
    groups = {1: tlv.encode(FileTag.MRZ, tlv.encode(0x5F1F, mrz_lines(data).encode("ascii"))), 2: portrait}
    if chip is not None:
        groups[14] = tlv.encode(FileTag.CHIP_KEYS, _chip_keys(chip))
    files: dict[int, bytes] = {_GROUP_FILES[number]: group for number, group in groups.items()}
    files[FileId.CONTENTS] = _contents(groups)
    files[FileId.SECURITY_OBJECT] = tlv.encode(FileTag.SECURITY_OBJECT, security_object(signer, groups))
    if offer is not None:
        files[FileId.CARD_ACCESS] = _infos((offer.protocol, core.Integer(2), core.Integer(offer.parameter_id)))
    return files


ACCESS_NUMBER: Final = "123456"
"""Printed in every Utopian passport; a secret of nothing."""


def make_passport(
    data: PassportData,
    portrait: bytes,
    *,
    signer: KeyHolder | None = None,
    chip: Chip | None = None,
    offer: PaceOffer | None = None,
) -> VirtualEPassport:
    """A passport to put into a slot."""
    files = passport_files(data, portrait, signer=signer or utopian_signer(), chip=chip, offer=offer)
    return VirtualEPassport(
        files=files,
        key_text=key_text(key_of_mrz(mrz_lines(data))),
        access_number=ACCESS_NUMBER,
        offer=offer,
        chip_secret=None if chip is None else chip.secret,
        chip_suite=Suite.AES_128 if chip is None else chip.suite,
    )


def utopian_signer() -> KeyHolder:
    """The signer of the passports of fictitious people."""
    return document_signer(authority())


def utopian_trust() -> TrustStore:
    """Trust in Utopia, for demonstrations and tests alone."""
    csca = authority()
    return with_revocations(trust_certificates([csca.der]), [revocation_list(csca)])


def utopian_chip() -> Chip:
    """The key of the fictitious people's chips."""
    return Chip(fixed_key("chip"))


def _contents(groups: Mapping[int, bytes]) -> bytes:
    tags = {1: FileTag.MRZ, 2: FileTag.PORTRAIT, 14: FileTag.CHIP_KEYS}
    listed = bytes(tags[number] for number in groups)
    versions = tlv.encode(0x5F01, b"0107") + tlv.encode(0x5F36, b"040000")
    return tlv.encode(FileTag.CONTENTS, versions + tlv.encode(0x5C, listed))


def _chip_keys(chip: Chip) -> bytes:
    public = chip.secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    protocol = CHIP_AUTHENTICATION_ECDH + _NUMBER_OF_SUITE[chip.suite]
    key_info = (CHIP_KEY_ECDH, keys.PublicKeyInfo.load(public), None)
    return _infos(key_info, (protocol, core.Integer(1), None))


def _infos(*infos: tuple[str, Any, Any | None]) -> bytes:
    members = [
        {"protocol": protocol, "required": required} | ({} if optional is None else {"optional": optional})
        for protocol, required, optional in infos
    ]
    return asn1.dump(SecurityInfos, members)


def _date(day: PartialDate) -> str:
    parts = (day.year_ce % 100, day.month, day.day)
    return "".join(FILLER * 2 if part is None else f"{part:02d}" for part in parts)


def write_utopian_trust(folder: Path) -> None:
    """Utopia's authority and its revocation list as files, the way a deployment keeps the states that it trusts."""
    folder.mkdir(parents=True, exist_ok=True)
    csca = authority()
    (folder / "utopia.der").write_bytes(csca.der)
    (folder / "utopia.crl").write_bytes(revocation_list(csca))
