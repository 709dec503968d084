"""grant_type=token-exchange (RFC 8693): never wider, never longer, and never without the actors it already had."""

from collections.abc import Sequence

from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.authorization.grants.model import Grant
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.claims import names_on_record
from idp.authorization.tokens.issuing import Issuing, acting_details, asked
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import ACCESS_TOKEN_LIFETIME, ForActor, KeyBinding
from idp.authorization.tokens.reading import ReadToken, TokenKind, TokenReader
from idp.catalogue.gdx import GdxDetail, InvalidGdxDetail, parse_authorization_details
from idp.protocol.claims_request import USERINFO
from idp.protocol.errors import (
    InvalidAuthorizationDetails,
    InvalidRequestError,
    InvalidScopeError,
    InvalidTarget,
)
from idp.protocol.token_exchange import TokenExchange, actor_ids, actors_after
from idp.storage.storage import UnitOfWork


class Exchanging:
    """Steps 4 to 7 of the token endpoint for exchanges, and their entry. `gateway` is the one resource."""

    def __init__(
        self, *, gateway: str, reader: TokenReader, clients: Clients, grants: Grants, mint: Mint, issuing: Issuing
    ) -> None:
        self._gateway = gateway
        self._reader = reader
        self._clients = clients
        self._grants = grants
        self._mint = mint
        self._issuing = issuing

    async def due(self, uow: UnitOfWork, client: Client, request: TokenExchange, binding: KeyBinding) -> ForActor:
        """A narrower token, or one in which this client acts. Raises the OAuth error to answer with."""
        # 4. open. §2.2.2: a subject token that is "invalid for any reason, or … unacceptable based on policy" is
        # answered with invalid_request.
        subject, grant = await self._subject(uow, request.subject_token)
        # 5. bindings: data stay within the agency that the person let have them
        granted = await self._clients.live(uow, grant.client_id)
        if granted is None or granted.agency_id != client.agency_id:
            raise InvalidRequestError("the subject token is not one of this agency")
        # a stolen token must not become one that needs no key
        is_bound, will_be_bound = (subject.jkt or subject.x5t, binding.jkt or binding.x5t)
        if is_bound and not will_be_bound:
            raise InvalidRequestError("a token that is bound to a key is exchanged for a bound one alone")
        holder = subject.holder or grant.client_id
        act = actors_after(client_id=client.id, subject_client_id=holder, earlier=subject.act)
        scope = _scope(client, subject, request)
        details = self._details(client, subject, request)
        # 6. nothing is spent: the subject token lives on until its own end
        # 7. within the right as it is now, and no longer than the subject token
        await self._issuing.within_right(uow, client, details)
        due = ForActor(
            token_id=self._mint.token_id(),
            now=uow.now,
            client=client,
            grant=grant,
            scope=scope,
            details=details,
            act=act,
            binding=binding,
            expires_at=min(uow.now + ACCESS_TOKEN_LIFETIME, subject.expires_at),
        )
        # 8. the entry says whose token it was
        noted = {
            "token": due.token_id,
            "subject_token": subject.token_id,
            "subject_client": holder,
            "grant": grant.id,
            "actors": list(actor_ids(act)),
            "scope": list(scope),
            "claims": list(names_on_record(USERINFO, grant, client, scope)),
            **asked(details),
            **acting_details(grant.acted_for),
        }
        await self._issuing.note(uow, "token.exchanged", client, grant.subscriber_id, noted)
        return due

    async def _subject(self, uow: UnitOfWork, token: str) -> tuple[ReadToken, Grant]:
        subject = await self._reader.read(token, now=uow.now)
        if subject is None or subject.kind is TokenKind.REFRESH or subject.grant_id is None:
            raise InvalidRequestError("the subject token is not a person's access token of this issuer")
        grant = await self._grants.live(uow, subject.grant_id)
        if grant is None:
            raise InvalidRequestError("the subject token has been revoked")
        return subject, grant

    def _details(self, client: Client, subject: ReadToken, request: TokenExchange) -> tuple[GdxDetail, ...]:
        is_for_exchange = subject.kind is TokenKind.EXCHANGE
        if request.resource is not None and (request.resource != self._gateway or not is_for_exchange):
            raise InvalidTarget("the subject token is not for that resource")
        details = subject.details
        if request.authorization_details is not None:
            try:
                details = parse_authorization_details(request.authorization_details)
            except InvalidGdxDetail as error:
                raise InvalidAuthorizationDetails(str(error)) from error
        if not all(_is_within(detail, subject.details) for detail in details):
            raise InvalidAuthorizationDetails("the details go beyond the subject token")
        if any(detail.purpose not in client.services for detail in details):
            raise InvalidAuthorizationDetails("the purpose is not one of this client")
        return details


def _scope(client: Client, subject: ReadToken, request: TokenExchange) -> tuple[str, ...]:
    held = subject.sealed_scope or ()
    if not set(request.scope) <= set(held):
        raise InvalidScopeError("the scope goes beyond the subject token")
    # Without a wish the new token has what both the old one and this client may have.
    scope = request.scope or tuple(word for word in held if word in client.scopes)
    if not set(scope) <= set(client.scopes):
        raise InvalidScopeError("the scope is not one of this client")
    return scope


def _is_within(detail: GdxDetail, held: Sequence[GdxDetail]) -> bool:
    return any(
        (detail.dataset, detail.subject, detail.purpose, detail.basis, detail.case)
        == (other.dataset, other.subject, other.purpose, other.basis, other.case)
        and set(detail.fields) <= set(other.fields)
        and set(detail.formats) <= set(other.formats)
        and detail.uses <= other.uses
        and _ends_no_later(detail, other)
        for other in held
    )


def _ends_no_later(detail: GdxDetail, other: GdxDetail) -> bool:
    return other.valid_until is None or (detail.valid_until is not None and detail.valid_until <= other.valid_until)
