"""What is kept of an identity says the same whether it is judged again or only told."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from connectors.contracts.card import PersonName
from connectors.contracts.identifiers import CitizenId, check_digit
from connectors.contracts.thai_dates import PartialDate
from idp.subscribers.model import Identity
from idp.subscribers.on_file import identity_on_file, name_as_written
from idp.subscribers.store import identity_to_bytes

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
NAMES = st.builds(PersonName, TEXTS, TEXTS, TEXTS, TEXTS)
NUMBERS = st.from_regex(r"[1-8][0-9]{11}", fullmatch=True).map(
    lambda first: CitizenId.parse(first + check_digit(first))
)
DAYS = st.dates(min_value=date(1, 1, 1), max_value=date(9000, 1, 1)).map(PartialDate.from_date)
PARTS = st.builds(PartialDate, st.integers(2400, 2560), st.none() | st.integers(1, 12), st.none())


@given(NUMBERS, NAMES, NAMES, DAYS | PARTS, st.sampled_from(["1", "2", ""]))
def test_both_say_the_same(
    number: CitizenId, thai: PersonName, english: PersonName, born: PartialDate, sex: str
) -> None:
    identity = Identity(number, thai, english, born, sex)  # type: ignore[arg-type] # one of the three
    told = identity_on_file(identity_to_bytes(identity))
    assert told.citizen_id == number.digits
    assert told.birth_day == born.iso()
    assert told.sex == sex
    assert name_as_written(told.name_th) == thai.full()
    assert name_as_written(told.name_en) == english.full()
    assert name_as_written(told.name) == identity.name(thai=True).full()
    assert number.digits not in repr(told)
