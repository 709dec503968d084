"""Every road to a photo but its own is closed: each way of asking, each ground, each form, waiting too (row 52)."""

import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update

from idp.agencies.model import WhenUnavailable
from idp.agencies.store import agreement, service
from idp.catalogue.card_photo import CARD_PHOTO
from idp.catalogue.datasets import DATASETS, PULLED
from idp.catalogue.gdx import CitizenRefSubject, InvalidGdxDetail, parse_authorization_details
from idp.catalogue.model import Basis, SubjectSource
from idp.catalogue.photo import PHOTO
from idp.exchange.mapping.readers import CARD_READERS, COMPANY_READERS, PERSON_READERS
from idp.exchange.model import PullFormat
from idp.exchange.pull.store import disclosure
from idp.exchange.waiting.store import waiting_pull
from idp.kernel.errors import TuatonError
from tests.exchange.decision_cases import SUBJECTS
from tests.exchange.world import pull
from tests.gateway.counter import CASE, COUNTER, detail_of, open_counter, signed_in
from tests.gateway.door import Door
from tests.gateway.photos import PICTURE, PhotoDesk, open_photo_desk

pytestmark = pytest.mark.anyio

FORMATS = (["json"], ["pdf"], ["json", "pdf"])
SUBJECT_TEXTS: dict[SubjectSource, Any] = {
    SubjectSource.SELF: "self",
    SubjectSource.MANDATE: {"mandate": "mdt_" + "0" * 26},
    SubjectSource.CARD_SESSION: {"card_session": "cds_" + "0" * 26},
    SubjectSource.CITIZEN_REF: {"citizen_ref": "ctr_" + "0" * 26},
    SubjectSource.JURISTIC_ID: {"juristic_id": "0105500000001"},
}
WITH_A_PATH = [one for one in DATASETS.values() if one.own_path is not None]


@pytest.fixture
async def desk(door: Door) -> PhotoDesk:
    """Everything is agreed; the service chose that pulls wait, by card and online."""
    opened = await open_photo_desk(await open_counter(door))
    async with door.world.storage.unit_of_work() as uow:
        await uow.execute(update(service).values(when_unavailable=WhenUnavailable.WAIT.value))
        everything = {"bases": [one.value for one in Basis], "fields": list(PHOTO.field_names)}
        await uow.execute(update(agreement).where(agreement.c.dataset == PHOTO.id).values(**everything))
    return opened


def test_photos_alone_have_paths_of_their_own_and_no_reader() -> None:
    assert WITH_A_PATH == [PHOTO, CARD_PHOTO]
    assert not set(WITH_A_PATH) & set(PULLED)
    assert not {PHOTO.id, CARD_PHOTO.id} & {*PERSON_READERS, *CARD_READERS, *COMPANY_READERS}
    assert CARD_PHOTO.subjects == {SubjectSource.CARD_SESSION}
    assert not any("photo" in field.name for dataset in PULLED for field in dataset.fields)
    assert PHOTO.bases == {Basis.DUTY}


@pytest.mark.parametrize(
    ("subject", "basis", "formats"), list(product(SubjectSource, Basis, FORMATS)), ids=lambda one: str(one)
)
def test_no_request_of_authorization_names_it(subject: SubjectSource, basis: Basis, formats: list[str]) -> None:
    detail = {
        "type": "gdx",
        "dataset": PHOTO.id,
        "subject": SUBJECT_TEXTS[subject],
        "purpose": COUNTER,
        "basis": basis.value,
        "case": CASE,
        "fields": ["photo"],
        "formats": formats,
    }
    with pytest.raises(InvalidGdxDetail, match="path of its own"):
        parse_authorization_details(json.dumps([detail]))


async def nothing_left(desk: PhotoDesk) -> None:
    async with desk.world.storage.reading() as uow:
        rows = await uow.all(select(disclosure.c.outcome).where(disclosure.c.dataset == PHOTO.id))
        assert {row.outcome for row in rows} <= {"refused"}
        assert await uow.first(select(waiting_pull.c.id)) is None


@pytest.mark.parametrize("form", PullFormat)
@pytest.mark.parametrize("who", ["citizen", "officer", "program"])
async def test_no_pull_answers_it_in_any_form_for_anybody(desk: PhotoDesk, who: str, form: PullFormat) -> None:
    door = desk.counter.door
    match who:
        case "citizen":
            _, verified = await desk.world.consented()
        case "officer":
            verified = await signed_in(door, desk.counter.officer)
        case _:
            verified = desk.world.own_token()
    answer = await door.pull(await door.token(verified), {"dataset": PHOTO.id, "format": form.value})
    assert (answer.status_code, answer.json()["code"]) == (403, "EXC-01")
    assert PICTURE not in answer.content
    await nothing_left(desk)


@pytest.mark.parametrize("source", SubjectSource)
async def test_a_token_that_names_it_all_the_same_is_no_token(desk: PhotoDesk, source: SubjectSource) -> None:
    """Signed by us, as by a mistake or an older release."""
    door = desk.counter.door
    detail = replace(detail_of(PHOTO.id, SUBJECTS[source]), basis=Basis.DUTY)
    token = await door.token(desk.world.own_token(detail))
    answer = await door.pull(token, {"dataset": PHOTO.id})
    assert answer.status_code in (401, 403), answer.text
    assert PICTURE not in answer.content
    await nothing_left(desk)


@pytest.mark.parametrize("source", SubjectSource)
async def test_the_pipeline_itself_refuses_it(desk: PhotoDesk, source: SubjectSource) -> None:
    """Past the door: a right that names everything opens nothing."""
    by_number = CitizenRefSubject((await desk.by_number())["citizen_ref"])
    subject = by_number if source is SubjectSource.CITIZEN_REF else SUBJECTS[source]
    for basis in Basis:
        token = desk.world.own_token(replace(detail_of(PHOTO.id, subject), basis=basis))
        with pytest.raises(TuatonError):
            await desk.world.exchange().pull_or_wait(pull(token, PHOTO.id, idempotency_key=f"{source}{basis}"))
    await nothing_left(desk)
