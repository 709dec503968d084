"""Names beside the profile: IKNO-001-06 (romanised) and -10 (changes) (facts/thai-registries, section 3.3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.contracts.card import PersonName
from connectors.contracts.civil_records import ChangedName, NameChangeEntry, NameHistory
from connectors.contracts.errors import RecordNotFound, RegistryOutcome
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import Provenance, RegistryAnswer
from connectors.dopa.asking import Ikno
from connectors.dopa.ikno import read_name
from connectors.dopa.subject import require_subject
from connectors.gdx.fields import Fields, be_date, garbage, rows, text, whole_number
from connectors.gdx.session import GdxSession

_CHANGED: Final = {"02": ChangedName.FIRST, "03": ChangedName.LAST}
"""The last two digits of TypeID: 002, 102, 202 first name; 003, 103, 203 surname."""
_FORMS: Final = {"0": "ท.ร.44", "1": "ท.ร.97", "2": "ท.ร.14"}
"""The first digit of TypeID, for answers that leave TypeGroup out."""
_UNSPECIFIED: Final = "000"
_NO_NAME: Final = PersonName("", "", "", "")


class IknoNameClient:
    """Asks DOPA how a person is and was called; implements NameRegistry."""

    def __init__(self, *, session: GdxSession, clock: Callable[[], datetime]) -> None:
        self._ikno = Ikno(session=session, clock=clock)
        self._clock = clock

    async def name_changes(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[NameHistory]:
        """Every change of this person's name; 99702 is an empty history.

        The answer names nobody, neither by number nor in its rows: that it is about the person rests on the question.
        """
        try:
            answer, source = await self._ikno.ask(
                "IKNO-001-10",
                {"CitizenID": citizen_id.digits},
                deadline_seconds=deadline_seconds,
                idempotency_key=idempotency_key,
            )
        except RecordNotFound as absent:
            if absent.outcome is not RegistryOutcome.NO_CHANGE:
                raise
            return RegistryAnswer(NameHistory(citizen_id, ()), Provenance("DOPA", "IKNO-001-10", self._clock()))
        if text(answer, "CitizenID"):
            require_subject(answer, "CitizenID", expected_citizen_id=citizen_id)
        return RegistryAnswer(NameHistory(citizen_id, read_changes(answer)), source)

    async def romanised_name(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[PersonName]:
        """The name in Latin letters; four empty parts when the registry has none (99707)."""
        try:
            answer, source = await self._ikno.ask(
                "IKNO-001-06",
                {"CitizenID": citizen_id.digits},
                deadline_seconds=deadline_seconds,
                idempotency_key=idempotency_key,
            )
        except RecordNotFound as absent:
            if absent.outcome is not RegistryOutcome.NO_VALUE:
                raise
            return RegistryAnswer(_NO_NAME, Provenance("DOPA", "IKNO-001-06", self._clock()))
        require_subject(answer, "CitizenID", expected_citizen_id=citizen_id)
        return RegistryAnswer(read_name(answer, "NameEN"), source)


def read_changes(answer: Fields) -> tuple[NameChangeEntry, ...]:
    """The entries as they stand. Raises RegistryUnavailable, also when fewer came than the registry counted."""
    changes = rows(answer, "Change")
    if whole_number(answer, "Count", default=len(changes)) != len(changes):
        raise garbage("the changes are not all there")
    return tuple(_entry(row) for row in changes)


def _entry(row: Fields) -> NameChangeEntry:
    type_id = text(row, "TypeID") or _UNSPECIFIED
    return NameChangeEntry(
        changed_on=be_date(row, "ChangeDate"),
        changed=_CHANGED.get(type_id[1:], ChangedName.UNKNOWN),
        before=text(row, "DataOld"),
        after=text(row, "DataNew"),
        place=text(row, "Place"),
        document=text(row, "TypeGroup") or ("" if type_id == _UNSPECIFIED else _FORMS.get(type_id[:1], "")),
    )
