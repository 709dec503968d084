"""Scopes and the claims they release: one table for the consent page, for userinfo and for discovery.

OpenID Connect Core §5.1 and §5.4. A Thai name is the default; language tags as §5.2 says (`name#en`).
"""

from collections.abc import Iterable

OPENID = "openid"
PROFILE = "profile"
STAFF = "staff"

SCOPE_CLAIMS: dict[str, tuple[str, ...]] = {
    OPENID: ("sub", "acr", "ial", "aal", "amr", "auth_time"),
    PROFILE: ("name", "given_name", "family_name", "name#en", "given_name#en", "family_name#en", "birthdate", "gender"),
    STAFF: ("members",),
}

FIRST_PARTY_SCOPES = frozenset({STAFF})
"""Scopes for the issuer's own clients alone."""


def claims_of(scopes: Iterable[str]) -> tuple[str, ...]:
    """The claims that these scopes release, in the order of the table."""
    wanted = set(scopes)
    return tuple(claim for scope, claims in SCOPE_CLAIMS.items() if scope in wanted for claim in claims)


def releases_personal_data(scopes: Iterable[str]) -> bool:
    """True when a scope releases more than the pairwise identifier and how it was proven."""
    return PROFILE in set(scopes)
