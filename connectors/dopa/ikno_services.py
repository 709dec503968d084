"""The thirteen services of the Person API: code, address, hits against the daily quota (facts, section 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from connectors.gdx.question import Question

DAILY_QUOTA: Final = 300
"""Queries a day and agency, when DOPA grants nothing else."""

_BASE: Final = "/ws/dopa/"


@dataclass(frozen=True, slots=True)
class IknoService:
    """One service. `hits` is what a call counts against the quota; a bare list is read under `listing`."""

    code: str
    path: str
    hits: int = 1
    listing: str = ""

    def question(self, parameters: Mapping[str, str]) -> Question:
        """The call with these parameters."""
        return Question(_BASE + self.path, parameters, listing=self.listing)


IKNO_SERVICES: Final = MappingProxyType(
    {
        service.code: service
        for service in (
            IknoService("IKNO-001-01", "personal/profile/simple"),
            IknoService("IKNO-001-02", "personal/profile/normal"),
            IknoService("IKNO-001-03", "personal/profile/full"),
            IknoService("IKNO-001-04", "personal/profile/extra", hits=2),
            IknoService("IKNO-001-05", "personal/profile/photo"),
            IknoService("IKNO-001-06", "personal/name/en"),
            IknoService("IKNO-001-07", "house/profile"),
            IknoService("IKNO-001-08", "house/profile"),
            IknoService("IKNO-001-09", "house/person"),
            IknoService("IKNO-001-10", "personal/change/name"),
            IknoService("IKNO-001-11", "personal/search", listing="Person"),
            IknoService("IKNO-001-12", "personal/verify"),
            IknoService("IKNO-001-13", "verification/personal"),
        )
    }
)
