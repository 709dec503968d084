"""Whom an answer is about, judged before any other field of it is read."""

from typing import Final

from connectors.contracts.errors import WrongPerson
from connectors.contracts.identifiers import CitizenId
from connectors.gdx.fields import Fields, garbage, text

_LENGTH: Final = 13


def require_subject(answer: Fields, *names: str, expected_citizen_id: CitizenId) -> None:
    """Every one of these fields that is there holds the expected number, and at least one is there.

    Raises RegistryUnavailable when none is, WrongPerson when any names somebody else.
    """
    # a number that travels as a JSON number loses its leading zero
    answered = {told.zfill(_LENGTH) for name in names if (told := text(answer, name))}
    if not answered:
        raise garbage("the answer does not say whom it is about")
    # nevers, 4: "an answer about someone else passed on"
    if answered != {expected_citizen_id.digits}:
        raise WrongPerson("the registry answered about somebody else")
