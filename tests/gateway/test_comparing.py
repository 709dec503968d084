"""Comparing with the paper: same, different, not here, and nothing else can be learnt (nevers, 6)."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from connectors.contracts.thai_dates import thai_digits
from idp.exchange.document.comparing import A_DAY
from idp.exchange.document.printed_values import MOST_VALUES, SHORTEST, are_on_paper, digests_of, plain_form
from idp.exchange.document.store import document, drop_files_of
from idp.kernel.ids import DocumentId
from idp.keys.blind_index import BlindIndex
from idp.keys.files import RootKeys
from tests.gateway.door import Door
from tests.gateway.test_pulls import consented_token

pytestmark = pytest.mark.anyio

NOBODY = "doc_00000000000000000000000000"
ONE = DocumentId("doc_1")
KEYS = BlindIndex(RootKeys({1: bytes(32)}))


async def paper(door: Door) -> dict[str, Any]:
    answer = await door.pull(await consented_token(door), {"dataset": "dopa.person", "format": "both"})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def compared(door: Door, number: str, *values: str, accept: str = "application/json") -> httpx2.Response:
    form = {"number": number} | {f"value_{place}": value for place, value in enumerate(values, start=1)}
    return await door.http.post("/compare", data=form, headers={"accept": accept})


async def test_what_stands_on_the_paper_is_the_same_however_it_is_typed(sealing_door: Door) -> None:
    told = await paper(sealing_door)
    number, fields = told["document"]["id"], told["fields"]
    citizen_id, name = fields["citizen_id"], fields["name_th"]
    dashed = f" {thai_digits(citizen_id[:5])}-{citizen_id[5:]} "
    for values in ((citizen_id, name), (dashed, name.replace(" ", "  ")), (name, fields["birth_date"], citizen_id)):
        answer = await compared(sealing_door, number, *values)
        assert answer.json() == {"answer": "same"}, values
    for values in ((citizen_id, name + "ก"), (citizen_id[:-1] + "0", name), (citizen_id, name, "อย่างอื่น")):
        answer = await compared(sealing_door, number, *values)
        assert answer.json() == {"answer": "different"}, values
    # of another document the same values are nothing
    assert (await compared(sealing_door, NOBODY, citizen_id, name)).json() == {"answer": "not_here"}
    assert (await compared(sealing_door, "x", citizen_id, name)).json() == {"answer": "not_here"}


async def test_one_value_alone_or_short_ones_say_nothing(sealing_door: Door) -> None:
    told = await paper(sealing_door)
    number, fields = told["document"]["id"], told["fields"]
    for values in ((), (fields["citizen_id"],), (fields["citizen_id"], "ชาย"), (fields["name_th"],) * 3):
        for asked in (number, NOBODY):
            answer = await compared(sealing_door, asked, *values)
            assert (answer.status_code, answer.json()["code"]) == (422, "EXC-55")


async def test_nobody_goes_through_values_of_a_paper_there_or_not(sealing_door: Door) -> None:
    number = (await paper(sealing_door))["document"]["id"]
    said = {}
    for asked in (number, NOBODY):
        tries = [
            await compared(sealing_door, asked, "1100000000001", f"นายคนที่ {place:04}") for place in range(A_DAY + 1)
        ]
        assert [answer.status_code for answer in tries] == [200] * A_DAY + [429]
        said[asked] = {name: value for name, value in tries[-1].json().items() if name != "correlation_id"}
    assert said[number] == said[NOBODY]
    # who has the paper reads that it is no fault of it, and what can be done at once
    page = await compared(sealing_door, number, "1100000000001", "นายคนที่ 0001", accept="text/html")
    assert page.status_code == 429
    assert "ไม่ได้แปลว่าเอกสารนี้ไม่ถูกต้อง" in page.text
    assert "ขอไฟล์ PDF" in page.text
    sealing_door.world.clock.advance(timedelta(days=1).total_seconds())
    assert (await compared(sealing_door, number, "1100000000001", "นายคนที่ 0001")).status_code == 200


async def test_at_once_the_limit_holds(sealing_door: Door) -> None:
    answers = await asyncio.gather(
        *(compared(sealing_door, NOBODY, "1100000000001", "นายคนหนึ่ง") for _ in range(A_DAY + 5))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * A_DAY + [429] * 5


async def test_it_works_when_the_file_is_gone_and_not_when_the_person_is(sealing_door: Door) -> None:
    told = await paper(sealing_door)
    number, fields = told["document"]["id"], told["fields"]
    world = sealing_door.world
    world.clock.advance(timedelta(days=31).total_seconds())
    async with world.storage.unit_of_work() as uow:
        await world.documents.drop_expired(uow)
        (row,) = await uow.all(select(document))
    assert row.sealed_pdf is None
    assert (await compared(sealing_door, number, fields["citizen_id"], fields["name_th"])).json() == {"answer": "same"}
    async with world.storage.unit_of_work() as uow:
        assert await drop_files_of(uow, world.somchai) == 1
    answer = await compared(sealing_door, number, fields["citizen_id"], fields["name_th"])
    assert answer.json() == {"answer": "not_here"}


async def test_of_a_paper_that_says_yes_and_no_nothing_is_called_different(sealing_door: Door) -> None:
    """Nothing on it is long enough to be compared; that is no reason to distrust the paper."""
    number = (await paper(sealing_door))["document"]["id"]
    for answers in ({"is_alive": "yes", "is_of_age": "no"}, {"is_alive": "yes", "name_th": "ชื่อคนคนหนึ่ง"}):
        short = digests_of(BlindIndex(sealing_door.world.root_keys), DocumentId(number), answers)
        async with sealing_door.world.storage.unit_of_work() as uow:
            await uow.execute(update(document).values(printed_values=short))
        answer = await compared(sealing_door, number, "1100000000001", "ชื่อคนคนหนึ่ง")
        assert answer.json() == {"answer": "not_here"}


async def test_the_page_says_it_in_both_languages_and_repeats_nothing(sealing_door: Door) -> None:
    told = await paper(sealing_door)
    number, fields = told["document"]["id"], told["fields"]
    shown = await sealing_door.http.get(f"/verify/{number}")
    assert 'id="compare_form"' in shown.text
    for values, answer in (
        ((fields["citizen_id"], fields["name_th"]), "same"),
        ((fields["citizen_id"], "ใครสักคน"), "different"),
    ):
        page = await compared(sealing_door, number, *values, accept="text/html")
        assert f'data-answer="{answer}"' in page.text
        assert "no-store" in page.headers["cache-control"]
        assert not any(value in page.text for value in values)
    missing = await compared(sealing_door, number, "สั้น", accept="text/html")
    assert (missing.status_code, 'id="error_summary"' in missing.text) == (422, True)
    assert number in missing.text


@given(st.text(max_size=40))
def test_a_value_is_told_by_its_letters_and_digits_alone(text: str) -> None:
    form = plain_form(text)
    assert form == plain_form(form)
    assert plain_form(thai_digits(text)) == form


@given(st.lists(st.text(min_size=SHORTEST, max_size=20), min_size=2, max_size=8))
def test_digests_tell_what_is_there_and_nothing_of_what_is_not(values: list[str]) -> None:
    kept = digests_of(KEYS, ONE, {"list": values})
    there = [form for value in values if len(form := plain_form(value)) >= SHORTEST]
    if there:
        assert are_on_paper(KEYS, ONE, kept, there) is True
        assert are_on_paper(KEYS, ONE, kept, [*there, "something else"]) is False
    # the same values on another paper look like others, and without the key of the time nothing is said
    assert not set(_cut(kept)) & set(_cut(digests_of(KEYS, DocumentId("doc_2"), {"list": values})))
    assert are_on_paper(BlindIndex(RootKeys({1: bytes(32), 2: bytes(32)})), ONE, kept, there) in (True, None)
    assert are_on_paper(KEYS, ONE, (9).to_bytes(2, "big") + kept[2:], there) is None


def test_of_a_long_paper_the_first_values_are_kept() -> None:
    kept = digests_of(KEYS, ONE, {"rows": [{"name": f"ผู้ถือหุ้นคนที่ {place:05}"} for place in range(5000)]})
    assert len(list(_cut(kept))) == MOST_VALUES
    assert are_on_paper(KEYS, ONE, kept, [plain_form("ผู้ถือหุ้นคนที่ 00000"), plain_form("ผู้ถือหุ้นคนที่ 00100")]) is True


def _cut(kept: bytes) -> list[bytes]:
    return [kept[at : at + 8] for at in range(2, len(kept), 8)]
