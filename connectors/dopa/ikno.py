"""DOPA's population registry behind the gateway: the IKNO Person API (facts/thai-registries, section 3.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

import httpx2

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.errors import RegistryUnavailable, WrongPerson
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import Parent, PersonRecord, Provenance, RegistryAnswer
from connectors.contracts.thai_dates import BANGKOK
from connectors.gdx.fields import Fields, be_date, required_be_date, text, whole_number
from connectors.gdx.session import GdxCredentials, GdxSession

_PATH: Final = "/ws/dopa/personal/profile/"
_ALIVE: Final = "1"


@dataclass(frozen=True, slots=True)
class _Service:
    code: str
    path: str


class Profile(Enum):
    """How much of the profile is asked for; EXTRA adds the romanised name and counts twice against the quota."""

    NORMAL = _Service("IKNO-001-02", "normal")
    FULL = _Service("IKNO-001-03", "full")
    EXTRA = _Service("IKNO-001-04", "extra")


class IknoClient:
    """Asks DOPA who a person is; implements PopulationRegistry.

    Fields that the agency was not granted arrive as null and become empty text.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: GdxCredentials,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        profile: Profile = Profile.FULL,
    ) -> None:
        self._session = GdxSession(base_url=base_url, credentials=credentials, http=http, clock=clock)
        self._clock = clock
        self._profile = profile

    async def person(self, citizen_id: CitizenId, *, deadline_seconds: float) -> RegistryAnswer[PersonRecord]:
        """The person with this number; an answer about anyone else raises WrongPerson."""
        service = self._profile.value
        profile = await self._session.get(
            _PATH + service.path, {"CitizenID": citizen_id.digits}, deadline_seconds=deadline_seconds
        )
        retrieved_at = self._clock()
        # the check comes before any other field is read: nothing of somebody else's record goes further
        _require_subject(profile, expected_citizen_id=citizen_id)
        return RegistryAnswer(
            _person_record(profile, citizen_id, retrieved_at), Provenance("DOPA", service.code, retrieved_at)
        )


def _require_subject(profile: Fields, *, expected_citizen_id: CitizenId) -> None:
    answered = text(profile, "CitizenID")
    if not answered:
        raise RegistryUnavailable("the answer does not say whom it is about")
    if answered != expected_citizen_id.digits:
        raise WrongPerson("the registry answered about somebody else")


def _person_record(profile: Fields, citizen_id: CitizenId, retrieved_at: datetime) -> PersonRecord:
    birth_date = required_be_date(profile, "BirthDate")
    return PersonRecord(
        citizen_id=citizen_id,
        name_th=_name(profile, "NameTH"),
        name_en=_name(profile, "NameEN"),
        sex=text(profile, "SexID"),
        birth_date=birth_date,
        age=whole_number(profile, "Age", default=birth_date.age_on(retrieved_at.astimezone(BANGKOK).date())),
        person_status=text(profile, "PersonStatus"),
        is_alive=text(profile, "PersonStatusID") == _ALIVE,
        nationality=text(profile, "Nationality"),
        father=_parent(profile, "Father"),
        mother=_parent(profile, "Mother"),
        house_id=text(profile, "AddressID"),
        domicile_type=text(profile, "DomicileType"),
        domicile_date=be_date(profile, "DomicileDate"),
        address=_address(profile),
    )


def _name(profile: Fields, language: str) -> PersonName:
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


def _address(profile: Fields) -> CardAddress:
    return CardAddress(
        house_no=text(profile, "Address_No"),
        village_no=_village_no(text(profile, "Address_Moo")),
        lane=text(profile, "Address_Alley"),
        alley=text(profile, "Address_Soi"),
        road=text(profile, "Address_Road"),
        subdistrict=text(profile, "Address_Tumbol"),
        district=text(profile, "Address_Amphur"),
        province=text(profile, "Address_Province"),
    )


def _village_no(value: str) -> str:
    """With its own word, as the card has it; the registry may give the bare number, 0 for none."""
    if not (value.isascii() and value.isdigit()):
        return value
    return f"หมู่ที่ {int(value)}" if int(value) else ""
