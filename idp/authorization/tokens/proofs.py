"""Possession at our endpoints: DPoP proofs, verified and spent once on any number of nodes, and client certificates."""

from dataclasses import dataclass
from datetime import datetime

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.tokens.model import KeyBinding
from idp.protocol.client_credentials import ClientCredentials
from idp.protocol.dpop import DpopNonces, VerifiedDpopProof, verify_dpop_proof
from idp.protocol.errors import InvalidDpopProof, InvalidRequestError, OAuth2Error
from idp.storage.spent import Spend, SpentKind, spend_now
from idp.storage.storage import Storage


class DpopProofs:
    """Judges proofs, and spends them.

    `second` maps an origin of ours to its second address, for clients with certificates (RFC 8705 §5).
    """

    def __init__(self, nonces: DpopNonces, *, second: tuple[str, str] | None = None) -> None:
        self.nonces = nonces
        self._second = second

    def judge_client(
        self, proof: str | None, *, client: Client, url: str, required: bool, now: datetime
    ) -> VerifiedDpopProof | None:
        """The proof of a client, None for one that needs none here and shows none; to be spent.

        Raises InvalidDpopProof or UseDpopNonce.
        """
        if proof is None:
            # RFC 9449 §5.2: with dpop_bound_access_tokens "the authorization server MUST reject token requests from the
            # client that do not contain the DPoP header."
            if client.dpop_bound and required:
                raise InvalidDpopProof("a DPoP proof is required")
            return None
        return self.judge(
            proof,
            method="POST",
            url=url,
            nonce_required=client.dpop_nonce_required,
            access_token=None,
            jkt=None,
            now=now,
        )

    def judge(
        self,
        proof: str,
        *,
        method: str,
        url: str,
        nonce_required: bool,
        access_token: str | None,
        jkt: str | None,
        now: datetime,
    ) -> VerifiedDpopProof:
        """A proof that is good; to be spent. Raises InvalidDpopProof or UseDpopNonce."""
        return verify_dpop_proof(
            proof,
            expected_method=method,
            expected_url=url,
            other_url=self._other(url),
            expected_access_token=access_token,
            expected_jkt=jkt,
            nonces=self.nonces,
            nonce_required=nonce_required,
            now=now,
        )

    def _other(self, url: str) -> str | None:
        if self._second is None or not url.startswith(self._second[0]):
            return None
        return self._second[1] + url.removeprefix(self._second[0])

    async def spend_now(self, storage: Storage, verified: VerifiedDpopProof) -> None:
        """Spend a proof before anything is given for it. Raises InvalidDpopProof when it was shown before."""
        if await spend_now(storage, [spend_of(verified)]) is not None:
            raise used_before()


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that proved itself. `proof` is its spent DPoP proof, or why that one, or none, will not do."""

    client: Client
    proof: VerifiedDpopProof | OAuth2Error | None

    def jkt(self) -> str | None:
        """The key its tokens are to be bound to. Raises InvalidDpopProof or UseDpopNonce."""
        if isinstance(self.proof, OAuth2Error):
            raise self.proof
        return None if self.proof is None else self.proof.jkt

    def binding(self, certificate: str | None) -> KeyBinding:
        """What the tokens of this request are to be bound to; `certificate` is the thumbprint of the connection's.

        Raises InvalidDpopProof, UseDpopNonce or InvalidRequestError.
        """
        jkt = self.jkt()
        if not self.client.tls_client_certificate_bound_access_tokens:
            return KeyBinding(jkt)
        # RFC 8705 §3: "In order for a resource server to use certificate-bound access tokens, it must have advance
        # knowledge that mutual TLS is to be used": a client that registered for it never gets an unbound token.
        if certificate is None:
            raise InvalidRequestError("a client certificate is required")
        return KeyBinding(jkt, certificate)


async def prove_caller(
    storage: Storage,
    authentication: ClientAuthentication,
    proofs: DpopProofs,
    *,
    credentials: ClientCredentials,
    dpop_proof: str | None,
    url: str,
    proof_required: bool,
    now: datetime,
) -> Caller:
    """The first two steps of every endpoint that clients call: who it is, and which key it holds.

    What both showed is spent in one statement. `proof_required`: a client of bound tokens must show a proof. Raises
    InvalidClientError; a proof that will not do is the caller's to refuse, with a client that is proven.
    """
    # 1. the client, and its proof of possession, as far as they can be judged alone
    proven = await authentication.judge(storage, credentials, now=now)
    proof: VerifiedDpopProof | OAuth2Error | None
    try:
        proof = proofs.judge_client(dpop_proof, client=proven.client, url=url, required=proof_required, now=now)
    except OAuth2Error as refusal:
        proof = refusal
    # 2. both once
    spends = [] if proven.spend is None else [proven.spend]
    if isinstance(proof, VerifiedDpopProof):
        spends.append(spend_of(proof))
    spent_before = await spend_now(storage, spends) if spends else None
    if spent_before is None:
        return Caller(proven.client, proof)
    if spent_before == proven.spend:
        raise authentication.replayed()
    return Caller(proven.client, used_before())


def spend_of(verified: VerifiedDpopProof) -> Spend:
    """What shows that a proof was shown.

    RFC 9449 §11.1: "servers can store, in the context of the target URI, the jti value of each DPoP proof for the time
    window in which the respective DPoP proof JWT would be accepted to prevent multiple uses"
    """
    return Spend.of(SpentKind.DPOP_PROOF, scope=verified.jkt, secret=verified.jti, expires_at=verified.expires_at)


def used_before() -> InvalidDpopProof:
    """The refusal of a proof that was shown before."""
    return InvalidDpopProof("the DPoP proof was used before")
