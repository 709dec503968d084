"""The tokens room of one deployment: its use cases and what they share, put together once."""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.security_log import SecurityLog
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.service import ClientAuthentication, Clients
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.service import Grants
from idp.authorization.tokens.access import AccessTokens
from idp.authorization.tokens.exchanging import Exchanging
from idp.authorization.tokens.introspection import Introspection
from idp.authorization.tokens.issuing import Issuing
from idp.authorization.tokens.minting import Mint
from idp.authorization.tokens.model import EvidenceReader, FurtherGrant
from idp.authorization.tokens.own_authority import OwnAuthorities
from idp.authorization.tokens.persons import PersonClaims
from idp.authorization.tokens.proofs import DpopProofs
from idp.authorization.tokens.reading import TokenReader
from idp.authorization.tokens.refreshing import Refreshing
from idp.authorization.tokens.revocation import Revocation
from idp.authorization.tokens.service import TokenEndpoint
from idp.authorization.tokens.userinfo import Userinfo
from idp.keys.pairwise import PairwiseSubjects
from idp.keys.sealing import TokenSealer
from idp.keys.signing import SigningKeys
from idp.representation.acting.service import Acting
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGround:
    """What the tokens room stands on. `gateway` is the audience of tokens for the data exchange."""

    issuer: str
    gateway: str
    acr_prefix: str
    trust_framework: str
    storage: Storage
    keys: SigningKeys
    sealer: TokenSealer
    pairwise: PairwiseSubjects
    audit: AuditLog
    security_log: SecurityLog
    agencies: Agencies
    subscribers: Subscribers
    evidence: EvidenceReader
    clients: Clients
    key_sets: ClientKeySets
    authentication: ClientAuthentication
    proofs: DpopProofs
    codes: Codes
    grants: Grants
    acting: Acting


@dataclass(frozen=True, slots=True)
class TokenRoom:
    """The use cases of tokens."""

    endpoint: TokenEndpoint
    access_tokens: AccessTokens
    userinfo: Userinfo
    introspection: Introspection
    revocation: Revocation


def build_token_room(ground: TokenGround, *, further_grants: Sequence[FurtherGrant] = ()) -> TokenRoom:
    """Put the room together; `further_grants` are the grant types that rooms above it bring."""
    persons = PersonClaims(
        storage=ground.storage,
        subscribers=ground.subscribers,
        agencies=ground.agencies,
        evidence=ground.evidence,
        trust_framework=ground.trust_framework,
        acr_prefix=ground.acr_prefix,
    )
    reader = TokenReader(
        issuer=ground.issuer,
        gateway=ground.gateway,
        grant_management=f"{ground.issuer}/grants",
        keys=ground.keys,
        sealer=ground.sealer,
    )
    access_tokens = AccessTokens(
        storage=ground.storage,
        issuer=ground.issuer,
        keys=ground.keys,
        sealer=ground.sealer,
        pairwise=ground.pairwise,
        clients=ground.clients,
        grants=ground.grants,
        proofs=ground.proofs,
        security_log=ground.security_log,
    )
    return TokenRoom(
        endpoint=_endpoint(ground, persons, reader, further_grants),
        access_tokens=access_tokens,
        userinfo=Userinfo(
            storage=ground.storage,
            issuer=ground.issuer,
            access_tokens=access_tokens,
            pairwise=ground.pairwise,
            key_sets=ground.key_sets,
            persons=persons,
            keys=ground.keys,
        ),
        introspection=Introspection(
            storage=ground.storage,
            issuer=ground.issuer,
            acr_prefix=ground.acr_prefix,
            authentication=ground.authentication,
            reader=reader,
            grants=ground.grants,
            pairwise=ground.pairwise,
            keys=ground.keys,
        ),
        revocation=Revocation(
            storage=ground.storage, authentication=ground.authentication, grants=ground.grants, reader=reader
        ),
    )


def _endpoint(
    ground: TokenGround, persons: PersonClaims, reader: TokenReader, further_grants: Sequence[FurtherGrant]
) -> TokenEndpoint:
    mint = Mint(
        issuer=ground.issuer,
        gateway=ground.gateway,
        acr_prefix=ground.acr_prefix,
        keys=ground.keys,
        sealer=ground.sealer,
        pairwise=ground.pairwise,
        persons=persons,
        key_sets=ground.key_sets,
    )
    issuing = Issuing(storage=ground.storage, mint=mint, agencies=ground.agencies, audit=ground.audit)
    return TokenEndpoint(
        storage=ground.storage,
        url=f"{ground.issuer}/token",
        authentication=ground.authentication,
        proofs=ground.proofs,
        codes=ground.codes,
        grants=ground.grants,
        mint=mint,
        issuing=issuing,
        refreshing=Refreshing(
            storage=ground.storage,
            sealer=ground.sealer,
            grants=ground.grants,
            issuing=issuing,
            acting=ground.acting,
        ),
        exchanging=Exchanging(
            gateway=ground.gateway,
            reader=reader,
            clients=ground.clients,
            grants=ground.grants,
            mint=mint,
            issuing=issuing,
        ),
        own_authority=OwnAuthorities(
            storage=ground.storage,
            gateway=ground.gateway,
            grant_management=f"{ground.issuer}/grants",
            clients=ground.clients,
            mint=mint,
            issuing=issuing,
        ),
        further_grants=further_grants,
    )
