"""Scopes and the claims they release: one table for the consent page, for userinfo and for discovery.

OpenID Connect Core §5.1 and §5.4; the scopes of ThaiD, one a claim (facts/thai-registries, section 5.1), so that its
clients move by changing issuer and keys. A Thai name is the default; language tags as §5.2 says (`name#en`).
"""

from collections.abc import Collection, Iterable
from functools import lru_cache

OPENID = "openid"
PROFILE = "profile"
EMAIL = "email"
ADDRESS = "address"
PHONE = "phone"
OFFLINE_ACCESS = "offline_access"
STAFF = "staff"
LOOK_UP = "look_up"
EVENTS = "events"
SSF_MANAGE = "ssf.manage"
SSF_READ = "ssf.read"
AGENCY_MANAGE = "agency.manage"
AGENCY_READ = "agency.read"
GRANT_MANAGEMENT_QUERY = "grant_management_query"
GRANT_MANAGEMENT_REVOKE = "grant_management_revoke"
CITIZEN_ID = "citizen_id"
PID = "pid"

CITIZEN_NUMBER_CLAIMS = frozenset({CITIZEN_ID, PID})
"""The citizen number and its alias: released under a right of the agency alone (nevers, 1)."""

THAID_CLAIMS = (
    "title",
    "given_name",
    "middle_name",
    "family_name",
    "name",
    "title_en",
    "given_name_en",
    "middle_name_en",
    "family_name_en",
    "name_en",
    "birthdate",
    "gender",
    "ial",
)

SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    OPENID: ("sub", "acr", "ial", "aal", "amr", "auth_time"),
    PROFILE: (
        "name",
        "given_name",
        "middle_name",
        "family_name",
        "name#en",
        "given_name#en",
        "middle_name#en",
        "family_name#en",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    EMAIL: ("email", "email_verified"),
    ADDRESS: ("address",),
    PHONE: ("phone_number", "phone_number_verified"),
    CITIZEN_ID: (CITIZEN_ID,),
    PID: (PID,),
    OFFLINE_ACCESS: (),
    **{claim: (claim,) for claim in THAID_CLAIMS},
    STAFF: ("members", "subscriber_id"),
    LOOK_UP: (),
    EVENTS: (),
    SSF_MANAGE: (),
    SSF_READ: (),
    AGENCY_MANAGE: (),
    AGENCY_READ: (),
    GRANT_MANAGEMENT_QUERY: (),
    GRANT_MANAGEMENT_REVOKE: (),
}

FIRST_PARTY_SCOPES = frozenset({STAFF})
"""Scopes for the issuer's own clients alone."""

GRANT_MANAGEMENT_SCOPES = frozenset({GRANT_MANAGEMENT_QUERY, GRANT_MANAGEMENT_REVOKE})
"""For the grants of the client itself (Grant Management for OAuth 2.0 §6.1)."""

SIGNALS_SCOPES = frozenset({SSF_MANAGE, SSF_READ})
"""For the client's own event streams (CAEP Interoperability Profile §2.6.2)."""

AGENCY_SCOPES = frozenset({AGENCY_MANAGE, AGENCY_READ})
"""For looking after what the client's agency has here. Two persons give them: no program registers itself with one."""

OWN_AUTHORITY_SCOPES = frozenset({EVENTS, *GRANT_MANAGEMENT_SCOPES, *SIGNALS_SCOPES, *AGENCY_SCOPES})
"""What a client has by itself, never from a person: `events`, notices about the consents and grants it holds; looking
at those grants and ending them; its event streams; what its agency has here.
"""

ASKED_FOR_BY_NAME = frozenset({*FIRST_PARTY_SCOPES, *GRANT_MANAGEMENT_SCOPES, *SIGNALS_SCOPES, *AGENCY_SCOPES, LOOK_UP})
"""Scopes that a program has only where its registration names them: each opens an interface of its own."""

SETS_AT_HAND = 256
"""For how many sets of scopes the claims are kept: programs of one kind ask for the same."""

_NOT_PERSONAL = frozenset({*SCOPE_CLAIMS[OPENID], *SCOPE_CLAIMS[STAFF]})


def claims_of(scopes: Iterable[str]) -> tuple[str, ...]:
    """The claims that these scopes release, in the order of the table, each once."""
    return _claims_of(tuple(scopes))


def claims_within(names: Collection[str], *, client_scopes: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that a client with these registered scopes may ask for one by one (§5.5), in their order.

    A tag of a language that is not kept (`name#de`) makes a name unknown: it is left out.
    """
    if not names:
        return ()
    askable = _askable(tuple(client_scopes))
    return tuple(name for name in names if name in askable)


def personal_claims(claims: Iterable[str]) -> tuple[str, ...]:
    """Those claims that tell more than the pairwise identifier and how it was proven, in their order."""
    return _personal_claims(tuple(claims))


def consent_names(scopes: Iterable[str]) -> tuple[str, ...]:
    """What a person is asked for by scopes, by the names under which a consent remembers it.

    The personal claims, and `offline_access` itself: OpenID Connect Core §11: "The OP MUST always obtain consent to
    returning a Refresh Token that enables offline access to the requested resources."
    """
    scope = tuple(scopes)
    away = (OFFLINE_ACCESS,) if OFFLINE_ACCESS in scope else ()
    return (*personal_claims(claims_of(scope)), *away)


@lru_cache(maxsize=SETS_AT_HAND)
def _personal_claims(claims: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([claim for claim in claims if claim not in _NOT_PERSONAL])


@lru_cache(maxsize=SETS_AT_HAND)
def _claims_of(scopes: tuple[str, ...]) -> tuple[str, ...]:
    named = (claim for scope, claims in SCOPE_CLAIMS.items() if scope in scopes for claim in claims)
    return tuple(dict.fromkeys(named))


@lru_cache(maxsize=SETS_AT_HAND)
def _askable(client_scopes: tuple[str, ...]) -> frozenset[str]:
    allowed = {*_claims_of(client_scopes)} - {*SCOPE_CLAIMS[STAFF]}
    return frozenset(allowed | {f"{claim}#th" for claim in allowed if f"{claim}#en" in allowed})
