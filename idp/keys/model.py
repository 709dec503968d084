"""Why keys refuse."""

from enum import StrEnum


class KeysProblem(StrEnum):
    """Why nothing is signed or verified; the value is the code that people see."""

    UNCONFIRMED = "KEY-01"
