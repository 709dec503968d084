"""Why the store refuses."""

from enum import StrEnum


class StorageProblem(StrEnum):
    """Why a node does not act; the value is the code that people see."""

    CLOCK_IS_OFF = "STO-01"
    TOO_BUSY = "STO-02"
    NO_ANSWER = "STO-03"
