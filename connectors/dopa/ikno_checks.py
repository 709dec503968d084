"""Checks and the search by name: IKNO-001-11, -12 and -13 (facts/thai-registries, section 3.3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.contracts.card import PersonName
from connectors.contracts.civil_records import CheckAnswer, FoundPerson, Verdict
from connectors.contracts.errors import RegistryOutcome, RegistryRefused
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, LaserCode
from connectors.contracts.registry import Provenance, RegistryAnswer
from connectors.contracts.thai_dates import PartialDate
from connectors.dopa.asking import Ikno
from connectors.dopa.ikno import read_name
from connectors.gdx.fields import Fields, be_date, garbage, rows, text, verdict
from connectors.gdx.session import GdxSession

MOST_FOUND: Final = 1_000


class IknoCheckClient:
    """Asks DOPA whether data belong together; implements PersonChecks. No value comes back."""

    def __init__(self, *, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._ikno = Ikno(session=session, clock=clock)
        self._clock = clock

    async def check_by_laser(
        self,
        citizen_id: CitizenId,
        name: PersonName,
        birth_date: PartialDate,
        laser_code: LaserCode,
        *,
        deadline_seconds: float,
        idempotency_key: str | None = None,
    ) -> RegistryAnswer[CheckAnswer]:
        """Whether number, name, birth date and the code on the card's back belong together (IKNO-001-13)."""
        asked = {
            "CitizenID": citizen_id.digits,
            "FirstName": name.first,
            "LastName": name.last,
            "BEBirthDate": birth_date.to_be_text(),
            "LaserCode": laser_code.text,
        }
        return await self._check("IKNO-001-13", asked, deadline_seconds, idempotency_key)

    async def check_by_parents(
        self,
        citizen_id: CitizenId,
        name: PersonName,
        *,
        father_first_name: str,
        mother_first_name: str,
        deadline_seconds: float,
        idempotency_key: str | None = None,
    ) -> RegistryAnswer[CheckAnswer]:
        """Whether number, name and the parents' first names belong together (IKNO-001-12).

        The manual's list of parameters is known from `Father_FirstName` on; those before are named as in the profile.
        """
        asked = {
            "CitizenID": citizen_id.digits,
            "NameTH_FirstName": name.first,
            "NameTH_SurName": name.last,
            "Father_FirstName": father_first_name,
            "Mother_FirstName": mother_first_name,
        }
        return await self._check("IKNO-001-12", asked, deadline_seconds, idempotency_key)

    async def search(
        self, first_name: str, last_name: str, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[tuple[FoundPerson, ...]]:
        """Everybody of this name (IKNO-001-11), for callers who hold that special right."""
        answer, source = await self._ikno.ask(
            "IKNO-001-11",
            {"NameTH_FirstName": first_name, "NameTH_SurName": last_name},
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        return RegistryAnswer(read_found(answer), source)

    async def _check(
        self, code: str, asked: dict[str, str], deadline_seconds: float, idempotency_key: str | None
    ) -> RegistryAnswer[CheckAnswer]:
        try:
            answer, source = await self._ikno.ask(
                code, asked, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
            )
        except RegistryRefused as refusal:
            # "these do not fit" comes as a fault and is the answer no
            if refusal.outcome is not RegistryOutcome.MISMATCH:
                raise
            source = Provenance("DOPA", code, self._clock())
            return RegistryAnswer(CheckAnswer(Verdict.NO, refusal.wire_code or ""), source)
        return RegistryAnswer(CheckAnswer(Verdict.YES if verdict(answer, "Result") else Verdict.NO), source)


def read_found(answer: Fields) -> tuple[FoundPerson, ...]:
    """The rows of a search, which are profiles as far as they go. Raises RegistryUnavailable."""
    found = rows(answer, "Person")
    if len(found) > MOST_FOUND:
        raise garbage("more people than any search gives")
    try:
        return tuple(
            FoundPerson(CitizenId.parse(text(row, "CitizenID")), read_name(row, "NameTH"), be_date(row, "BirthDate"))
            for row in found
        )
    except InvalidIdentifier:
        raise garbage("a number that is none") from None
