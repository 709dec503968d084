"""Whatever the registry's record holds: every field is there in its shape, nothing else leaves, the order is kept."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contracts.card import CardAddress, PersonName
from connectors.contracts.civil_records import (
    ChangedName,
    HouseMember,
    HouseRecord,
    NameChangeEntry,
    NameHistory,
    RegistryExtract,
)
from connectors.contracts.company_records import FinancialStatement, Shareholder, ShareholderList
from connectors.contracts.errors import RecordNotFound, RegistryError, WrongPerson
from connectors.contracts.identifiers import CitizenId, HouseId, JuristicId, check_digit
from connectors.contracts.registry import (
    CardIssue,
    CompanyOfficer,
    CompanyRecord,
    Parent,
    PersonRecord,
    Provenance,
    RegistryAnswer,
)
from connectors.contracts.registry_desk import RegistryDesk
from connectors.contracts.thai_dates import PartialDate
from idp.catalogue.datasets import DATASETS
from idp.exchange.mapping.model import Fetched, Question, Terms
from idp.exchange.mapping.readers import COMPANY_READERS, PERSON_READERS
from tests.exchange.test_mapping import matches

AT = datetime(2026, 11, 23, 5, tzinfo=UTC)
SOURCE = Provenance("DOPA", "X", AT)
TEXT = st.text(st.sampled_from("กขคabc -/.0123"), max_size=12)
DIGITS = st.integers(0, 10**9 - 1)


def citizen(serial: int) -> CitizenId:
    first12 = f"100{serial:09d}"
    return CitizenId(first12 + check_digit(first12))


CITIZENS = DIGITS.map(citizen)
COMPANY = JuristicId("0105554001954")
NAMES = st.builds(PersonName, TEXT, TEXT, TEXT, TEXT)
ADDRESSES = st.builds(CardAddress, *[TEXT] * 8)
DAYS = st.builds(PartialDate, st.integers(2400, 2580), st.none() | st.integers(1, 12), st.none())
PARENTS = st.builds(Parent, CITIZENS.map(lambda number: number.digits), TEXT, TEXT)
CARDS = st.none() | st.builds(CardIssue, st.none() | DAYS, st.none() | DAYS, st.booleans(), TEXT, TEXT, TEXT)
PEOPLE = st.builds(
    PersonRecord,
    citizen_id=CITIZENS,
    name_th=NAMES,
    name_en=NAMES,
    sex=st.sampled_from(["", "0", "1", "2", "9"]),
    birth_date=DAYS,
    age=st.integers(-1, 130),
    person_status=TEXT,
    is_alive=st.booleans(),
    nationality=TEXT | st.just("ไทย"),
    father=PARENTS,
    mother=PARENTS,
    house_id=TEXT,
    domicile_type=TEXT,
    domicile_date=st.none() | DAYS,
    address=ADDRESSES,
    card=CARDS,
)
MEMBERS = st.builds(HouseMember, st.none() | CITIZENS, NAMES, st.sampled_from(["1", "2", ""]), st.none() | DAYS, TEXT)
CHANGES = st.builds(NameChangeEntry, st.none() | DAYS, st.sampled_from(list(ChangedName)), TEXT, TEXT, TEXT, TEXT, TEXT)
MONEY = st.none() | st.decimals(-(10**12), 10**12, places=2)
HOLDERS = st.builds(Shareholder, TEXT, TEXT, TEXT)
ROWS = st.dictionaries(st.sampled_from(["pltDesc", "pltNo", "expDate", "secret"]), st.just("25690101"))


@dataclass
class Records:
    """Registries that answer with these records."""

    person_record: PersonRecord
    house_record: HouseRecord | None = None
    history: NameHistory | None = None
    found: RegistryExtract | None = None
    company_record: CompanyRecord | None = None
    holders: ShareholderList | None = None
    statements: dict[int, FinancialStatement] = field(default_factory=dict)

    async def person(self, citizen_id: CitizenId, **_: Any) -> RegistryAnswer[PersonRecord]:
        return RegistryAnswer(self.person_record, SOURCE)

    async def house_of(self, citizen_id: CitizenId, **_: Any) -> RegistryAnswer[Any]:
        return RegistryAnswer(self.house_record, SOURCE, {"members": Provenance("DOPA", "Y", AT)})

    async def name_changes(self, citizen_id: CitizenId, **_: Any) -> RegistryAnswer[Any]:
        return RegistryAnswer(self.history, SOURCE)

    async def extract(self, service: str, citizen_id: CitizenId, **_: Any) -> RegistryAnswer[Any]:
        return RegistryAnswer(self.found, SOURCE)

    async def company(self, juristic_id: JuristicId, **_: Any) -> RegistryAnswer[Any]:
        return RegistryAnswer(self.company_record, SOURCE)

    async def certificate(self, juristic_id: JuristicId, **_: Any) -> RegistryAnswer[Any]:
        raise AssertionError("nobody wanted a paper")

    async def shareholders(self, juristic_id: JuristicId, **_: Any) -> RegistryAnswer[Any]:
        return RegistryAnswer(self.holders, SOURCE)

    async def financial_statement(self, juristic_id: JuristicId, *, year_be: int, **_: Any) -> RegistryAnswer[Any]:
        if year_be not in self.statements:
            raise RecordNotFound("no statement of that year")
        return RegistryAnswer(self.statements[year_be], SOURCE)

    def read(self, dataset: str, subject: CitizenId | JuristicId, *wanted: str) -> Fetched:
        desk: Any = RegistryDesk(*[self] * 6)  # type: ignore[list-item] # one object answers for every port
        question = Question(AT, Terms(deadline_seconds=1, idempotency_key=None), frozenset(wanted))
        readers: dict[str, Any] = {**PERSON_READERS, **COMPANY_READERS}
        return asyncio.run(readers[dataset](desk, subject, question))


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case list():
            for inner in value:
                yield from texts(inner)


def in_shape(dataset: str, fetched: Fetched) -> None:
    known = DATASETS[dataset]
    assert tuple(fetched.fields) == known.field_names
    assert all(matches(fetched.fields[one.name], one) or fetched.fields[one.name] == {} for one in known.fields)


@settings(max_examples=25)
@given(PEOPLE)
def test_a_person_s_parents_numbers_and_former_nationality_never_leave(person: PersonRecord) -> None:
    record = replace(person, former_nationality="SECRET", father=replace(person.father, citizen_id="SECRET"))
    for dataset in ("dopa.person", "dopa.address", "check.person"):
        fetched = Records(record).read(dataset, record.citizen_id)
        in_shape(dataset, fetched)
        assert "SECRET" not in list(texts(fetched.fields))
    checked = Records(record).read("check.person", record.citizen_id)
    assert set(texts(checked.fields)) <= {"yes", "no", "unknown"}


@settings(max_examples=25)
@given(PEOPLE, st.lists(MEMBERS, max_size=6), st.integers(0, 6))
def test_of_others_in_a_house_a_number_or_birth_is_in_the_full_rows_alone(
    person: PersonRecord, others: list[HouseMember], place: int
) -> None:
    own = HouseMember(person.citizen_id, person.name_th, "1", person.birth_date, "เจ้าบ้าน")
    others = [other for other in others if other.citizen_id != person.citizen_id]
    members = (*others[:place], own, *others[place:])
    house = HouseRecord(HouseId("12345678901"), person.address, "", "", None, None, {"Tel": "SECRET"}, members)
    fetched = Records(person, house_record=house).read("dopa.house", person.citizen_id)
    in_shape("dopa.house", fetched)
    without = {name: value for name, value in fetched.fields.items() if name != "member_rows"}
    said = set(texts(without))
    numbers = {other.citizen_id.digits for other in others if other.citizen_id is not None}
    assert not numbers & said
    assert "SECRET" not in said
    assert [row["name"] for row in fetched.fields["others"]] == [other.name.full() for other in others]
    assert [row["name"] for row in fetched.fields["member_rows"]] == [member.name.full() for member in members]
    assert {number.digits for number in fetched.others_named["member_rows"]} == numbers


@settings(max_examples=25)
@given(PEOPLE, st.lists(CHANGES, max_size=6))
def test_a_history_leads_to_the_name_that_the_person_has_or_is_refused(
    person: PersonRecord, entries: list[NameChangeEntry]
) -> None:
    records = Records(person, history=NameHistory(person.citizen_id, tuple(entries)))
    try:
        fetched = records.read("dopa.name_changes", person.citizen_id)
    except WrongPerson:
        assert entries
        return
    in_shape("dopa.name_changes", fetched)
    assert fetched.fields["change_count"] == str(len(entries))
    for kind, name in ((ChangedName.FIRST, person.name_th.first), (ChangedName.LAST, person.name_th.last)):
        dated = [entry for entry in entries if entry.changed is kind]
        if dated and all(entry.changed_on is not None for entry in dated):
            newest = max(entry.changed_on.earliest() for entry in dated if entry.changed_on is not None)
            latest = {
                "".join(entry.after.split())
                for entry in dated
                if entry.changed_on is not None and entry.changed_on.latest() >= newest
            }
            assert "".join(name.split()) in latest


def test_of_two_changes_on_a_day_or_in_a_month_either_may_be_the_last() -> None:
    def change(day: int | None, after: str) -> NameChangeEntry:
        return NameChangeEntry(PartialDate(2550, 9, day), ChangedName.FIRST, "", after, "", "")

    for entries in (
        (change(4, "ก"), change(4, "ค")),
        (change(None, "ค"), change(4, "ก")),
        (change(4, "ก"), change(None, "ค")),
    ):
        history = NameHistory(_SOMEBODY.citizen_id, entries)
        fetched = Records(_SOMEBODY, history=history).read("dopa.name_changes", _SOMEBODY.citizen_id)
        assert fetched.fields["change_count"] == "2"


def test_somebody_elses_history_is_refused() -> None:
    person = _SOMEBODY
    elses = NameHistory(citizen(7), ())
    other = NameChangeEntry(PartialDate(2550, 1, 1), ChangedName.FIRST, "ก", "ของคนอื่น", "", "")
    for history in (elses, NameHistory(person.citizen_id, (other,))):
        try:
            Records(person, history=history).read("dopa.name_changes", person.citizen_id)
        except WrongPerson:
            continue
        raise AssertionError("a history of somebody else was passed on")


@settings(max_examples=25)
@given(
    PEOPLE, st.dictionaries(st.sampled_from(["marriageID", "marriagePlaceDesc", "spouseSecret"]), TEXT), st.lists(ROWS)
)
def test_of_an_unpublished_record_only_what_is_named_leaves(
    person: PersonRecord, told: dict[str, str], rows: list[dict[str, str]]
) -> None:
    secret = {"spouseSecret": "SECRET"} | {name: value for name, value in told.items() if name != "spouseSecret"}
    kept = tuple(row | {"secret": "SECRET"} for row in rows)
    found = RegistryExtract(person.citizen_id, secret, {"licences": kept, "others": kept})
    for dataset in ("dopa.marriage", "dlt.driving_licence"):
        fetched = Records(person, found=found).read(dataset, person.citizen_id)
        in_shape(dataset, fetched)
        assert "SECRET" not in list(texts(fetched.fields))


@settings(max_examples=25)
@given(st.lists(HOLDERS, max_size=20), MONEY, st.none() | st.integers(0, 10**9))
def test_holders_stay_in_their_order_and_number(
    holders: list[Shareholder], par_value: Decimal | None, shares: int | None
) -> None:
    company = replace(_COMPANY, name_th="ก")
    record = ShareholderList(COMPANY, "ก", par_value, shares, None, None, tuple(holders))
    fetched = Records(_SOMEBODY, company_record=company, holders=record).read("dbd.shareholders", COMPANY)
    in_shape("dbd.shareholders", fetched)
    assert [row["name"] for row in fetched.fields["holders"]] == [holder.name for holder in holders]
    assert fetched.fields["holder_count"] == str(len(holders))


@settings(max_examples=25)
@given(
    st.dictionaries(st.integers(2560, 2570), st.dictionaries(st.sampled_from(["net_profit", "total_assets"]), MONEY))
)
def test_statements_are_the_newest_three_of_the_last_four_years(years: dict[int, dict[str, Decimal | None]]) -> None:
    names = [column.name for column in DATASETS["dbd.financials"].fields[2].columns if column.name != "year"]
    statements = {
        year: FinancialStatement(COMPANY, year, dict.fromkeys(names) | amounts) for year, amounts in years.items()
    }
    expected = [str(year) for year in range(2568, 2564, -1) if year in years][:3]
    records = Records(_SOMEBODY, statements=statements)
    try:
        fetched = records.read("dbd.financials", COMPANY)
    except RegistryError:
        assert expected == []
        return
    in_shape("dbd.financials", fetched)
    assert fetched.fields["years"] == expected


@settings(max_examples=25)
@given(st.lists(st.builds(CompanyOfficer, st.integers(0, 99), TEXT, TEXT), max_size=5), st.lists(TEXT, max_size=5))
def test_a_company_keeps_its_directors_and_powers_apart(directors: list[CompanyOfficer], lines: list[str]) -> None:
    record = replace(
        _COMPANY, directors=tuple(directors), objectives=tuple(lines), powers=("SECRET",), former_id="SECRET"
    )
    fetched = Records(_SOMEBODY, company_record=record).read("dbd.company", COMPANY)
    in_shape("dbd.company", fetched)
    assert "SECRET" not in list(texts(fetched.fields))
    assert [row["name"] for row in fetched.fields["directors"]] == [officer.name for officer in directors]


_NOBODY = Parent("", "", "")
_SOMEBODY = PersonRecord(
    citizen_id=citizen(1), name_th=PersonName("นาย", "ก", "", "ข"), name_en=PersonName("", "", "", ""), sex="1",
    birth_date=PartialDate(2530, 1, 1), age=39, person_status="", is_alive=True, nationality="ไทย", father=_NOBODY,
    mother=_NOBODY, house_id="", domicile_type="", domicile_date=None, address=CardAddress(*[""] * 8),
)  # fmt: skip
_COMPANY = CompanyRecord(
    juristic_id=COMPANY, former_id="", juristic_type="บริษัทจำกัด", name_th="ก", name_en="",
    registered_on=PartialDate(2554, 1, 4), status="ยังดำเนินกิจการอยู่",
    registered_capital=Decimal(1), paid_up_capital=Decimal(1), directors=(), signing_rule="", powers=(), limits=(),
    remarks=(), objectives=(), objective_count=0, objective_pages=0, address="",
)  # fmt: skip
