"""Claims about a person, as the scopes `profile` and `staff` release them (OpenID Connect Core §5.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from idp.agencies.model import Member
from idp.subscribers.model import Identity

GENDERS = {"1": "male", "2": "female"}


def profile_claims(identity: Identity) -> Mapping[str, str]:
    """The claims of `profile`: Thai names, English ones under the tag `#en`; a birth date only when fully known."""
    thai, english = identity.name_th, identity.name_en
    claims = {
        "name": thai.full(),
        "given_name": thai.first,
        "family_name": thai.last,
        "name#en": english.full(),
        "given_name#en": english.first,
        "family_name#en": english.last,
        "gender": GENDERS[identity.sex],
        "birthdate": identity.birth_date.iso(),
    }
    return {name: value for name, value in claims.items() if value}


def members_claim(members: Sequence[Member]) -> list[dict[str, Any]]:
    """The live memberships of an officer, for the issuer's own clients."""
    return [
        {
            "member_id": member.id,
            "agency_id": member.agency_id,
            "roles": sorted(role.value for role in member.roles),
        }
        for member in members
    ]
