"""Which states' signatures count: their certification authorities, link certificates and revocation lists.

ICAO Doc 9303-12: every state has one country signing authority (CSCA) that issues document signers; chains are two
certificates long, so that no path is built here, only one issuer looked for. Certificates come in through a master
list whose publisher's own authority was pinned out of band, or one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from asn1crypto import core, crl, x509
from babel.core import get_global

from connectors.card.epassport import asn1
from connectors.card.epassport.public_keys import UnusableKey, is_signed, load_public_key
from connectors.card.epassport.security_object import NotSigned, open_signed

MASTER_LIST_CONTENT: Final = "2.23.136.1.1.2"
MASTER_LIST_SIGNING: Final = "2.23.136.1.1.3"

_STATES_BY_MRZ: Final[dict[str, list[str]]] = {**get_global("territory_aliases"), "D": ["DE"]}
"""Two letters of a state by the three of passports (ISO 3166-1), and Germany's single one (9303-3, 5)."""


class UntrustedList(ValueError):
    """A master list that is not the expected publisher's, or cannot be read."""


class CertificateList(core.SetOf):
    """The certificates of a master list."""

    _child_spec = x509.Certificate


class MasterList(core.Sequence):
    """ICAO Doc 9303-12, 9.2."""

    _fields = [("version", core.Integer), ("certificates", CertificateList)]  # noqa: RUF012 - asn1crypto reads it so


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Authorities that are trusted, and the revocation lists known of them."""

    authorities: tuple[x509.Certificate, ...] = ()
    revocations: tuple[crl.CertificateList, ...] = ()

    def issuers_of(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """The trusted authorities that signed the certificate."""
        return [authority for authority in self.authorities if has_issued(authority, certificate)]

    def revocations_for(self, issuer: x509.Certificate) -> list[crl.CertificateList]:
        """The revocation lists that speak for certificates of this issuer.

        A state signs its list with its newest key, for the certificates of all its keys (9303-12, 7.1.4).
        """
        authorities = [authority for authority in self.authorities if _country(authority) == _country(issuer)]
        return [known for known in self.revocations if any(_has_issued_list(key, known) for key in authorities)]


def trust_certificates(certificates: Iterable[bytes]) -> TrustStore:
    """Trust these authorities (DER), received out of band. Raises ValueError for what is no authority's certificate."""
    authorities = tuple(asn1.load_whole(x509.Certificate, der) for der in certificates)
    if not all(_is_authority(authority) for authority in authorities):
        raise ValueError("not the certificate of an authority")
    return TrustStore(authorities)


def trust_master_list(signed: bytes, *, expected_publisher: bytes, now: datetime) -> TrustStore:
    """Trust every authority on a master list (DER); `expected_publisher` is the publishing state's own CSCA (DER).

    Raises UntrustedList.
    """
    # 1. the signature
    try:
        opened = open_signed(signed, expected_content=MASTER_LIST_CONTENT)
    except NotSigned as error:
        raise UntrustedList(str(error)) from error
    # 2. the signer: for master lists only, in force, issued by the publisher that was pinned
    publisher, signer = asn1.load_whole(x509.Certificate, expected_publisher), opened.signer
    usages = signer.extended_key_usage_value
    if usages is None or MASTER_LIST_SIGNING not in [usage.dotted for usage in usages]:
        raise UntrustedList("the signer may not sign master lists")
    if not has_issued(publisher, signer) or not (is_in_force(signer, now) and is_in_force(publisher, now)):
        raise UntrustedList("the signer is not the expected publisher's, or out of date")
    # 3. the certificates; what is no authority's is left out
    try:
        listed = [asn1.whole(certificate) for certificate in asn1.load(MasterList, opened.content)["certificates"]]
        return TrustStore(tuple(certificate for certificate in listed if _is_authority(certificate)))
    except asn1.MALFORMED as error:
        raise UntrustedList("the list cannot be read") from error


def with_links(store: TrustStore, certificates: Iterable[bytes], *, now: datetime) -> TrustStore:
    """The store, extended by link certificates (DER): an authority's new key, signed with a key trusted already.

    Others are left out (9303-12, 4.2).
    """
    waiting = [asn1.load_whole(x509.Certificate, der) for der in certificates]
    trusted = list(store.authorities)
    while linked := [link for link in waiting if any(_links(old, link, now) for old in trusted)]:
        trusted += linked
        waiting = [link for link in waiting if link not in linked]
    return replace(store, authorities=tuple(trusted))


def with_revocations(store: TrustStore, lists: Iterable[bytes]) -> TrustStore:
    """The store with these revocation lists (DER) added; whose they are is checked where they are used."""
    added = tuple(asn1.load_whole(crl.CertificateList, der) for der in lists)
    return replace(store, revocations=store.revocations + added)


def has_issued(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    """True when the authority signed the certificate."""
    signed, signature = certificate["tbs_certificate"].dump(), certificate["signature_value"]
    return certificate.issuer == authority.subject and _has_signed(
        authority, certificate["signature_algorithm"], signed, signature
    )


def is_in_force(certificate: x509.Certificate, now: datetime) -> bool:
    """True between the certificate's dates."""
    return bool(certificate.not_valid_before <= now <= certificate.not_valid_after)


def state_of(certificate: x509.Certificate) -> str:
    """The state as the certificate names it: three letters where it has them (9303-12, 7.1.1.6), else two."""
    names = certificate.subject_alt_name_value
    for name in names or ():
        if name.name == "directory_name" and "locality_name" in name.chosen.native:
            return str(name.chosen.native["locality_name"]).upper()
    return _country(certificate)


def is_same_state(certificate: x509.Certificate, mrz_state: str) -> bool:
    """True when a passport with this state in its printed lines may bear the signature of this authority."""
    state = state_of(certificate)
    return state == mrz_state or state in (_STATES_BY_MRZ.get(mrz_state) or ())


def _links(old: x509.Certificate, link: x509.Certificate, now: datetime) -> bool:
    return _country(old) == _country(link) and _is_authority(link) and is_in_force(old, now) and has_issued(old, link)


def _country(authority: x509.Certificate) -> str:
    return str(authority.subject.native.get("country_name", "")).upper()


def _has_issued_list(authority: x509.Certificate, known: crl.CertificateList) -> bool:
    signed = known["tbs_cert_list"].dump()
    return known.issuer == authority.subject and _has_signed(
        authority, known["signature_algorithm"], signed, known["signature"]
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = certificate.basic_constraints_value
    usage = certificate.key_usage_value
    return bool(constraints and constraints["ca"].native and usage and "key_cert_sign" in usage.native)


def _has_signed(authority: x509.Certificate, algorithm: object, message: bytes, signature: core.BitString) -> bool:
    try:
        key = load_public_key(authority.public_key)
        return is_signed(key, algorithm=algorithm, message=message, signature=signature.native)
    except UnusableKey:
        return False
