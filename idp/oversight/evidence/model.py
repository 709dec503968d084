"""Why no evidence is taken out, and what of a look-up there is evidence of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.kernel.ids import DisclosureId


class EvidenceProblem(StrEnum):
    """Texts in `idp/web/problems/OVS.toml`."""

    UNKNOWN = "OVS-12"
    REASON = "OVS-13"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One request that an officer's look-up led to, and what came of it; no value."""

    id: DisclosureId
    dataset: str
    fields: tuple[str, ...]
    outcome: str
    reason: str | None
    at: datetime
