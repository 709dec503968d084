"""The time-stamp authority's answer to one query (RFC 3161), as bytes in and bytes out."""

from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.simulators.authority.pki import Identity

POLICY = "2.16.764.9999.1.1"  # demonstration only: an arc nobody else uses
DIGESTS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class RefusedQuery(Exception):
    """A query the authority may not answer; `failure` is a PKIFailureInfo name (RFC 3161 section 2.4.2)."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


def answer_query(query_der: bytes, *, authority: Identity, serial: int, now: datetime) -> bytes:
    """A TimeStampResp (DER): a token, or a rejection that says why."""
    try:
        query = _read_query(query_der)
    except RefusedQuery as refusal:
        # A TimeStampResp of a status alone (RFC 3161 section 2.4.2); asn1crypto's own class demands a token in it.
        status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {refusal.failure}})
        return bytes(core.SequenceOf([status], spec=tsp.PKIStatusInfo).dump())
    token = _token(query, authority=authority, serial=serial, now=now)
    return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())


def _read_query(query_der: bytes) -> tsp.TimeStampReq:
    # asn1crypto decodes lazily: reading every value once finds what is malformed
    try:
        query: tsp.TimeStampReq = tsp.TimeStampReq.load(query_der, strict=True)
        values = query.native
    except (ValueError, TypeError, KeyError):
        raise RefusedQuery("bad_data_format") from None
    algorithm = values["message_imprint"]["hash_algorithm"]["algorithm"]
    if values["version"] != "v1":
        raise RefusedQuery("bad_request")
    # RFC 3161 section 2.4.1: an unrecognised hash algorithm is refused with badAlg
    if algorithm not in DIGESTS:
        raise RefusedQuery("bad_alg")
    # section 2.4.2: badDataFormat when the imprint does not have the length of its algorithm
    if len(values["message_imprint"]["hashed_message"]) != DIGESTS[algorithm].digest_size:
        raise RefusedQuery("bad_data_format")
    if values["req_policy"] not in (None, POLICY):
        raise RefusedQuery("unaccepted_policy")
    # section 2.4.1: "If an extension ... is used but is not recognized by a server, the server SHALL NOT issue a token
    # and SHALL return a failure (unacceptedExtension)."
    if values["extensions"]:
        raise RefusedQuery("unaccepted_extensions")
    return query


def _token(query: tsp.TimeStampReq, *, authority: Identity, serial: int, now: datetime) -> cms.ContentInfo:
    certificate = asn1_x509.Certificate.load(authority.certificate.public_bytes(Encoding.DER))
    info = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": query["message_imprint"],
            "serial_number": serial,
            "gen_time": now.astimezone(UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
            # section 2.4.2: the nonce "MUST be present if it was present in TimeStampReq"
            **({} if query["nonce"].native is None else {"nonce": query["nonce"]}),
        }
    )
    content = cms.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": core.ParsableOctetString(info.dump())}
    )
    signed_attributes = cms.CMSAttributes([
        cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
        cms.CMSAttribute({"type": "message_digest", "values": [_sha256(info.dump())]}),
        cms.CMSAttribute({"type": "signing_certificate_v2", "values": [_signing_certificate(certificate)]}),
    ])  # fmt: skip
    digest_algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number}),
            ),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": signed_attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": authority.key.sign(signed_attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    signed_data = cms.SignedData(
        {
            "version": "v3",  # RFC 5652 section 5.1: the content is not id-data
            "digest_algorithms": cms.DigestAlgorithms((digest_algorithm,)),
            "encap_content_info": content,
            # section 2.4.1: the certificate is in the answer exactly when certReq asks for it
            **({"certificates": [certificate]} if query["cert_req"].native else {}),
            "signer_infos": [signer_info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed_data})


def _signing_certificate(certificate: asn1_x509.Certificate) -> tsp.SigningCertificateV2:
    """RFC 5816: the token names the certificate it is signed with; SHA-256 is the default algorithm."""
    name = asn1_x509.GeneralName("directory_name", certificate.issuer)
    issuer_serial = {"issuer": [name], "serial_number": certificate.serial_number}
    return tsp.SigningCertificateV2(
        {"certs": [tsp.ESSCertIDv2({"cert_hash": _sha256(certificate.dump()), "issuer_serial": issuer_serial})]}
    )


def _sha256(content: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    return digest.finalize()
