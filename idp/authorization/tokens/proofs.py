"""Possession at our endpoints: DPoP proofs, verified and spent once on any number of nodes, and client certificates."""

from idp.authorization.client_registration.model import Client
from idp.authorization.tokens.model import KeyBinding
from idp.protocol.dpop import DpopNonces, VerifiedDpopProof, verify_dpop_proof
from idp.protocol.errors import InvalidDpopProof, InvalidRequestError
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import UnitOfWork


class DpopProofs:
    """Judges and spends proofs."""

    def __init__(self, nonces: DpopNonces) -> None:
        self.nonces = nonces

    async def of_client(self, uow: UnitOfWork, proof: str | None, *, client: Client, url: str) -> str | None:
        """The key a client's tokens are to be bound to, None for a client that needs none and shows none.

        Raises InvalidDpopProof or UseDpopNonce.
        """
        if proof is None:
            # RFC 9449 §5.2: with dpop_bound_access_tokens "the authorization server MUST reject token requests from the
            # client that do not contain the DPoP header."
            if client.dpop_bound:
                raise InvalidDpopProof("a DPoP proof is required")
            return None
        verified = await self.spent(
            uow, proof, method="POST", url=url, nonce_required=client.dpop_nonce_required, access_token=None, jkt=None
        )
        return verified.jkt

    async def binding(
        self, uow: UnitOfWork, *, client: Client, url: str, dpop_proof: str | None, certificate: str | None
    ) -> KeyBinding:
        """What the tokens of this request are to be bound to; `certificate` is the thumbprint of the connection's.

        Raises InvalidDpopProof, UseDpopNonce or InvalidRequestError.
        """
        jkt = await self.of_client(uow, dpop_proof, client=client, url=url)
        if not client.tls_client_certificate_bound_access_tokens:
            return KeyBinding(jkt)
        # RFC 8705 §3: "In order for a resource server to use certificate-bound access tokens, it must have advance
        # knowledge that mutual TLS is to be used": a client that registered for it never gets an unbound token.
        if certificate is None:
            raise InvalidRequestError("a client certificate is required")
        return KeyBinding(jkt, certificate)

    async def spent(
        self,
        uow: UnitOfWork,
        proof: str,
        *,
        method: str,
        url: str,
        nonce_required: bool,
        access_token: str | None,
        jkt: str | None,
    ) -> VerifiedDpopProof:
        """A proof that is good and was never shown before. Raises InvalidDpopProof or UseDpopNonce."""
        verified = verify_dpop_proof(
            proof,
            expected_method=method,
            expected_url=url,
            expected_access_token=access_token,
            expected_jkt=jkt,
            nonces=self.nonces,
            nonce_required=nonce_required,
            now=uow.now,
        )
        # §11.1: "servers can store, in the context of the target URI, the jti value of each DPoP proof for the time
        # window in which the respective DPoP proof JWT would be accepted to prevent multiple uses"
        if not await spend(
            uow,
            kind=SpentKind.DPOP_PROOF,
            scope=verified.jkt,
            secret=verified.jti,
            expires_at=verified.expires_at,
        ):
            raise InvalidDpopProof("the DPoP proof was used before")
        return verified
