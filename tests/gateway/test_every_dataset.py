"""Every data set leaves the gateway as JSON and as a sealed document, through the registries' own wire."""

import hashlib
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from connectors.contracts.thai_dates import BANGKOK
from connectors.fictitious.hard_cases import PEOPLE
from idp.audit.model import SYSTEM
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail, JuristicSubject, SelfSubject
from idp.catalogue.model import Basis, Channel, SubjectKind, SubjectSource
from idp.exchange.bases.model import SignedForm
from idp.kernel.assurance import Ial
from idp.kernel.ids import DisclosureId
from idp.subscribers.model import Identity
from tests.exchange.world import COMPANY_SERVICE, SERVICE, THONGDEE, World
from tests.gateway.door import Door
from tests.gateway.test_pulls import attached

pytestmark = pytest.mark.anyio

FIVE = PEOPLE["five_names"]
ONLINE_PERSON = [one.id for one in DATASETS.values() if SubjectSource.SELF in one.subjects]
OF_COMPANIES = [one.id for one in DATASETS.values() if one.subject is SubjectKind.COMPANY]
OF_EVERY_DOCUMENT = ("data.json", "ContentInformation.xml")
"""The record in both forms."""


async def five(world: World) -> None:
    """The citizen is the woman with every record there is: five names, a marriage, a licence."""
    identity = Identity(FIVE.citizen_id, FIVE.name_th, FIVE.name_en, FIVE.birth_date, "2")
    async with world.storage.unit_of_work() as uow:
        world.somchai = await world.subscribers.create(uow, identity=identity, ial=Ial.IAL2_2, by=SYSTEM)


def detail_of(dataset: str, **changes: Any) -> GdxDetail:
    is_company = DATASETS[dataset].subject is SubjectKind.COMPANY
    basis = Basis.DUTY if is_company else Basis.CONSENT
    settings: dict[str, Any] = {
        "dataset": dataset,
        "subject": JuristicSubject(THONGDEE.juristic_id.digits) if is_company else SelfSubject(),
        "purpose": COMPANY_SERVICE if is_company else SERVICE,
        "basis": basis,
        "case": "ทส 9/2569" if is_company else None,
        "fields": DATASETS[dataset].opened_by(basis),
        "formats": ("json", "pdf"),
        "uses": 2,
        "valid_until": None,
    }
    return GdxDetail(**(settings | changes))


async def token_for(door: Door, detail: GdxDetail) -> str:
    """An agreement over every field that the basis opens, and a token that follows from it."""
    world = door.world
    async with world.storage.unit_of_work() as uow:
        present = await world.agencies.agreement_for(
            uow, world.agency.id, detail.purpose, detail.dataset, uow.now, channel=Channel.ONLINE
        )
        if present is not None:
            await world.agencies.suspend_agreement(uow, present.id, by=SYSTEM)
        await world.agree(uow, detail.purpose, detail.dataset, detail.fields, {detail.basis})
    if isinstance(detail.subject, JuristicSubject):
        return await door.token(world.own_token(detail))
    await five(world)
    _, verified = await world.consented(detail)
    return await door.token(verified)


@pytest.mark.parametrize("dataset", [*ONLINE_PERSON, *OF_COMPANIES])
async def test_a_data_set_leaves_as_json_and_as_a_document_from_one_event(sealing_door: Door, dataset: str) -> None:
    detail = detail_of(dataset)
    token = await token_for(sealing_door, detail)
    answer = await sealing_door.pull(token, {"dataset": dataset, "format": "both"})
    assert answer.status_code == 200, answer.text
    payload = answer.json()
    document = payload.pop("document")
    assert list(payload["fields"]) == list(detail.fields)
    assert list(payload["source"]["fields"]) == list(detail.fields)
    assert payload["labels"].keys() == payload["fields"].keys()
    fetched = await sealing_door.fetch(token, f"/documents/{document['id']}")
    assert hashlib.sha256(fetched.content).hexdigest() == document["sha256"]
    assert attached(fetched.content) == payload


async def test_the_registrars_own_papers_travel_with_the_document_byte_for_byte(sealing_door: Door) -> None:
    token = await token_for(sealing_door, detail_of("dbd.memorandum"))
    payload = (await sealing_door.pull(token, {"dataset": "dbd.memorandum", "format": "both"})).json()
    pdf = (await sealing_door.fetch(token, f"/documents/{payload['document']['id']}")).content
    with pikepdf.open(BytesIO(pdf)) as document:
        files = {name: bytes(spec.get_file().read_bytes()) for name, spec in document.attachments.items()}
        assert sorted(str(spec.AFRelationship) for spec in document.Root.AF) == ["/Alternative"] + ["/Source"] * 3
    papers = [payload["fields"][name] for name in ("memorandum", "objectives_paper")]
    assert set(files) == {*OF_EVERY_DOCUMENT, *(paper["file_name"] for paper in papers)}
    for paper in papers:
        assert hashlib.sha256(files[paper["file_name"]]).hexdigest() == paper["sha256"]
        with pikepdf.open(BytesIO(files[paper["file_name"]])) as own:
            assert str(len(own.pages)) == paper["pages"]
    verdict = await sealing_door.http.post("/verify", content=pdf, headers={"content-type": "application/pdf"})
    assert verdict.json()["verdict"] == "valid"


async def test_a_paper_that_was_not_granted_does_not_travel(sealing_door: Door) -> None:
    detail = detail_of("dbd.memorandum", fields=("juristic_id", "memorandum"))
    token = await token_for(sealing_door, detail)
    payload = (await sealing_door.pull(token, {"dataset": "dbd.memorandum", "format": "both"})).json()
    pdf = (await sealing_door.fetch(token, f"/documents/{payload['document']['id']}")).content
    with pikepdf.open(BytesIO(pdf)) as document:
        assert set(document.attachments) == {*OF_EVERY_DOCUMENT, payload["fields"]["memorandum"]["file_name"]}


async def test_by_consent_a_house_opens_no_other_members_number(sealing_door: Door) -> None:
    whole = detail_of("dopa.house")
    assert "member_rows" not in whole.fields
    token = await token_for(sealing_door, whole)
    payload = (await sealing_door.pull(token, {"dataset": "dopa.house"})).json()
    assert payload["fields"]["own_row"]["citizen_id"] == FIVE.citizen_id.digits
    assert "member_rows" not in payload["fields"]


FORM = {"kind": "signed_form", "reference": "ค 12/2569", "signed_on": "2026-11-22", "kept_where": "แฟ้มคำขอ"}


async def test_a_company_is_asked_about_on_a_signed_form_which_is_put_on_record(door: Door) -> None:
    detail = detail_of("dbd.company", basis=Basis.SIGNED_FORM)
    token = await token_for(door, detail)
    signed_on = door.world.clock.now().astimezone(BANGKOK).date().isoformat()
    wanted = {"dataset": "dbd.company", "signed_form": FORM | {"signed_on": signed_on}}
    answer = await door.pull(token, wanted, **{"idempotency-key": "form-key-1"})
    assert answer.status_code == 200, answer.text
    disclosure = DisclosureId(answer.json()["disclosure_id"])
    async with door.world.storage.unit_of_work() as uow:
        evidence = await door.world.bases.of(uow, disclosure)
    assert evidence is not None
    assert isinstance(evidence.ground, SignedForm)
    assert evidence.ground.reference == FORM["reference"]
    # the same request again is the same answer, another paper under the same key is another request
    assert (await door.pull(token, wanted, **{"idempotency-key": "form-key-1"})).json() == answer.json()
    another = wanted | {"signed_form": FORM | {"signed_on": signed_on, "reference": "ค 13/2569"}}
    assert (await door.pull(token, another, **{"idempotency-key": "form-key-1"})).json()["code"] == "EXC-14"


@pytest.mark.parametrize("form", [{}, {"signed_form": FORM | {"signed_on": "2020-01-01"}}])
async def test_no_form_or_one_of_long_ago_opens_no_company(door: Door, form: dict[str, Any]) -> None:
    token = await token_for(door, detail_of("dbd.company", basis=Basis.SIGNED_FORM))
    answer = await door.pull(token, {"dataset": "dbd.company", **form})
    assert (answer.status_code, answer.json()["code"]) == (403, "EXC-51")
