"""What it is to be watched over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

from idp.agencies.model import Standing
from idp.kernel.ids import MemberId

WatchedId = NewType("WatchedId", str)

NAMES: Final = "dopa.person"
"""Whose owner names them."""
LONGEST: Final = timedelta(days=731)
"""A naming is looked at again every second year."""
MAX_REFERENCE: Final = 64


class WatchedProblem(StrEnum):
    """Why nobody is named; texts in `idp/web/problems/WAT.toml`."""

    NOT_THE_OWNER = "WAT-01"
    NOT_POSSIBLE = "WAT-02"
    UNKNOWN = "WAT-03"
    NOT_A_NUMBER = "WAT-04"


@dataclass(frozen=True, slots=True)
class WatchedPerson:
    """Somebody who was named under the number of a paper; who it is, nobody can read here.

    Counts while `named_at <= now < valid_until` and `status` is active.
    """

    id: WatchedId
    reference_no: str
    named_by: MemberId
    named_at: datetime
    valid_until: datetime
    status: Standing = Standing.ACTIVE
