"""Identity and authenticator assurance levels (design, section 4; ETDA's sub-levels as NDID enumerates them)."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, total_ordering
from typing import Self


@total_ordering
class _Level(Enum):
    """An ordered level whose value is its printed form; definition order is rank."""

    def __lt__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        ranks = list(type(self))
        return ranks.index(self) < ranks.index(other)


class Ial(_Level):
    """How well the identity was proofed."""

    IAL1_1 = "1.1"
    IAL1_2 = "1.2"
    IAL1_3 = "1.3"
    IAL2_1 = "2.1"
    IAL2_2 = "2.2"
    IAL2_3 = "2.3"
    IAL3 = "3"


class Aal(_Level):
    """How well the person was authenticated in this session."""

    AAL1 = "1"
    AAL2_1 = "2.1"
    AAL2_2 = "2.2"
    AAL3 = "3"


@dataclass(frozen=True, slots=True)
class Acr:
    """Both levels together; as text the OpenID `acr` value `PREFIX:ial:2.3:aal:2.2`."""

    ial: Ial
    aal: Aal

    def text(self, prefix: str) -> str:
        """The `acr` value under this deployment's prefix, for example `urn:tuaton`."""
        return _text(self, prefix)

    @classmethod
    def of(cls, ial: str, aal: str) -> "Acr":
        """The levels with these printed forms. Raises ValueError for others."""
        return _acr(ial, aal)

    @classmethod
    def parse(cls, text: str, prefix: str) -> Self | None:
        """The levels an `acr` value names, None when it is not one of ours."""
        head = f"{prefix}:ial:"
        if not text.startswith(head):
            return None
        ial, separator, aal = text[len(head) :].partition(":aal:")
        if not separator or ial not in {level.value for level in Ial} or aal not in {level.value for level in Aal}:
            return None
        return cls(Ial(ial), Aal(aal))

    def meets(self, required: "Acr") -> bool:
        """True when both parts are at or above what is required."""
        return self.ial >= required.ial and self.aal >= required.aal


@lru_cache(maxsize=64)
def _acr(ial: str, aal: str) -> Acr:
    return Acr(Ial(ial), Aal(aal))


@lru_cache(maxsize=64)
def _text(acr: Acr, prefix: str) -> str:
    return f"{prefix}:ial:{acr.ial.value}:aal:{acr.aal.value}"
