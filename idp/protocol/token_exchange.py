"""Token exchange, RFC 8693: a client trades an access token for a narrower one, or for one in which it acts for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.protocol.authorization_request import LONGEST_AUTHORIZATION_DETAILS
from idp.protocol.errors import InvalidRequestError, InvalidTarget
from idp.protocol.parameters import required, words

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
MOST_ACTORS = 4
PERSON_MARK = "iss"
"""The member by which the `act` of a person differs from that of a client."""


@dataclass(frozen=True, slots=True, repr=False)
class TokenExchange:
    """grant_type=token-exchange. An empty `scope` and absent `authorization_details` ask for what the token has."""

    subject_token: str
    scope: tuple[str, ...]
    authorization_details: str | None
    resource: str | None


def parse_token_exchange(parameters: Mapping[str, str]) -> TokenExchange:
    """The request of §2.1. Raises InvalidRequestError or InvalidTarget."""
    subject_token = required(parameters, "subject_token")
    if required(parameters, "subject_token_type") != ACCESS_TOKEN_TYPE:
        raise InvalidRequestError("subject_token_type must be access_token")
    if parameters.get("requested_token_type", ACCESS_TOKEN_TYPE) != ACCESS_TOKEN_TYPE:
        raise InvalidRequestError("requested_token_type must be access_token")
    # §1.1: the acting party is the client that asks, which has proven itself; nobody speaks for a third party here.
    if "actor_token" in parameters or "actor_token_type" in parameters:
        raise InvalidRequestError("actor_token is not accepted: the actor is the client itself")
    # §2.2.2: "If the authorization server is unwilling or unable to issue a token for any target service indicated by
    # the resource or audience parameters, the invalid_target error code SHOULD be used"
    if "audience" in parameters:
        raise InvalidTarget("audience is not accepted: name the resource")
    details = parameters.get("authorization_details")
    if details is not None and len(details) > LONGEST_AUTHORIZATION_DETAILS:
        raise InvalidRequestError("authorization_details is too long")
    return TokenExchange(subject_token, words(parameters.get("scope")), details, parameters.get("resource"))


def actors_after(
    *, client_id: str, subject_client_id: str, earlier: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """The `act` claim (§4.1) of the new token, outermost the present actor.

    A client that narrows a token of its own adds no actor, but an earlier one is never dropped: a delegated token stays
    one. Raises InvalidRequestError when the chain is too long.
    """
    if client_id == subject_client_id:
        return earlier
    # §4.1: "A chain of delegation can be expressed by nesting one act claim within another. The outermost act claim
    # represents the current actor while nested act claims represent prior actors."
    if len(actor_ids(earlier)) >= MOST_ACTORS:
        raise InvalidRequestError("the token was handed on too often")
    return {"sub": client_id} if earlier is None else {"sub": client_id, "act": dict(earlier)}


def clients_only(act: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """An `act` claim that this issuer signed without the person who acts at its end, if any: with the clients alone."""
    if act is None or PERSON_MARK in act:
        return None
    earlier = clients_only(act.get("act"))
    return {"sub": act["sub"]} if earlier is None else {"sub": act["sub"], "act": earlier}


def with_person(act: Mapping[str, Any] | None, *, person_sub: str | None, issuer: str) -> Mapping[str, Any] | None:
    """The `act` claim with the person who acts for the subject: the first actor, so the innermost.

    §4.1: "the combination of the two claims iss and sub might be necessary to uniquely identify an actor": a person is
    named by both, a client of this issuer by its identifier alone.
    """
    if person_sub is None:
        return act
    if act is None:
        return {PERSON_MARK: issuer, "sub": person_sub}
    return {"sub": act["sub"], "act": with_person(act.get("act"), person_sub=person_sub, issuer=issuer)}


def actor_ids(act: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The clients of an `act` claim that this issuer signed, the present actor first."""
    found: list[str] = []
    while act is not None:
        found.append(str(act["sub"]))
        act = act.get("act")
    return tuple(found)
