"""DBD's other registers and the searches by name: DBD-015 to -022 (facts/thai-registries, section 4.1).

The list of services gives their addresses and keys, nothing of what they answer: registers are read as named texts,
search rows by the names the profile has.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from connectors.contracts.company_records import CompanyExtract, FoundCompany, OwnerDocument
from connectors.contracts.errors import RecordNotFound
from connectors.contracts.identifiers import InvalidIdentifier, JuristicId
from connectors.contracts.registry import RegistryAnswer
from connectors.dbd.account import DbdAccount
from connectors.dbd.asking import Dbd
from connectors.dbd.documents import read_pdf
from connectors.dbd.services import DBD_SERVICES
from connectors.gdx.fields import Fields, garbage, rows, text
from connectors.gdx.session import GdxSession

MOST_FOUND: Final = 5_000


class Register(Enum):
    """A register with a number of its own: the service for the record, and the one for its PDF."""

    COMMERCIAL = (DBD_SERVICES["DBD-015"], DBD_SERVICES["DBD-016"])
    """Commercial registration, by CMNO."""
    FOREIGN_BUSINESS = (DBD_SERVICES["DBD-017"], DBD_SERVICES["DBD-018"])
    """Foreigners' businesses, by ID."""
    BUSINESS_SECURITY = (DBD_SERVICES["DBD-019"], DBD_SERVICES["DBD-020"])
    """Security interests in businesses, by EsecureNo."""


class DbdRegistersClient:
    """Asks DBD about what is no juristic person, and who is called how."""

    def __init__(
        self, *, session: GdxSession, clock: Callable[[], datetime], account: DbdAccount | None = None
    ) -> None:
        self._dbd = Dbd(session=session, clock=clock, account=account)

    async def entry(
        self, register: Register, number: str, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyExtract]:
        """The entry with this number; that it is about that number rests on the question."""
        answer, source = await self._dbd.ask(
            register.value[0], number, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        return RegistryAnswer(read_entry(answer), source)

    async def entry_pdf(
        self, register: Register, number: str, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[OwnerDocument]:
        """The entry as the registry's own PDF."""
        answer, source = await self._dbd.ask(
            register.value[1], number, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        return RegistryAnswer(read_pdf(answer, expected_number=number), source)

    async def companies_called(
        self, name: str, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[tuple[FoundCompany, ...]]:
        """Companies of this name (DBD-021); none is an empty list."""
        return await self._search("DBD-021", name, deadline_seconds, idempotency_key)

    async def companies_led_by(
        self, name: str, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[tuple[FoundCompany, ...]]:
        """Companies with somebody of this name on their committee (DBD-022); none is an empty list."""
        return await self._search("DBD-022", name, deadline_seconds, idempotency_key)

    async def _search(
        self, code: str, name: str, deadline_seconds: float, idempotency_key: str | None
    ) -> RegistryAnswer[tuple[FoundCompany, ...]]:
        answer, source = await self._dbd.ask(
            DBD_SERVICES[code], name, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key
        )
        return RegistryAnswer(read_found(answer), source)


def read_entry(answer: Fields) -> CompanyExtract:
    """The one entry as named texts. Raises RecordNotFound, RegistryUnavailable."""
    match rows(answer, "ResultList") if "ResultList" in answer else [answer]:
        case []:
            raise RecordNotFound("no such entry")
        case [entry]:
            plain = (name for name, value in entry.items() if isinstance(value, str | int | Decimal))
            return CompanyExtract({name: text(entry, name) for name in plain if not isinstance(entry[name], bool)})
        case _:
            raise garbage("more than one entry for one number")


def read_found(answer: Fields) -> tuple[FoundCompany, ...]:
    """The rows of a search. Raises RegistryUnavailable."""
    found = rows(answer, "ResultList")
    if len(found) > MOST_FOUND:
        raise garbage("more companies than any search gives")
    try:
        return tuple(
            FoundCompany(
                # the registry's exports drop the leading zero
                JuristicId.parse(text(row, "JuristicID").zfill(13)),
                text(row, "JuristicName_TH"),
                text(row, "JuristicStatus"),
            )
            for row in found
        )
    except InvalidIdentifier:
        raise garbage("a number that is none") from None
