"""What is known of an agency's account with the company registry, the account itself apart."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from connectors.contracts.registry_desk import CompanyAccount
from idp.kernel.ids import AgencyId

LONGEST: Final = 200
"""Characters of a user name or a password."""

TRIES_AN_HOUR: Final = 5
"""How often an agency may try accounts at the registry: whose user it enters nobody knows, and a registry locks a user
whose password is guessed.
"""


class AccountTest(StrEnum):
    """What the registry said to the account when it was last tried."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


TryAccount = Callable[[CompanyAccount], Awaitable[AccountTest]]
"""Asks the registry one harmless question with the account; never raises for what the registry answers."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """That an account is kept, since when, and how it was last tried; nothing of what it is."""

    agency_id: AgencyId
    set_at: datetime
    tested_at: datetime | None
    tested: AccountTest | None
