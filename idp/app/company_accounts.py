"""Trying an agency's account with the company registry: one question whose answer is of no matter."""

from typing import Final

from connectors.contracts.errors import RecordNotFound, RegistryError, RegistryRefused
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry_desk import Asker, CompanyAccount, DeskOf
from idp.agencies.accounts.model import AccountTest, TryAccount

PROBE: Final = JuristicId.parse("0994000000006")
DEADLINE_SECONDS: Final = 5.0


def try_at(desk_of: DeskOf) -> TryAccount:
    """Asks about a number that belongs to no company: who is let in hears that there is none."""

    async def ask(account: CompanyAccount) -> AccountTest:
        try:
            await desk_of(Asker(company_account=account)).companies.company(PROBE, deadline_seconds=DEADLINE_SECONDS)
        except RecordNotFound:
            return AccountTest.ACCEPTED
        except RegistryRefused:
            return AccountTest.REFUSED
        except RegistryError:
            return AccountTest.NO_ANSWER
        return AccountTest.ACCEPTED

    return ask
