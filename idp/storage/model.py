"""Why the store refuses."""

from enum import StrEnum


class StorageProblem(StrEnum):
    """Why a node does not act; the value is the code that people see."""

    CLOCK_IS_OFF = "STO-01"
    TOO_BUSY = "STO-02"
    NO_ANSWER = "STO-03"


class Contradicted(Exception):
    """A constraint of the store refused a hot write: it would have been the second of its kind, or one too many.

    Nothing of it is there. Whoever can meet this decides again.
    """


def contradicted(error: Exception) -> Contradicted:
    """What an engine's refusal means."""
    meant = Contradicted(type(error).__name__)
    meant.__cause__ = error
    return meant
