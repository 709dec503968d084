"""DOPA's population registry behind the gateway: the IKNO Person API (facts/thai-registries, section 3.3)."""

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Final

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import CardIssue, Parent, PersonRecord, Provenance, RegistryAnswer
from connectors.contracts.thai_dates import BANGKOK
from connectors.contracts.year_rule import YearRule, age_on
from connectors.dopa.ikno_services import IKNO_SERVICES
from connectors.dopa.subject import require_subject
from connectors.gdx.fields import Fields, be_date, required_be_date, text, whole_number
from connectors.gdx.session import GdxSession

_ALIVE: Final = "1"
_LIFELONG: Final = "99999999"


class Profile(Enum):
    """How much of the profile is asked for; EXTRA adds the romanised name and counts twice against the quota."""

    SIMPLE = IKNO_SERVICES["IKNO-001-01"]
    NORMAL = IKNO_SERVICES["IKNO-001-02"]
    FULL = IKNO_SERVICES["IKNO-001-03"]
    EXTRA = IKNO_SERVICES["IKNO-001-04"]


class IknoClient:
    """Asks DOPA who a person is; implements PopulationRegistry.

    Fields that the agency was not granted arrive as null and become empty text.
    """

    def __init__(
        self,
        *,
        session: GdxSession,
        clock: Callable[[], datetime],
        profile: Profile = Profile.FULL,
        year_rule: YearRule = YearRule.ALWAYS_543,
    ) -> None:
        self._session = session
        self._clock = clock
        self._profile = profile
        self._year_rule = year_rule

    async def person(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[PersonRecord]:
        """The person with this number; an answer about anyone else raises WrongPerson."""
        service = self._profile.value
        profile = await self._session.ask(
            service.question({"CitizenID": citizen_id.digits}),
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        retrieved_at = self._clock()
        # the check comes before any other field is read: nothing of somebody else's record goes further
        require_subject(profile, "CitizenID", expected_citizen_id=citizen_id)
        return RegistryAnswer(
            read_person(profile, citizen_id, retrieved_at, year_rule=self._year_rule),
            Provenance("DOPA", service.code, retrieved_at),
        )


def read_person(
    profile: Fields, citizen_id: CitizenId, retrieved_at: datetime, *, year_rule: YearRule = YearRule.ALWAYS_543
) -> PersonRecord:
    """A profile answer as a person; `year_rule` is for the age where the registry gives none. RegistryUnavailable."""
    birth_date = required_be_date(profile, "BirthDate")
    today = retrieved_at.astimezone(BANGKOK).date()
    return PersonRecord(
        citizen_id=citizen_id,
        name_th=read_name(profile, "NameTH"),
        name_en=read_name(profile, "NameEN"),
        sex=text(profile, "SexID"),
        birth_date=birth_date,
        age=whole_number(profile, "Age", default=age_on(birth_date, today, rule=year_rule)),
        person_status=text(profile, "PersonStatus"),
        is_alive=text(profile, "PersonStatusID") == _ALIVE,
        nationality=text(profile, "Nationality"),
        father=_parent(profile, "Father"),
        mother=_parent(profile, "Mother"),
        house_id=text(profile, "AddressID"),
        domicile_type=text(profile, "DomicileType"),
        domicile_date=be_date(profile, "DomicileDate"),
        address=read_address(profile),
        former_nationality=text(profile, "Nationality_Old"),
        nationality_changed_on=be_date(profile, "Nationality_ChangeDate"),
        domicile_status=text(profile, "DomicileStatus"),
        card=_card(profile),
    )


def _card(profile: Fields) -> CardIssue | None:
    """The card's particulars; None when none was issued or the agency was not granted them."""
    if not any(text(profile, name) for name in ("IssueDate", "ExpireDate", "IssuerID")):
        return None
    is_lifelong = text(profile, "ExpireDate") == _LIFELONG
    return CardIssue(
        issued_on=be_date(profile, "IssueDate"),
        expires_on=None if is_lifelong else be_date(profile, "ExpireDate"),
        is_lifelong=is_lifelong,
        issuer_code=text(profile, "IssuerID"),
        issuer_place=text(profile, "IssuerPlace"),
        issuer_agency=text(profile, "IssuerAgency"),
    )


def read_name(profile: Fields, language: str) -> PersonName:
    """The name in `language`, NameTH or NameEN."""
    prefix, first, middle, last = (
        text(profile, f"{language}_{part}") for part in ("Prefix", "FirstName", "MiddleName", "SurName")
    )
    return PersonName(prefix, first, middle, last)


def _parent(profile: Fields, which: str) -> Parent:
    return Parent(
        citizen_id=text(profile, f"{which}_CitizenID"),
        first_name=text(profile, f"{which}_NameTH_FirstName"),
        nationality=text(profile, f"{which}_Nationality"),
    )


def read_address(profile: Fields) -> CardAddress:
    """`Address_*` of a profile or a house."""
    return CardAddress(
        house_no=text(profile, "Address_No"),
        village_no=village_no(text(profile, "Address_Moo")),
        lane=text(profile, "Address_Alley"),
        alley=text(profile, "Address_Soi"),
        road=text(profile, "Address_Road"),
        subdistrict=text(profile, "Address_Tumbol"),
        district=text(profile, "Address_Amphur"),
        province=text(profile, "Address_Province"),
    )


def village_no(value: str) -> str:
    """With its own word, as the card has it; the registry may give the bare number, 0 for none."""
    if not (value.isascii() and value.isdigit()):
        return value
    return f"หมู่ที่ {int(value)}" if int(value) else ""
