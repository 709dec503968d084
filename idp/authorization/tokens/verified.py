"""What a verified access token proves, put together from what was judged and what the store has. Pure."""

from collections.abc import Mapping
from typing import Any

from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import GdxDetail, InvalidGdxDetail, parse_authorization_details
from idp.kernel.ids import ClientId
from idp.protocol.access_token import AccessTokenClaims
from idp.protocol.errors import InvalidTokenError
from idp.protocol.token_exchange import actor_ids


def details_of(judged: AccessTokenClaims) -> tuple[GdxDetail, ...]:
    """The data sets in a token. Raises InvalidTokenError for what is none of ours."""
    if not judged.authorization_details:
        return ()
    try:
        return parse_authorization_details(list(judged.authorization_details))
    except InvalidGdxDetail as error:
        raise InvalidTokenError("the token is not one for this resource") from error


def of_client(client: Client, judged: AccessTokenClaims) -> VerifiedAccessToken:
    """A token of a client that acts on its own authority."""
    return VerifiedAccessToken(
        token_id=judged.jti,
        client_id=client.id,
        agency_id=client.agency_id,
        grant_id=None,
        subscriber_id=None,
        sub=judged.sub,
        details=details_of(judged),
        scope=judged.scope,
        consent_id=None,
        acr=None,
        jkt=judged.jkt,
    )


def of_grant(
    grant: Grant,
    client: Client,
    *,
    token_id: str,
    sub: str,
    scope: tuple[str, ...],
    details: tuple[GdxDetail, ...],
    jkt: str | None,
    act: Mapping[str, Any] | None,
) -> VerifiedAccessToken:
    """A token of a grant; `client` is whom the person let have the data, `act` who has it in their place."""
    return VerifiedAccessToken(
        token_id=token_id,
        client_id=client.id,
        agency_id=client.agency_id,
        grant_id=grant.id,
        subscriber_id=grant.subscriber_id,
        sub=sub,
        details=details,
        scope=scope,
        consent_id=grant.consent_id,
        acr=grant.acr,
        jkt=jkt,
        actors=tuple(ClientId(actor) for actor in actor_ids(act)),
        acted_for=grant.acted_for,
    )
