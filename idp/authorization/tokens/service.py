"""The token endpoint: one order of steps for every grant.

1. the client proves who it is    2. the proof of possession    3. the grant type is the client's
4. code, refresh token or own authority is opened    5. bindings    6. spending    7. minting    8. audit
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, assert_never

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.model import AuthorizationCode, Grant
from idp.authorization.grants.service import Grants, RevocationReason
from idp.authorization.tokens.minting import REFRESH_TOKEN_KIND, Mint
from idp.authorization.tokens.model import TokenCall, TokenResponse
from idp.authorization.tokens.proofs import DpopProofs
from idp.catalogue.gdx import Basis, GdxDetail, InvalidGdxDetail, JuristicSubject, parse_authorization_details
from idp.kernel.errors import Refused
from idp.kernel.ids import GrantId, SubscriberId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import (
    InvalidAuthorizationDetails,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
)
from idp.protocol.pkce import validate_code_verifier
from idp.protocol.scopes import claims_of
from idp.protocol.token_request import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    REFRESH_TOKEN,
    CodeRedemption,
    OwnAuthority,
    Refresh,
    TokenRequest,
)
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork


class TokenEndpoint:
    """Answers token requests. `url` is the endpoint's own address, for DPoP."""

    def __init__(
        self,
        *,
        storage: Storage,
        url: str,
        authentication: ClientAuthentication,
        proofs: DpopProofs,
        codes: Codes,
        grants: Grants,
        mint: Mint,
        sealer: TokenSealer,
        agencies: Agencies,
        audit: AuditLog,
    ) -> None:
        self._storage = storage
        self._url = url
        self._authentication = authentication
        self._proofs = proofs
        self._codes = codes
        self._grants = grants
        self._mint = mint
        self._sealer = sealer
        self._agencies = agencies
        self._audit = audit

    async def handle(self, call: TokenCall) -> TokenResponse:
        """Tokens, or the OAuth error to answer with.

        One transaction: what was spent stays spent and a refusal's entry is kept also when nothing is minted; should
        the store fail, nothing is minted and nothing was spent.
        """
        await self._mint.prepare()
        async with self._storage.unit_of_work() as uow:
            answer = await self._answer(uow, call)
        if isinstance(answer, OAuth2Error):
            raise answer
        return answer

    async def _answer(self, uow: UnitOfWork, call: TokenCall) -> TokenResponse | OAuth2Error:
        try:
            client = await self._authentication.authenticate(uow, call.credentials)
        except OAuth2Error as unproven:
            return unproven
        try:
            return await self._answer_client(uow, client, call)
        except OAuth2Error as refusal:
            details = {"error": str(refusal.error), "grant_type": _grant_type(call.request)}
            await self._note(uow, "token.refused", client, None, details, outcome="refused")
            return refusal

    async def _answer_client(self, uow: UnitOfWork, client: Client, call: TokenCall) -> TokenResponse:
        jkt = await self._proofs.of_client(uow, call.dpop_proof, client=client, url=self._url)
        if _grant_type(call.request) not in client.grant_types:
            raise UnauthorizedClientError("the client may not use this grant_type")
        match call.request:
            case CodeRedemption():
                return await self._redeem(uow, client, call.request, jkt)
            case Refresh():
                return await self._refresh(uow, client, call.request, jkt)
            case OwnAuthority():
                return await self._own_authority(uow, client, call.request, jkt)
            case never:
                assert_never(never)

    async def _redeem(self, uow: UnitOfWork, client: Client, request: CodeRedemption, jkt: str | None) -> TokenResponse:
        # 4. open
        code = self._codes.open(request.code, now=uow.now)
        # 5. RFC 6749 §4.1.3: "ensure that the authorization code was issued to the authenticated confidential client".
        # A stranger's attempt does not burn the code.
        if code.client_id != client.id:
            raise InvalidGrantError("the code was issued to another client")
        # 6. §4.1.2: "If an authorization code is used more than once, the authorization server MUST deny the request
        # and SHOULD revoke (when possible) all tokens previously issued based on that authorization code." It is spent
        # before the remaining bindings are judged, so that nobody may guess twice.
        if not await spend(uow, kind=SpentKind.CODE, scope=client.id, secret=code.id, expires_at=code.expires_at):
            await self._grants.revoke_of_code(uow, code, client=client)
            raise InvalidGrantError("the code was used before")
        _judge_bindings(code, request, jkt)
        # 7. mint
        await self._within_right(uow, client, code.details)
        grant = await self._grants.open(uow, code, jkt=jkt)
        if grant is None:
            raise InvalidGrantError("what the code rests on has ended")
        return await self._minted(uow, client, grant, grant.scope, nonce=code.nonce, first=True)

    async def _refresh(self, uow: UnitOfWork, client: Client, request: Refresh, jkt: str | None) -> TokenResponse:
        # 4. open
        try:
            payload = self._sealer.open(REFRESH_TOKEN_KIND, request.refresh_token, now=uow.now)
        except (SealBroken, SealExpired) as error:
            raise InvalidGrantError("the refresh token is not valid") from error
        grant = await self._grants.live(uow, GrantId(payload["gid"]))
        # 5. RFC 6749 §6: the server MUST "ensure that the refresh token was issued to the authenticated client"
        if grant is None or grant.client_id != client.id:
            raise InvalidGrantError("the refresh token is not valid")
        if grant.jkt != jkt or payload["generation"] != grant.generation:
            await self._grants.revoke(uow, grant, reason=RevocationReason.REFRESH_TOKEN_MISUSED, client=client)
            raise InvalidGrantError("the refresh token is bound to another key")
        # §6: "The requested scope MUST NOT include any scope not originally granted by the resource owner"
        if not set(grant.scope).issuperset(request.scope):
            raise InvalidScopeError("the scope goes beyond the grant")
        # 7. mint
        await self._within_right(uow, client, grant.details)
        return await self._minted(uow, client, grant, request.scope or grant.scope, nonce=None, first=False)

    async def _own_authority(
        self, uow: UnitOfWork, client: Client, request: OwnAuthority, jkt: str | None
    ) -> TokenResponse:
        if request.scope or request.authorization_details is None:
            raise InvalidRequestError("authorization_details are required, and no scope")
        details = _own_details(request.authorization_details, client)
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as beyond:
            raise InvalidAuthorizationDetails("beyond what the agency may have") from beyond
        token_id, response = await self._mint.for_client(uow, client=client, details=details, jkt=jkt)
        await self._note(uow, "token.issued", client, None, {"token": token_id, **_asked(details)})
        return response

    async def _within_right(self, uow: UnitOfWork, client: Client, details: Sequence[GdxDetail]) -> None:
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as ended:
            raise InvalidGrantError("the agency's right has ended") from ended

    async def _minted(
        self,
        uow: UnitOfWork,
        client: Client,
        grant: Grant,
        scope: tuple[str, ...],
        *,
        nonce: str | None,
        first: bool,
    ) -> TokenResponse:
        token_id, response = await self._mint.for_grant(
            uow, client=client, grant=grant, scope=scope, nonce=nonce, first=first
        )
        event = "token.issued" if first else "token.refreshed"
        # The entry names what userinfo may give under this token, which itself writes none (design, section 6).
        details = {"token": token_id, "grant": grant.id, "claims": list(claims_of(scope)), **_asked(grant.details)}
        await self._note(uow, event, client, grant.subscriber_id, details)
        return response

    async def _note(
        self,
        uow: UnitOfWork,
        event: str,
        client: Client,
        subject: SubscriberId | None,
        details: Mapping[str, Any],
        *,
        outcome: Literal["ok", "refused"] = "ok",
    ) -> None:
        await self._audit.append(
            uow,
            AuditEvent(
                event,
                actor=Actor(ActorKind.CLIENT, client.id),
                outcome=outcome,
                subject=subject,
                agency_id=client.agency_id,
                client_id=client.id,
                details=details,
            ),
        )


def _judge_bindings(code: AuthorizationCode, request: CodeRedemption, jkt: str | None) -> None:
    # RFC 6749 §4.1.3: "ensure that the "redirect_uri" parameter is present if the "redirect_uri" parameter was included
    # in the initial authorization request …, and if included ensure that their values are identical."
    if request.redirect_uri != code.redirect_uri:
        raise InvalidGrantError("redirect_uri is not that of the authorization request")
    validate_code_verifier(code_verifier=request.code_verifier, expected_challenge=code.code_challenge)
    # RFC 9449 §10: "if they do not match, it MUST reject the request."
    if code.jkt is not None and code.jkt != jkt:
        raise InvalidGrantError("the code is bound to another key")


def _own_details(text: str, client: Client) -> tuple[GdxDetail, ...]:
    try:
        details = parse_authorization_details(text)
    except InvalidGdxDetail as error:
        raise InvalidAuthorizationDetails(str(error)) from error
    for detail in details:
        # Without a person at hand nobody can consent, and there is no "self".
        if detail.basis is Basis.CONSENT or not isinstance(detail.subject, JuristicSubject):
            raise InvalidAuthorizationDetails("a person's data need the person's own authorization")
        if detail.purpose not in client.services:
            raise InvalidAuthorizationDetails("the purpose is not one of this client")
    return details


def _asked(details: tuple[GdxDetail, ...]) -> dict[str, list[str]]:
    fields = [f"{detail.dataset}/{name}" for detail in details for name in detail.fields]
    return {"datasets": [detail.dataset for detail in details], "fields": fields}


def _grant_type(request: TokenRequest) -> str:
    match request:
        case CodeRedemption():
            return AUTHORIZATION_CODE
        case Refresh():
            return REFRESH_TOKEN
        case OwnAuthority():
            return CLIENT_CREDENTIALS
        case never:
            assert_never(never)
