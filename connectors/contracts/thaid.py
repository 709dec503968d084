"""ThaiD, DOPA's own digital ID, as a source of evidence about a person (facts/thai-registries, section 5.1)."""

from dataclasses import dataclass
from typing import Literal, Protocol

from connectors.contracts.card import PersonName
from connectors.contracts.errors import RegistryError
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.thai_dates import PartialDate


class ThaidCodeRefused(RegistryError):
    """The code is over, was used, or is another attempt's: the person begins anew."""


class ThaidAnswerRefused(RegistryError):
    """What came back does not hold: its signature, its audience, its nonce, its time, or a value nobody can read."""


@dataclass(frozen=True, slots=True, repr=False)
class ThaidAttempt:
    """What must be remembered between sending somebody to ThaiD and taking the answer; three unguessable texts."""

    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True, repr=False)
class ThaidIdentity:
    """The person who identified themselves at ThaiD. `sex` is DOPA's code; `ial` is the level in ThaiD's own words.

    `card_expires_on` is there where ThaiD tells it; of a card valid for life it is None as well.
    """

    citizen_id: CitizenId
    name_th: PersonName
    name_en: PersonName
    birth_date: PartialDate
    sex: Literal["1", "2"]
    ial: str
    card_expires_on: PartialDate | None


class ThaidPort(Protocol):
    """ThaiD's code flow as a confidential client, with state, nonce and PKCE."""

    @property
    def origin(self) -> str:
        """Where the browser is sent, for the policy of the page that sends it there."""

    def new_attempt(self) -> ThaidAttempt:
        """Fresh secrets for one attempt."""

    async def authorization_url(self, attempt: ThaidAttempt, *, language: str) -> str:
        """Where to send the browser. Raises RegistryUnavailable."""

    async def redeem(self, attempt: ThaidAttempt, *, code: str) -> ThaidIdentity:
        """Exchange the code, server to server, and read who it is.

        Raises ThaidCodeRefused, ThaidAnswerRefused, WrongPerson (two answers name two people), RegistryRefused (ThaiD
        does not know this client), RegistryUnavailable.
        """
