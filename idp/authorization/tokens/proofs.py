"""DPoP at our endpoints: verify the proof, then spend it, so that it counts once on any number of nodes."""

from idp.authorization.client_registration.model import Client
from idp.protocol.dpop import DpopNonces, VerifiedDpopProof, verify_dpop_proof
from idp.protocol.errors import InvalidDpopProof
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
