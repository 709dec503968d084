"""Client of a time-stamp authority (RFC 3161) over HTTP. A token is used only when everything about it was checked."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence

import httpx2
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

from connectors.contracts.errors import TimestampUnavailable
from connectors.documents.certificates import to_asn1
from connectors.outbound.client import trusted_authorities

QUERY_TYPE = "application/timestamp-query"  # RFC 3161 section 3.4
REPLY_TYPE = "application/timestamp-reply"
LARGEST_REPLY = 65536  # bytes; a token with its certificates takes about 2 KB
NONCE_BITS = 64


class TimestampClient:
    """Asks one authority, which has `timeout_seconds` for the whole of its answer. `connect_to` maps a host name of the
    URL to the address that is really called.
    """

    def __init__(
        self,
        *,
        url: str,
        trust_roots: Sequence[x509.Certificate],
        connect_to: Mapping[str, str] | None = None,
        timeout_seconds: float = 5.0,
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        named = httpx2.URL(url)
        self._url = named.copy_with(host=(connect_to or {}).get(named.host, named.host))
        self._headers = {"Content-Type": QUERY_TYPE, "Accept": REPLY_TYPE, "Host": named.netloc.decode("ascii")}
        self._headers["Accept-Encoding"] = "identity"
        self._timeout_seconds = timeout_seconds
        self._extensions = {"sni_hostname": named.host}
        self._trust_roots = [to_asn1(root) for root in trust_roots]
        self._random_bits = random_bits
        self._http = httpx2.AsyncClient(
            verify=trusted_authorities(trust_env=False),
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def timestamp(self, digest: bytes) -> bytes:
        """A token (DER ContentInfo) for a SHA-256 digest.

        Raises TimestampUnavailable whatever is wrong: no answer, a refusal, another's token, an untrusted authority.
        """
        nonce = self._random_bits(NONCE_BITS)
        reply = await self._post(_query(digest, nonce))
        return await asyncio.to_thread(
            validate_reply, reply, expected_digest=digest, expected_nonce=nonce, trust_roots=self._trust_roots
        )

    async def aclose(self) -> None:
        """Close the connections that are kept open."""
        await self._http.aclose()

    async def _post(self, query: bytes) -> bytes:
        stream = self._http.stream("POST", self._url, content=query, headers=self._headers, extensions=self._extensions)
        try:
            # the client's own limit is for each read: who sends a byte now and then would hold the caller for ever
            async with asyncio.timeout(self._timeout_seconds), stream as response:
                if response.status_code != httpx2.codes.OK or response.headers.get("Content-Type") != REPLY_TYPE:
                    raise TimestampUnavailable(f"the time-stamp authority answered HTTP {response.status_code}")
                reply = b""
                async for chunk in response.aiter_raw():
                    reply += chunk
                    if len(reply) > LARGEST_REPLY:
                        raise TimestampUnavailable("the time-stamp authority's answer is too long")
                return reply
        except (httpx2.HTTPError, TimeoutError) as fault:
            raise TimestampUnavailable(f"the time-stamp authority gave no answer: {type(fault).__name__}") from fault


def _query(digest: bytes, nonce: int) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    query = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    return bytes(query.dump())


def validate_reply(
    reply: bytes, *, expected_digest: bytes, expected_nonce: int, trust_roots: Sequence[asn1_x509.Certificate]
) -> bytes:
    """Check an authority's answer and return the token in it (RFC 3161 sections 2.2 and 2.4.2).

    Runs an event loop of its own: call it from a worker thread. Raises TimestampUnavailable.
    """
    # asn1crypto decodes lazily and reports what is malformed as ValueError, TypeError, KeyError or IndexError
    try:
        response = core.Sequence.load(reply, strict=True)  # tsp.TimeStampResp demands a token even in a refusal
        status = tsp.PKIStatusInfo.load(response[0].dump())["status"].native
        # section 2.4.2: "When the status contains the value zero or one, a TimeStampToken MUST be present. When status
        # contains a value other than zero or one, a TimeStampToken MUST NOT be present."
        if status not in ("granted", "granted_with_mods"):
            raise TimestampUnavailable(f"the time-stamp authority refused: {status}")
        token: cms.ContentInfo = cms.ContentInfo.load(response[1].dump(), strict=True)
        signed_data: cms.SignedData = token["content"]
        info: tsp.TSTInfo = signed_data["encap_content_info"]["content"].parsed
        _validate_content(info, expected_digest=expected_digest, expected_nonce=expected_nonce)
        _validate_authority(signed_data, info, trust_roots=trust_roots)
        return bytes(token.dump())
    except (ValueError, TypeError, LookupError, AttributeError) as fault:
        raise TimestampUnavailable("the time-stamp authority's answer cannot be read") from fault


def _validate_content(info: tsp.TSTInfo, *, expected_digest: bytes, expected_nonce: int) -> None:
    imprint = info["message_imprint"]
    # section 2.4.2: messageImprint "MUST have the same value as the similar field in TimeStampReq"
    if (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) != ("sha256", expected_digest):
        raise TimestampUnavailable("the time-stamp is for something else")
    # section 2.4.2: nonce "MUST be present if it was present in TimeStampReq. In such a case it MUST equal the value"
    if info["nonce"].native != expected_nonce:
        raise TimestampUnavailable("the time-stamp answers another query")


def _validate_authority(
    signed_data: cms.SignedData, info: tsp.TSTInfo, *, trust_roots: Sequence[asn1_x509.Certificate]
) -> None:
    """The token's signature, and its certificate's path to a trust root at the time the token states."""
    context = ValidationContext(
        trust_roots=list(trust_roots), moment=info["gen_time"].native, allow_fetching=False, revocation_mode="soft-fail"
    )
    imprint = info["message_imprint"]["hashed_message"].native
    try:
        facts = asyncio.run(validate_tst_signed_data(signed_data, context, lambda _algorithm: imprint))
    except (SignatureValidationError, SigningError, PathBuildingError, PathValidationError) as fault:
        raise TimestampUnavailable("the time-stamp authority's signature cannot be checked") from fault
    status = TimestampSignatureStatus(**facts)
    if not (status.intact and status.valid and status.trusted):
        raise TimestampUnavailable("the time-stamp authority is not trusted")
