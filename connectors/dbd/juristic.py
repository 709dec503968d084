"""DBD's company registry, version 4 behind the gateway (facts/thai-registries, section 4.1)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.contracts.errors import RecordNotFound, WrongPerson
from connectors.contracts.identifiers import JuristicId
from connectors.contracts.registry import CompanyOfficer, CompanyRecord, RegistryAnswer
from connectors.dbd.account import DbdAccount
from connectors.dbd.asking import Dbd
from connectors.dbd.services import DBD_SERVICES
from connectors.gdx.fields import Fields, garbage, money, required_be_date, rows, text, whole_number
from connectors.gdx.session import GdxSession

_PARTNERSHIP: Final = "ห้างหุ้นส่วน"
_ROLES_IN_COMPANIES: Final = {"K": "กรรมการ"}
_ROLES_IN_PARTNERSHIPS: Final = {"K": "หุ้นส่วน", "L": "หุ้นส่วนผู้จัดการ"}
_POWERS: Final = "L"
"""Powers of the directors."""
_LIMITS: Final = "M"
"""Limits to the powers of the partners. Every other type is a remark."""


class DbdClient:
    """Asks DBD what a juristic person is; implements CompanyRegistry."""

    def __init__(
        self, *, session: GdxSession, clock: Callable[[], datetime], account: DbdAccount | None = None
    ) -> None:
        self._dbd = Dbd(session=session, clock=clock, account=account)

    async def company(
        self, juristic_id: JuristicId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[CompanyRecord]:
        """The juristic person with this number; an answer about any other raises WrongPerson."""
        answer, source = await self._dbd.ask(
            DBD_SERVICES["DBD-001"],
            juristic_id.digits,
            deadline_seconds=deadline_seconds,
            idempotency_key=idempotency_key,
        )
        match rows(answer, "ResultList"):
            case []:
                raise RecordNotFound("no such juristic person")
            case [information]:
                require_company(information, expected_juristic_id=juristic_id)
            case _:
                raise garbage("more than one record for one number")
        return RegistryAnswer(_company_record(information, juristic_id), source)


def require_company(record: Fields, name: str = "JuristicID", *, expected_juristic_id: JuristicId) -> None:
    """The field names this company. Raises RegistryUnavailable when it names none, WrongPerson when another."""
    # the registry's exports drop the leading zero
    answered = text(record, name).zfill(13)
    if answered == "0" * 13:
        raise garbage("the answer does not say which company it is about")
    if answered != expected_juristic_id.digits:
        raise WrongPerson("the registry answered about another company")


def _company_record(information: Fields, juristic_id: JuristicId) -> CompanyRecord:
    descriptions = sorted(rows(information, "AuthorizeDescriptions"), key=_sequence)
    signing_rules = [row for row in descriptions if text(row, "Type") in (_POWERS, _LIMITS)]
    remarks = [row for row in descriptions if text(row, "Type") not in (_POWERS, _LIMITS)]
    return CompanyRecord(
        juristic_id=juristic_id,
        former_id=text(information, "OldJuristicID"),
        juristic_type=text(information, "JuristicType"),
        name_th=text(information, "JuristicName_TH"),
        name_en=text(information, "JuristicName_EN"),
        registered_on=required_be_date(information, "RegisterDate"),
        status=text(information, "JuristicStatus"),
        registered_capital=money(information, "RegisterCapital"),
        paid_up_capital=money(information, "PaidRegisterCapital"),
        directors=_directors(information),
        signing_rule="\n".join(text(row, "AuthorizeDescription") for row in signing_rules),
        powers=_of_type(_POWERS, signing_rules),
        limits=_of_type(_LIMITS, signing_rules),
        remarks=tuple(text(row, "AuthorizeDescription") for row in remarks),
        objectives=tuple(text(row, "ObjectiveDescription") for row in rows(information, "StandardObjectives")),
        objective_count=whole_number(information, "NumberOfObjective", default=0),
        objective_pages=whole_number(information, "NumberOfPageOfObjective", default=0),
        address=_head_office(information),
    )


def _of_type(kind: str, descriptions: list[Fields]) -> tuple[str, ...]:
    return tuple(text(row, "AuthorizeDescription") for row in descriptions if text(row, "Type") == kind)


def _sequence(row: Fields) -> int:
    return whole_number(row, "Sequence", default=0)


def _directors(information: Fields) -> tuple[CompanyOfficer, ...]:
    """In the registry's order; companies list directors only, partnerships partners and managing partners."""
    is_partnership = text(information, "JuristicType").startswith(_PARTNERSHIP)
    roles = _ROLES_IN_PARTNERSHIPS if is_partnership else _ROLES_IN_COMPANIES
    return tuple(
        CompanyOfficer(
            sequence=_sequence(row),
            role=roles[text(row, "Type")],
            name=f"{text(row, 'Title')}{text(row, 'FirstName')} {text(row, 'LastName')}".strip(),
        )
        for row in sorted(rows(information, "CommitteeInformations"), key=_sequence)
        if text(row, "Type") in roles
    )


def _head_office(information: Fields) -> str:
    """The first address in one line; the places are added where the registry's own line leaves them out."""
    addresses = rows(information, "AddressInformations")
    if not addresses:
        return ""
    line = text(addresses[0], "FullAddress")
    places = (text(addresses[0], name) for name in ("Tumbol", "Ampur", "Province"))
    return " ".join(part for part in (line, *(place for place in places if place not in line)) if part)
