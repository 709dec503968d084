"""Why a request of a program failed, in plain words with what to do: one table of causes, `causes.toml`.

A cause is known by the error and the words that the answer was recorded with; the first row that fits counts. What no
row knows is shown by its code and the recorded words.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from idp.authorization.client_registration.request_log import Outcome


@dataclass(frozen=True, slots=True)
class Cause:
    """A root cause. It fits an outcome whose error is among `errors` and whose reason holds one of `said`."""

    key: str
    errors: tuple[str, ...]
    said: tuple[str, ...]
    text_th: str
    text_en: str
    next_th: str
    next_en: str
    about_right: bool = False

    def fits(self, outcome: Outcome) -> bool:
        """True for an outcome of this cause."""
        if self.errors and outcome.error not in self.errors:
            return False
        return not self.said or any(words in outcome.reason for words in self.said)


@cache
def causes() -> Sequence[Cause]:
    """Every cause there is, in the order in which they are tried. ValueError for a row that knows nothing."""
    rows = tomllib.loads((resources.files("idp.portal.agency") / "causes.toml").read_text("utf-8"))
    found = []
    for key, row in rows.items():
        errors, said = tuple(row.pop("errors", ())), tuple(row.pop("said", ()))
        if not errors and not said:
            raise ValueError(f"{key} fits everything")
        found.append(Cause(key, errors, said, **row))
    return tuple(found)


def cause_of(outcome: Outcome) -> Cause | None:
    """Why it failed; None for what the table does not know."""
    return next((cause for cause in causes() if cause.fits(outcome)), None)
