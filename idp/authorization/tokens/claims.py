"""Claims about a person (OpenID Connect Core §5.1): which names may be told, and what they are for this person."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from idp.agencies.model import Member
from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.protocol.claims_request import ID_TOKEN, USERINFO, as_verified, verified_claim_names
from idp.protocol.scopes import CITIZEN_ID, PID, claims_of, claims_within, personal_claims
from idp.subscribers.model import ContactDetails
from idp.subscribers.on_file import IdentityOnFile, name_as_written

GENDERS = {"1": "male", "2": "female", "": None}


def _spelled(suffix: str) -> tuple[str, ...]:
    return tuple(f"{part}{suffix}" for part in ("name", "title", "given_name", "middle_name", "family_name"))


NAMES_DEFAULT, NAMES_TH, NAMES_EN = (_spelled(""),), (_spelled("#th"),), (_spelled("#en"), _spelled("_en"))
"""The claims of a name's parts, under each of their spellings."""


REGISTERED_CLAIMS = frozenset(
    (*NAMES_DEFAULT[0], *NAMES_TH[0], *NAMES_EN[0], *NAMES_EN[1], "gender", "birthdate", CITIZEN_ID, PID)
)
"""What evidence proved of a person, by name; everything else people say of themselves."""


def names_for_userinfo(grant: Grant, client: Client, scope: Sequence[str]) -> tuple[str, ...]:
    """What a token with this scope tells at userinfo, by name: its scopes' claims, and those asked for one by one.

    A token narrowed to part of the grant leaves behind what the `claims` parameter asked for.
    """
    by_name = grant.claims.get(USERINFO, {}) if tuple(scope) == grant.scope else {}
    if not by_name and not is_by_proxy(grant):
        return claims_of(scope)
    named = claims_within(by_name, client_scopes=client.scopes)
    return _told_by(grant, tuple(dict.fromkeys([*claims_of(scope), *named])))


def names_for_id_token(grant: Grant, client: Client, scope: Sequence[str]) -> tuple[str, ...]:
    """What the ID token tells beyond its own claims: those asked for one by one (§5.5)."""
    by_name = grant.claims.get(ID_TOKEN, {}) if tuple(scope) == grant.scope else {}
    return _told_by(grant, claims_within(by_name, client_scopes=client.scopes))


def is_by_proxy(grant: Grant) -> bool:
    """Somebody else acts for the person whom the grant is about."""
    return grant.acted_for is not None and grant.acted_for.organisation is None


def registered_alone(names: Iterable[str]) -> tuple[str, ...]:
    """Of these claims those that a proxy may let be told: what evidence proved, not what people say of themselves."""
    chosen = tuple(names)
    personal = set(personal_claims(chosen))
    return tuple(name for name in chosen if name in REGISTERED_CLAIMS or name not in personal)


def _told_by(grant: Grant, names: tuple[str, ...]) -> tuple[str, ...]:
    return registered_alone(names) if is_by_proxy(grant) else names


def names_on_record(place: str, grant: Grant, client: Client, scope: Sequence[str]) -> tuple[str, ...]:
    """What is told at `place` under a token with this scope, as a consent spells it: verified claims among it."""
    plain = (names_for_userinfo if place == USERINFO else names_for_id_token)(grant, client, scope)
    by_name = grant.claims.get(place, {}) if tuple(scope) == grant.scope else {}
    if not by_name or is_by_proxy(grant):
        return plain
    verified = claims_within(verified_claim_names({place: by_name}), client_scopes=client.scopes)
    return (*plain, *map(as_verified, verified))


def identity_claims(identity: IdentityOnFile, names: Iterable[str] = REGISTERED_CLAIMS) -> Mapping[str, str]:
    """What evidence proved, of the claims with these names; parts that are not known are left out.

    Thai is the default; English stands under the tag `#en`, and under ThaiD's names. A birth date only when fully
    known.
    """
    known = (
        # whoever has no Thai name is called by the other one
        *_parts(identity.name),
        *_parts(identity.name_th),
        *_parts(identity.name_en),
        GENDERS[identity.sex],
        identity.birth_day,
        identity.citizen_id,
    )
    return {name: value for name, place in _places_of(tuple(names)) if (value := known[place])}


def _parts(name: tuple[str, str, str, str]) -> tuple[str, str, str, str, str]:
    return (name_as_written(name), *name)


def _places() -> Iterator[tuple[str, int]]:
    """Where each claim stands among what is known."""
    for number, spellings in enumerate((NAMES_DEFAULT, NAMES_TH, NAMES_EN)):
        for spelling in spellings:
            yield from zip(spelling, count(5 * number))
    yield from (("gender", 15), ("birthdate", 16), (CITIZEN_ID, 17), (PID, 17))


_PLACES = dict(_places())


@lru_cache(maxsize=64)
def _places_of(names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((name, _PLACES[name]) for name in names if name in _PLACES)


def contact_claims(contact: ContactDetails) -> Mapping[str, Any]:
    """What the person says of themselves; texts that are empty are left out."""
    texts = (
        "email",
        "phone_number",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "zoneinfo",
        "locale",
    )
    claims: dict[str, Any] = {name: value for name in texts if (value := getattr(contact, name))}
    # §5.1: the two marks say whether the address or number beside them was checked; alone they say nothing.
    claims |= {
        f"{name}_verified": getattr(contact, f"{name}_verified") for name in ("email", "phone_number") if name in claims
    }
    if contact.address is not None:
        parts = ("formatted", "street_address", "locality", "region", "postal_code", "country")
        address = {part: getattr(contact.address, part) for part in parts if getattr(contact.address, part)}
        claims |= {"address": address} if address else {}
    if contact.updated_at is not None:
        claims["updated_at"] = int(contact.updated_at.timestamp())
    return claims


def as_requested(claims: Mapping[str, Any], requested: Mapping[str, Any]) -> dict[str, Any]:
    """The claims without those that were asked for with another value (§5.5.1): better none than an unwanted one."""
    if not requested:
        return dict(claims)
    return {name: value for name, value in claims.items() if _fits(value, requested.get(name))}


def members_claim(members: Iterable[Member]) -> list[dict[str, Any]]:
    """The live memberships of an officer, for the issuer's own clients."""
    return [
        {
            "member_id": member.id,
            "agency_id": member.agency_id,
            "roles": sorted(role.value for role in member.roles),
        }
        for member in members
    ]


def _fits(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return True
    values = wanted.get("values")
    return wanted.get("value", value) == value and (values is None or value in values)
