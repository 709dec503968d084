"""What an access token proves at a protected resource: the gateway (signed) or userinfo (sealed)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.model import Grant
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.minting import USERINFO_TOKEN
from idp.authorization.tokens.model import KeyBinding, VerifiedAccessToken
from idp.authorization.tokens.proofs import DpopProofs
from idp.authorization.tokens.verified import details_of, of_client, of_grant
from idp.kernel.ids import ClientId, GrantId
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.keys.signing import SigningKeys
from idp.protocol.access_token import TYP, AccessTokenClaims, validate_access_token_claims
from idp.protocol.authorization_header import PresentedToken, parse_authorization, validate_scheme
from idp.protocol.dpop import DpopNonces, VerifiedDpopProof
from idp.protocol.errors import InvalidDpopProof, InvalidTokenError, OAuth2Error
from idp.storage.storage import Storage
from idp.subscribers.hot_store import SealedPerson


@dataclass(frozen=True, slots=True, repr=False)
class Presentation:
    """How a token came: the Authorization and DPoP header values, and the method and own address of the resource.

    `certificate` is the thumbprint of the client certificate of the connection; `in_body` says that the token came as a
    form parameter.
    """

    authorization: str | None
    dpop: str | None
    method: str
    url: str
    certificate: str | None = None
    in_body: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class UserinfoToken:
    """A live token, shown with proof of its key: who holds it, for which grant and scope, and whom it tells of."""

    holder: Client
    grant: Grant
    person: SealedPerson
    scope: tuple[str, ...]


class GrantEnded(InvalidTokenError):
    """A token of ours, shown with proof of its key, whose grant has ended: refused, but nobody's mistake to hide.

    `token` says whose it was, so that the refusal goes on record where its subject sees it.
    """

    def __init__(self, token: VerifiedAccessToken) -> None:
        InvalidTokenError.__init__(self, description="the token has been revoked")
        self.token = token


class AccessTokens:
    """Verifies tokens. Every refusal is noted in the security log: who shows a bad token is not proven."""

    def __init__(
        self,
        *,
        storage: Storage,
        issuer: str,
        keys: SigningKeys,
        sealer: TokenSealer,
        pairwise: PairwiseSubjects,
        clients: Clients,
        grants: Grants,
        proofs: DpopProofs,
        security_log: SecurityLog,
    ) -> None:
        self._storage = storage
        self._issuer = issuer
        self._keys = keys
        self._sealer = sealer
        self._pairwise = pairwise
        self._clients = clients
        self._grants = grants
        self._proofs = proofs
        self._security_log = security_log

    @property
    def nonces(self) -> DpopNonces:
        """The nonces to hand out with answers (`DPoP-Nonce`)."""
        return self._proofs.nonces

    async def verify(
        self,
        *,
        authorization: str | None,
        dpop: str | None,
        method: str,
        url: str,
        expected_audience: str,
        now: datetime,
        certificate: str | None = None,
    ) -> VerifiedAccessToken:
        """A live token for the gateway, shown with a fresh proof of its key, which stays spent whatever follows.

        `certificate` is the thumbprint of the client certificate of the connection. Outside any unit of work.

        Raises Unavailable, or an OAuth2Error: `protocol.authorization_header.challenge` gives its WWW-Authenticate
        value.
        """
        shown = Presentation(authorization, dpop, method, url, certificate)
        try:
            return await self._verify_signed(shown, expected_audience, now)
        except OAuth2Error as refusal:
            self._security_log.note("access_token.refused", error=str(refusal.error), reason=str(refusal.description))
            raise

    async def verify_for_userinfo(self, shown: Presentation, *, now: datetime) -> UserinfoToken:
        """A live token for userinfo, and whom it tells of. Raises as `verify` does, and Unavailable."""
        try:
            return await self._verify_sealed(shown, now)
        except OAuth2Error as refusal:
            self._security_log.note("access_token.refused", error=str(refusal.error), reason=str(refusal.description))
            raise

    async def holder_named(self, shown: Presentation) -> ClientId | None:
        """The client that a token for userinfo was given to, also when it counts no more; None for no token of ours."""
        try:
            presented = parse_authorization(shown.authorization)
            payload = self._sealer.open_late(USERINFO_TOKEN, presented.access_token)
        except (OAuth2Error, SealBroken):
            return None
        if "holder" in payload:
            return ClientId(payload["holder"])
        async with self._storage.reading() as uow:
            grant = await self._grants.get(uow, GrantId(payload["gid"]))
        return None if grant is None else grant.client_id

    async def _verify_signed(self, shown: Presentation, expected_audience: str, now: datetime) -> VerifiedAccessToken:
        # 1. signature, typ, issuer, audience, time
        await self._keys.refresh()
        presented = parse_authorization(shown.authorization)
        try:
            claims = await self._keys.verify_jwt(presented.access_token, expected_typ=TYP)
        except SealBroken as error:
            raise InvalidTokenError("the token is not one for this resource") from error
        judged = validate_access_token_claims(
            claims, expected_issuer=self._issuer, expected_audience=expected_audience, now=now
        )
        # 2. its client, as it is now
        client = await self._clients.live_now(self._storage, ClientId(judged.client_id), now=now)
        if client is None:
            raise InvalidTokenError("the client is suspended")
        # 3. the key or the certificate
        binding = KeyBinding(judged.jkt, judged.x5t)
        proof = self._judge_possession(presented, shown, client=client, binding=binding, now=now)
        if proof is not None:
            with _as_challenge():
                await self._proofs.spend_now(self._storage, proof)
        # 4. the grant and everything it rests on, as it is now
        if judged.gid is None:
            return of_client(client, judged)
        grant = await self._grants.known_live(self._storage, GrantId(judged.gid), now=now)
        if grant is None:
            raise await self._ended(client, judged)
        return of_grant(
            grant,
            await self._granted_client(grant, client, judged.act, now),
            token_id=judged.jti,
            sub=judged.sub,
            scope=judged.scope,
            details=details_of(judged),
            jkt=judged.jkt,
            act=judged.act,
        )

    async def _granted_client(
        self, grant: Grant, holder: Client, act: Mapping[str, Any] | None, now: datetime
    ) -> Client:
        """Whom the person let have the data; another client holds the token only as an actor, in the same agency."""
        if grant.client_id == holder.id:
            return holder
        granted = await self._clients.live_now(self._storage, grant.client_id, now=now)
        if act is None or granted is None or granted.agency_id != holder.agency_id:
            raise InvalidTokenError("the token has been revoked")
        return granted

    async def _ended(self, client: Client, judged: AccessTokenClaims) -> InvalidTokenError:
        """Why a token whose grant does not count is refused: GrantEnded when the grant was this client's."""
        async with self._storage.reading() as uow:
            ended = None if judged.gid is None else await self._grants.get(uow, GrantId(judged.gid))
        if ended is None or ended.client_id != client.id:
            return InvalidTokenError("the token has been revoked")
        return GrantEnded(
            of_grant(
                ended,
                client,
                token_id=judged.jti,
                sub=judged.sub,
                scope=judged.scope,
                details=details_of(judged),
                jkt=judged.jkt,
                act=judged.act,
            )
        )

    async def _verify_sealed(self, shown: Presentation, now: datetime) -> UserinfoToken:
        # 1. ours, for this resource, not over
        presented = parse_authorization(shown.authorization)
        try:
            payload = self._sealer.open(USERINFO_TOKEN, presented.access_token, now=now)
        except (SealBroken, SealExpired) as error:
            raise InvalidTokenError("the token is not one for this resource, or has expired") from error
        # 2. the grant and everything it rests on, as it is now
        found = await self._grants.with_person(self._storage, GrantId(payload["gid"]), now=now)
        if found is None:
            raise InvalidTokenError("the token has been revoked")
        grant, person = found
        holder_id = ClientId(payload.get("holder", grant.client_id))
        # the grant was read while its own client counts; another one that holds the token was not looked at
        look_up = self._clients.known if holder_id == grant.client_id else self._clients.live_now
        holder = await look_up(self._storage, holder_id, now=now)
        if holder is None:
            raise InvalidTokenError("the client is suspended")
        if holder.id != grant.client_id:
            await self._expect_same_agency(grant, holder, payload.get("act"), now)
        # 3. the key or the certificate
        binding = KeyBinding(payload.get("jkt"), payload.get("x5t"))
        proof = self._judge_possession(presented, shown, client=holder, binding=binding, now=now)
        if proof is not None:
            with _as_challenge():
                await self._proofs.spend_now(self._storage, proof)
        return UserinfoToken(holder, grant, person, tuple(payload["scope"]))

    async def _expect_same_agency(
        self, grant: Grant, holder: Client, act: Mapping[str, Any] | None, now: datetime
    ) -> None:
        """Another client than the person's holds the token only as an actor, in the same agency."""
        granted = await self._clients.known(self._storage, grant.client_id, now=now)
        if act is None or granted is None or granted.agency_id != holder.agency_id:
            raise InvalidTokenError("the token has been revoked")

    def _judge_possession(
        self,
        presented: PresentedToken,
        shown: Presentation,
        *,
        client: Client,
        binding: KeyBinding,
        now: datetime,
    ) -> VerifiedDpopProof | None:
        """The proof to be spent, None for a token that is bound to no key."""
        # FAPI 2.0 §5.3.3.1: clients "shall send access tokens in the HTTP header"; the body is for plain clients alone.
        if shown.in_body and client.is_fapi:
            raise InvalidTokenError("the token must come in the Authorization header")
        validate_scheme(scheme=presented.scheme, bound_to_key=binding.jkt is not None)
        # RFC 8705 §3: "If they do not match, the resource access attempt MUST be rejected with an error … using an HTTP
        # 401 status code and the "invalid_token" error code."
        if binding.x5t is not None and shown.certificate != binding.x5t:
            raise InvalidTokenError("the token is bound to another certificate")
        if binding.jkt is None:
            return None
        with _as_challenge():
            # RFC 9449 §7.1: a token under the DPoP scheme comes with a proof in the DPoP header.
            if shown.dpop is None:
                raise InvalidDpopProof("a DPoP proof is required")
            return self._proofs.judge(
                shown.dpop,
                method=shown.method,
                url=shown.url,
                nonce_required=client.dpop_nonce_required,
                access_token=presented.access_token,
                jkt=binding.jkt,
                now=now,
            )


@contextmanager
def _as_challenge() -> Iterator[None]:
    """RFC 9449 §7.1: at a protected resource a refused proof is answered with 401 and a challenge."""
    try:
        yield
    except OAuth2Error as refusal:
        refusal.status_code = 401
        raise
