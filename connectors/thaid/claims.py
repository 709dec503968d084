"""ThaiD's claims, read: what an ID token must say, and the person the claims describe. Pure."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from connectors.contracts.card import PersonName
from connectors.contracts.errors import WrongPerson
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from connectors.contracts.thai_dates import InvalidDate, PartialDate
from connectors.contracts.thaid import ThaidAnswerRefused, ThaidIdentity

CLOCK_SKEW_SECONDS: Final = 10
SCOPE: Final = (
    "openid pid title given_name middle_name family_name title_en given_name_en middle_name_en family_name_en "
    "birthdate gender ial date_of_expiry"
)
"""ThaiD's scopes are its claims; the address and the card's code are not asked for: nobody here needs them."""

_LONGEST_NAME: Final = 100
_SEXES: Final[Mapping[str, Literal["1", "2"]]] = {"male": "1", "female": "2", "1": "1", "2": "2"}
_FOR_LIFE: Final = "9999"


def validate_id_token(
    claims: Mapping[str, Any],
    *,
    expected_issuer: str,
    expected_client_id: str,
    expected_nonce: str,
    now: int,
) -> None:
    """Check what an ID token says, its signature being good (OpenID Connect Core 1.0 §3.1.3.7). `now` in seconds.

    Raises ThaidAnswerRefused, which names the claims that do not hold.
    """
    audience = claims.get("aud")
    checks = {
        # "The Issuer Identifier … MUST exactly match the value of the iss (issuer) Claim."
        "iss": claims.get("iss") == expected_issuer,
        # "The Client MUST validate that the aud (audience) Claim contains its client_id value"; an audience
        # beside us is none that we trust
        "aud": audience in (expected_client_id, [expected_client_id]),
        "azp": claims.get("azp") in (None, expected_client_id),
        # "the nonce Claim MUST be present and its value checked to verify that it is the same value"
        "nonce": claims.get("nonce") == expected_nonce,
        # "The current time MUST be before the time represented by the exp Claim."
        "exp": isinstance(claims.get("exp"), int) and now < claims["exp"],
        "iat": isinstance(claims.get("iat"), int) and claims["iat"] <= now + CLOCK_SKEW_SECONDS,
        "sub": isinstance(claims.get("sub"), str) and bool(claims.get("sub")),
    }
    failed = [name for name, holds in checks.items() if not holds]
    if failed:
        raise ThaidAnswerRefused(f"ID token: {', '.join(failed)}")


def validate_one_person(
    *, id_token: Mapping[str, Any], token_answer: Mapping[str, Any], userinfo: Mapping[str, Any]
) -> None:
    """All three answers speak of one person. Raises WrongPerson."""
    # OpenID Connect Core 1.0 §5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub
    # Claim in the ID Token; if they do not match, the UserInfo Response values MUST NOT be used."
    if userinfo.get("sub") != id_token.get("sub"):
        raise WrongPerson("userinfo names another subject than the ID token")
    numbers = {str(answer["pid"]) for answer in (id_token, token_answer, userinfo) if answer.get("pid")}
    if len(numbers) > 1:
        raise WrongPerson("ThaiD's answers name two people")


def read_identity(claims: Mapping[str, Any]) -> ThaidIdentity:
    """The person of these claims. Raises ThaidAnswerRefused where a value is missing or cannot be read."""
    sex = _SEXES.get(str(claims.get("gender", "")).lower())
    if sex is None:
        raise ThaidAnswerRefused("gender")
    try:
        return ThaidIdentity(
            citizen_id=CitizenId.parse(str(claims.get("pid", ""))),
            name_th=_name(claims, ""),
            name_en=_name(claims, "_en"),
            birth_date=_date(str(claims.get("birthdate", ""))),
            sex=sex,
            ial=str(claims.get("ial", ""))[:8],
            card_expires_on=_card_date(claims.get("date_of_expiry")),
        )
    except InvalidIdentifier:
        raise ThaidAnswerRefused("pid") from None
    except (InvalidDate, ValueError):
        # the cause would repeat a personal value
        raise ThaidAnswerRefused("a date") from None


def _name(claims: Mapping[str, Any], language: str) -> PersonName:
    prefix, first, middle, last = (
        _text(claims, part + language) for part in ("title", "given_name", "middle_name", "family_name")
    )
    if not first:
        raise ThaidAnswerRefused(f"given_name{language}")
    return PersonName(prefix, first, middle, last)


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not value.replace("\u200b", "").isprintable():
        raise ThaidAnswerRefused(name)
    return value.strip()


def _date(text: str) -> PartialDate:
    """`YYYY-MM-DD` in the common era, `00` for a part that nobody knows."""
    year, month, day = text.split("-")
    if not all(part.isascii() and part.isdigit() for part in (year, month, day)) or len(text) != 10:
        raise InvalidDate("not YYYY-MM-DD")
    return PartialDate(int(year) + 543, int(month) or None, int(day) or None)


def _card_date(value: object) -> PartialDate | None:
    if not isinstance(value, str) or not value or value.startswith(_FOR_LIFE):
        return None
    return _date(value)
