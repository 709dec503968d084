"""The token endpoint: one order of steps for every grant.

1. the client proves who it is    2. the proof of possession    3. the grant type is the client's
4. code, refresh token or own authority is opened    5. bindings    6. spending    7. the grant, with its entry
8. minting

Codes, refresh tokens and own authority do 6 and 7 in one hot statement, the others in one unit of work.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import ClientAuthentication
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.model import AuthorizationCode
from idp.authorization.grants.service import Grants, Redeemed
from idp.authorization.tokens.exchanging import Exchanging
from idp.authorization.tokens.issuing import Issuing
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import (
    Due,
    ForPerson,
    FurtherGrant,
    KeyBinding,
    TokenCall,
    TokenResponse,
)
from idp.authorization.tokens.own_authority import OwnAuthorities
from idp.authorization.tokens.proofs import Caller, DpopProofs, prove_caller
from idp.authorization.tokens.refreshing import Refreshing
from idp.protocol.errors import (
    InvalidGrantError,
    OAuth2Error,
    UnauthorizedClientError,
)
from idp.protocol.pkce import validate_code_verifier
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
from idp.storage.storage import Storage, UnitOfWork

STILL_WAITING = frozenset({"authorization_pending", "slow_down"})
"""Answers to a poll that refuse nothing (RFC 8628 §3.5): no entry for them."""


class TokenEndpoint:
    """Answers token requests. `url` is the endpoint's own address, for DPoP.

    `further_grants` are the grant types of the rooms above this one.
    """

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
        issuing: Issuing,
        refreshing: Refreshing,
        exchanging: Exchanging,
        own_authority: OwnAuthorities,
        further_grants: Sequence[FurtherGrant] = (),
    ) -> None:
        self._storage = storage
        self._url = url
        self._authentication = authentication
        self._proofs = proofs
        self._codes = codes
        self._grants = grants
        self._mint = mint
        self._issuing = issuing
        self._refreshing = refreshing
        self._exchanging = exchanging
        self._own_authority = own_authority
        self._further: Mapping[str, FurtherGrant] = {grant.grant_type: grant for grant in further_grants}

    @property
    def further_grant_types(self) -> Sequence[str]:
        """The grant types beside those of RFC 6749 and RFC 8693."""
        return tuple(self._further)

    async def handle(self, call: TokenCall) -> TokenResponse:
        """Tokens, or the OAuth error to answer with.

        What is due was committed together with its entry before it is minted. What was spent stays spent and a
        refusal's entry is kept also when nothing is minted.
        """
        await self._mint.prepare()
        now = self._storage.clock.now()
        # 1. and 2.
        caller = await prove_caller(
            self._storage,
            self._authentication,
            self._proofs,
            credentials=call.credentials,
            dpop_proof=call.dpop_proof,
            url=self._url,
            proof_required=True,
            now=now,
        )
        try:
            due = await self._due(caller, call, now)
        except OAuth2Error as refusal:
            if refusal.error not in STILL_WAITING:
                details = {"error": str(refusal.error), "grant_type": _grant_type(call.request)}
                async with self._storage.unit_of_work() as uow:
                    await self._issuing.note(uow, "token.refused", caller.client, None, details, outcome="refused")
            raise
        # 8.
        return await self._mint.mint(due)

    async def _due(self, caller: Caller, call: TokenCall, now: datetime) -> Due:
        client, binding = caller.client, caller.binding(call.credentials.thumbprint)
        # 3.
        if _grant_type(call.request) not in client.grant_types:
            raise UnauthorizedClientError("the client may not use this grant_type")
        match call.request:
            case CodeRedemption() as request:
                return await self._redeem(client, request, binding, now)
            case Refresh() as request:
                return await self._refreshing.due(client, request, binding, now=now)
            case OwnAuthority() as request:
                return await self._own_authority.due(client, request, binding, now=now)
            case TokenExchange() as exchange:
                return await self._committed(lambda uow: self._exchanging.due(uow, client, exchange, binding))
            case FurtherRequest() as further:
                await self._further[further.grant_type].expect_standing(client, further.parameters)
                return await self._committed(lambda uow: self._further_grant(uow, client, further, binding))
            case never:
                assert_never(never)

    async def _committed(self, act: Callable[[UnitOfWork], Awaitable[Due]]) -> Due:
        """What an act of one transaction lets the client have; what it spent before it refused stays spent."""
        outcome: Due | OAuth2Error
        async with self._storage.unit_of_work() as uow:
            try:
                outcome = await act(uow)
            except OAuth2Error as refusal:
                outcome = refusal
        if isinstance(outcome, OAuth2Error):
            raise outcome
        return outcome

    async def _redeem(self, client: Client, request: CodeRedemption, binding: KeyBinding, now: datetime) -> Due:
        # 4. open
        code = self._codes.open(request.code, now=now)
        # 5. RFC 6749 §4.1.3: "ensure that the authorization code was issued to the authenticated confidential client".
        # A stranger's attempt does not burn the code.
        if code.client_id != client.id:
            raise InvalidGrantError("the code was issued to another client")
        try:
            _judge_bindings(code, request, binding.jkt)
        except OAuth2Error:
            # spent all the same, so that nobody may guess twice
            await self._burn(client, code)
            raise
        await self._issuing.within_right_now(client, code.details)
        if code.replaces:
            return await self._committed(lambda uow: self._replacing(uow, client, code, binding))
        # 6. and 7. §4.1.2: "If an authorization code is used more than once, the authorization server MUST deny the
        # request and SHOULD revoke (when possible) all tokens previously issued based on that authorization code."
        draft = self._grants.drafted(code, jkt=binding.jkt, x5t=binding.x5t, now=now)
        due = self._issuing.due(client, draft, draft.scope, binding, nonce=code.nonce, with_refresh_token=True, now=now)
        entry = self._issuing.entry_of("token.issued", due)
        match await self._grants.redeem(self._storage, draft, code, entry=entry, now=now):
            case Redeemed.OPENED:
                return due
            case Redeemed.SPENT_BEFORE:
                await self._burn(client, code)
                raise InvalidGrantError("the code was used before")
            case Redeemed.ENDED:
                raise InvalidGrantError("what the code rests on has ended")
            case never:
                assert_never(never)

    async def _burn(self, client: Client, code: AuthorizationCode) -> None:
        async with self._storage.unit_of_work() as uow:
            await self._grants.burn(uow, code, client=client)

    async def _replacing(
        self, uow: UnitOfWork, client: Client, code: AuthorizationCode, binding: KeyBinding
    ) -> ForPerson:
        # 6.
        if not await self._grants.burn(uow, code, client=client):
            raise InvalidGrantError("the code was used before")
        # 7. Grant Management §5.2: replace "shall invalidate existing refresh tokens associated with the replaced
        # grant": the older grant ends as this one opens.
        grant = await self._grants.open_replacing(uow, code, client=client, jkt=binding.jkt, x5t=binding.x5t)
        if grant is None:
            raise InvalidGrantError("what the code rests on, or is to replace, has ended")
        due = self._issuing.due(
            client, grant, grant.scope, binding, nonce=code.nonce, with_refresh_token=True, now=uow.now
        )
        await self._issuing.note_issued(uow, due)
        return due

    async def _further_grant(
        self, uow: UnitOfWork, client: Client, request: FurtherRequest, binding: KeyBinding
    ) -> ForPerson:
        # 4. to 6. belong to the room of that grant type, which gives each decision out once
        decided = await self._further[request.grant_type].redeem(uow, client, request.parameters)
        if decided.client_id != client.id or (decided.jkt is not None and decided.jkt != binding.jkt):
            raise InvalidGrantError("what was decided is bound to another client or key")
        # 7.
        await self._issuing.within_right(uow, client, decided.details)
        grant = await self._grants.open(uow, decided, jkt=binding.jkt, x5t=binding.x5t)
        if grant is None:
            raise InvalidGrantError("what the code rests on has ended")
        due = self._issuing.due(
            client, grant, grant.scope, binding, nonce=decided.nonce, with_refresh_token=True, now=uow.now
        )
        await self._issuing.note_issued(uow, due)
        return due


def _judge_bindings(code: AuthorizationCode, request: CodeRedemption, jkt: str | None) -> None:
    # RFC 6749 §4.1.3: "ensure that the "redirect_uri" parameter is present if the "redirect_uri" parameter was included
    # in the initial authorization request …, and if included ensure that their values are identical."
    if request.redirect_uri != code.redirect_uri:
        raise InvalidGrantError("redirect_uri is not that of the authorization request")
    if code.code_challenge is not None:
        validate_code_verifier(code_verifier=request.code_verifier, expected_challenge=code.code_challenge)
    # RFC 9700 §2.1.1: "Authorization servers MUST mitigate PKCE downgrade attacks by ensuring that a token request
    # containing a code_verifier parameter is accepted only if a code_challenge parameter was present in the
    # authorization request"
    elif request.code_verifier is not None:
        raise InvalidGrantError("the authorization request had no code_challenge")
    # RFC 9449 §10: "If they do not match, it MUST reject the request."
    if code.jkt is not None and code.jkt != jkt:
        raise InvalidGrantError("the code is bound to another key")


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
