"""The token endpoint: one order of steps for every grant.

1. the client proves who it is    2. the proof of possession    3. the grant type is the client's
4. code, refresh token or own authority is opened    5. bindings    6. spending    7. minting    8. audit
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

from idp.agencies.service import Agencies
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.exchanging import Exchanging
from idp.authorization.tokens.issuing import Issuing, asked
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import FurtherGrant, KeyBinding, TokenCall, TokenResponse
from idp.authorization.tokens.proofs import DpopProofs
from idp.authorization.tokens.refreshing import Refreshing
from idp.catalogue.gdx import Basis, GdxDetail, InvalidGdxDetail, JuristicSubject, parse_authorization_details
from idp.kernel.errors import Refused
from idp.protocol.errors import (
    InvalidAuthorizationDetails,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    InvalidTarget,
    OAuth2Error,
    UnauthorizedClientError,
)
from idp.protocol.pkce import validate_code_verifier
from idp.protocol.scopes import OWN_AUTHORITY_SCOPES
from idp.protocol.token_exchange import TOKEN_EXCHANGE, TokenExchange
from idp.protocol.token_request import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    REFRESH_TOKEN,
    CodeRedemption,
    FurtherRequest,
    OwnAuthority,
    Refresh,
    TokenRequest,
)
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import Storage, UnitOfWork

STILL_WAITING = frozenset({"authorization_pending", "slow_down"})
"""Answers to a poll that refuse nothing (RFC 8628 §3.5): no entry for them."""


class TokenEndpoint:
    """Answers token requests. `url` is the endpoint's own address, for DPoP; `gateway` is the one resource.

    `further_grants` are the grant types of the rooms above this one.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        url: str,
        gateway: str,
        authentication: ClientAuthentication,
        proofs: DpopProofs,
        codes: Codes,
        grants: Grants,
        mint: Mint,
        issuing: Issuing,
        refreshing: Refreshing,
        exchanging: Exchanging,
        agencies: Agencies,
        further_grants: Sequence[FurtherGrant] = (),
    ) -> None:
        self._storage = storage
        self._url = url
        self._gateway = gateway
        self._authentication = authentication
        self._proofs = proofs
        self._codes = codes
        self._grants = grants
        self._mint = mint
        self._issuing = issuing
        self._refreshing = refreshing
        self._exchanging = exchanging
        self._agencies = agencies
        self._further: Mapping[str, FurtherGrant] = {grant.grant_type: grant for grant in further_grants}

    @property
    def further_grant_types(self) -> Sequence[str]:
        """The grant types beside those of RFC 6749 and RFC 8693."""
        return tuple(self._further)

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
            if refusal.error not in STILL_WAITING:
                details = {"error": str(refusal.error), "grant_type": _grant_type(call.request)}
                await self._issuing.note(uow, "token.refused", client, None, details, outcome="refused")
            return refusal

    async def _answer_client(self, uow: UnitOfWork, client: Client, call: TokenCall) -> TokenResponse:
        binding = await self._proofs.binding(
            uow,
            client=client,
            url=self._url,
            dpop_proof=call.dpop_proof,
            certificate=call.credentials.thumbprint,
        )
        if _grant_type(call.request) not in client.grant_types:
            raise UnauthorizedClientError("the client may not use this grant_type")
        match call.request:
            case CodeRedemption():
                return await self._redeem(uow, client, call.request, binding)
            case Refresh():
                return await self._refreshing.answer(uow, client, call.request, binding)
            case OwnAuthority():
                return await self._own_authority(uow, client, call.request, binding)
            case TokenExchange():
                return await self._exchanging.answer(uow, client, call.request, binding)
            case FurtherRequest():
                return await self._further_grant(uow, client, call.request, binding)
            case never:
                assert_never(never)

    async def _redeem(
        self, uow: UnitOfWork, client: Client, request: CodeRedemption, binding: KeyBinding
    ) -> TokenResponse:
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
        _judge_bindings(code, request, binding.jkt)
        return await self._opened(uow, client, code, binding)

    async def _further_grant(
        self, uow: UnitOfWork, client: Client, request: FurtherRequest, binding: KeyBinding
    ) -> TokenResponse:
        # 4. to 6. belong to the room of that grant type, which gives each decision out once
        decided = await self._further[request.grant_type].redeem(uow, client, request.parameters)
        if decided.client_id != client.id or (decided.jkt is not None and decided.jkt != binding.jkt):
            raise InvalidGrantError("what was decided is bound to another client or key")
        return await self._opened(uow, client, decided, binding)

    async def _opened(
        self, uow: UnitOfWork, client: Client, code: AuthorizationCode, binding: KeyBinding
    ) -> TokenResponse:
        # 7. mint, 8. note
        await self._issuing.within_right(uow, client, code.details)
        grant = await self._grants.open(uow, code, jkt=binding.jkt, x5t=binding.x5t)
        if grant is None:
            raise InvalidGrantError("what the code rests on has ended")
        return await self._issuing.for_grant(
            uow, client, grant, grant.scope, binding, nonce=code.nonce, event="token.issued", with_refresh_token=True
        )

    async def _own_authority(
        self, uow: UnitOfWork, client: Client, request: OwnAuthority, binding: KeyBinding
    ) -> TokenResponse:
        if not request.scope and request.authorization_details is None:
            raise InvalidRequestError("a scope or authorization_details are required")
        if not set(request.scope) <= OWN_AUTHORITY_SCOPES.intersection(client.scopes):
            raise InvalidScopeError("the scope is not one that this client has by itself")
        # RFC 8707 §2: "If the … requested resource is invalid, missing, unknown, or malformed … invalid_target"
        if request.resource not in (None, self._gateway):
            raise InvalidTarget("the only resource is the data exchange")
        details = () if request.authorization_details is None else _own_details(request.authorization_details, client)
        try:
            await self._agencies.ceiling(uow, client.agency_id, details)
        except Refused as beyond:
            raise InvalidAuthorizationDetails("beyond what the agency may have") from beyond
        token_id, response = await self._mint.for_client(
            uow, client=client, scope=request.scope, details=details, binding=binding
        )
        noted = {"token": token_id, "scope": list(request.scope), **asked(details)}
        await self._issuing.note(uow, "token.issued", client, None, noted)
        return response


def _judge_bindings(code: AuthorizationCode, request: CodeRedemption, jkt: str | None) -> None:
    # RFC 6749 §4.1.3: "ensure that the "redirect_uri" parameter is present if the "redirect_uri" parameter was included
    # in the initial authorization request …, and if included ensure that their values are identical."
    if request.redirect_uri != code.redirect_uri:
        raise InvalidGrantError("redirect_uri is not that of the authorization request")
    if code.code_challenge is not None:
        validate_code_verifier(code_verifier=request.code_verifier, expected_challenge=code.code_challenge)
    # RFC 9700 §2.1.1: "authorization servers MUST … ensure that a token request containing a code_verifier parameter is
    # accepted only if a code_challenge parameter was present in the authorization request."
    elif request.code_verifier is not None:
        raise InvalidGrantError("the authorization request had no code_challenge")
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


def _grant_type(request: TokenRequest) -> str:
    match request:
        case CodeRedemption():
            return AUTHORIZATION_CODE
        case Refresh():
            return REFRESH_TOKEN
        case OwnAuthority():
            return CLIENT_CREDENTIALS
        case TokenExchange():
            return TOKEN_EXCHANGE
        case FurtherRequest(grant_type):
            return grant_type
        case never:
            assert_never(never)
