"""What the pages show beside the rooms' own records."""

from dataclasses import dataclass
from datetime import date

from connectors.contracts.thai_dates import PartialDate
from idp.agencies.model import Service
from idp.oversight.followup.model import Sample
from idp.subscribers.model import Identity


@dataclass(frozen=True, slots=True, repr=False)
class SampleRow:
    """A row of the list: with the officer's name and the service, where they are known still. Of an officer whose
    digital ID is closed no name is left; what they looked up is reviewed nevertheless.
    """

    sample: Sample
    officer: Identity | None
    service: Service | None


@dataclass(frozen=True, slots=True)
class MonthName:
    """A month as people say it, and as an address has it."""

    first: date

    @property
    def slug(self) -> str:
        """`2026-11`."""
        return f"{self.first:%Y-%m}"

    @property
    def title_th(self) -> str:
        """`พฤศจิกายน พ.ศ. 2569`."""
        return PartialDate(self.first.year + 543, self.first.month, None).thai()

    @property
    def title_en(self) -> str:
        """`November 2026`."""
        return PartialDate(self.first.year + 543, self.first.month, None).english()
