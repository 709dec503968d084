"""The receipt of a consent: verified with nothing but the published keys, issued once, again at the withdrawal."""

import asyncio
import hashlib
import json
from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import delete, select, text, update

from connectors.contracts.documents import Delivery, DocumentRequest, SealedDocument, SealLevel
from idp.agencies.store import update_service
from idp.consent.model import ConsentProblem, ConsentRecord
from idp.consent.receipts.model import RECEIPT_TYPE, SCHEMA, Recipient, Stage
from idp.consent.receipts.paper import PAPERS_AT_ONCE, ReceiptPapers, claims_of, printed
from idp.consent.receipts.service import Receipts
from idp.consent.receipts.store import consent_receipt, insert_receipt
from idp.consent.store import consent
from idp.kernel.errors import Conflict, NotFound, Unavailable
from idp.kernel.ids import ConsentId
from idp.kernel.randomness import system_randomness
from idp.keys.sealing import SealBroken
from idp.keys.signing import SigningKeys
from idp.storage.storage import UnitOfWork
from tests.exchange.world import SOMCHAI, World
from tests.patience import eventually

pytestmark = pytest.mark.anyio

ISSUER = "http://id.localhost:8000"
PRINCIPAL = "a-name-for-one-sector"
SHOWN = json.dumps({"language": "th", "optional": ["dopa.person/birth_date"], "sections": []})


class JobService:
    """The one program there is."""

    async def of(self, uow: UnitOfWork, record: ConsentRecord) -> Recipient:
        return Recipient("บริการหางาน", "Job service", "https://jobs.example/policy", PRINCIPAL)


async def receipts_of(world: World) -> tuple[Receipts, SigningKeys]:
    keys = SigningKeys(storage=world.storage, root_keys=world.root_keys, clock=world.clock)
    await keys.ensure()
    receipts = Receipts(
        storage=world.storage,
        keys=keys,
        consents=world.consents,
        agencies=world.agencies,
        recipients=JobService(),
        personal=world.personal,
        audit=world.audit,
        randomness=system_randomness,
        issuer=ISSUER,
    )
    return receipts, keys


def verified(token: str, jwks: dict[str, object]) -> dict[str, object]:
    """The claims, as a stranger reads them who has the published keys and nothing else."""
    opened = jwt.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256"])  # type: ignore[arg-type]  # plain JSON
    assert opened.header["typ"] == RECEIPT_TYPE
    return dict(opened.claims)


async def test_a_stranger_verifies_it_with_the_published_keys_alone(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    record, _ = await world.consented()
    receipts, keys = await receipts_of(world)
    receipt = await receipts.latest(record.id)
    jwks = await keys.public_jwks()
    claims = verified(receipt.jwt, jwks)
    assert (claims["iss"], claims["sub"], claims["schema_version"]) == (ISSUER, PRINCIPAL, SCHEMA)
    assert claims["record"]["record_id"] == record.id  # type: ignore[index]  # JSON
    purpose = claims["pii_processing"]["purposes"][0]  # type: ignore[index]  # JSON
    assert purpose["lawful_basis"] == "consent"
    named = {one["pii_type"] for one in purpose["pii_information"]}
    assert named == {f"{d.dataset}/{name}" for d in record.details for name in d.fields} | set(record.claims)
    assert purpose["withdrawal"]["uri"] == f"{ISSUER}/account/consents/{record.id}"
    assert claims["pii_processing"]["privacy_notice"]["shown_sha256"] == record.shown_hash  # type: ignore[index]
    assert [event["event_state"] for event in claims["events"]] == ["given"]  # type: ignore[attr-defined]  # JSON
    # no token of another kind, and nothing that says what any value is
    with pytest.raises(SealBroken):
        await keys.verify_jwt(receipt.jwt, expected_typ="at+jwt")
    for said in (SOMCHAI.citizen_id.digits, SOMCHAI.name_th.first):
        assert said not in json.dumps(claims, ensure_ascii=False)


async def test_a_receipt_with_one_byte_changed_is_none(world: World) -> None:
    record, _ = await world.consented()
    receipts, keys = await receipts_of(world)
    token = (await receipts.latest(record.id)).jwt
    jwks = await keys.public_jwks()
    verified(token, jwks)
    for place in range(0, len(token) - 2, 37):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises((JoseError, ValueError)):
            verified(f"{token[:place]}{other}{token[place + 1 :]}", jwks)


async def test_it_is_issued_once_whoever_asks_and_is_an_entry_of_the_log(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    record, _ = await world.consented()
    (here, _), (there, _) = await receipts_of(world), await receipts_of(world)
    first = await here.latest(record.id)
    assert await there.latest(record.id) == first
    assert await here.latest(record.id) == first
    (entry,) = [json.loads(text) for text in await world.entries("consent.receipt_issued")]
    assert entry["details"]["receipt_sha256"] == hashlib.sha256(first.jwt.encode()).hexdigest() == first.sha256
    async with world.storage.reading() as uow:
        (row,) = await uow.all(select(consent_receipt))
        assert await here.kept(uow, record) == (first,)
    # the name by which one sector knows the person is not readable in the store
    assert PRINCIPAL.encode() not in bytes(row.sealed_jwt)
    assert first.audit_entry_id == entry["id"]


async def test_two_nodes_at_once_give_the_same_receipt(world: World) -> None:
    record, _ = await world.consented()
    (here, _), (there, _) = await receipts_of(world), await receipts_of(world)
    given = await asyncio.gather(here.latest(record.id), there.latest(record.id))
    assert given[0] == given[1]
    assert len(await world.entries("consent.receipt_issued")) == 1


async def test_the_withdrawal_has_a_receipt_that_names_the_first(world: World) -> None:
    record, _ = await world.consented()
    receipts, keys = await receipts_of(world)
    first = await receipts.latest(record.id)
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=record.subscriber_id)
    second = await receipts.latest(record.id)
    claims = verified(second.jwt, await keys.public_jwks())
    assert (first.stage, second.stage) == (Stage.GIVEN, Stage.WITHDRAWN)
    assert claims["receipt"]["former_receipt_sha256"] == first.sha256  # type: ignore[index]  # JSON
    assert [event["event_state"] for event in claims["events"]] == ["given", "withdrawn"]  # type: ignore[attr-defined]


async def test_withdrawn_before_any_receipt_was_made_there_are_two_all_the_same(world: World) -> None:
    record, _ = await world.consented()
    async with world.storage.unit_of_work() as uow:
        await world.consents.withdraw(uow, record.id, subscriber_id=record.subscriber_id)
    receipts, _ = await receipts_of(world)
    second = await receipts.latest(record.id)
    async with world.storage.reading() as uow:
        first, kept = await receipts.kept(uow, record)
    assert kept == second
    assert [event["event_state"] for event in claims_of(first)["events"]] == ["given"]


async def test_there_is_none_of_no_consent_nor_of_a_person_whose_key_is_gone(world: World) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    with pytest.raises(NotFound) as caught:
        await receipts.latest(ConsentId("con_0"))
    assert caught.value.code is ConsentProblem.UNKNOWN
    async with world.storage.unit_of_work() as uow:
        await world.personal.destroy(uow, record.subscriber_id)
    with pytest.raises(NotFound):
        await receipts.latest(record.id)
    assert await world.entries("consent.receipt_issued") == []


async def test_what_could_be_left_out_is_said_to_have_been_a_choice(world: World) -> None:
    record, _ = await world.consented()
    async with world.storage.unit_of_work() as uow:
        shown_hash = await world.consents.keep_shown(uow, SHOWN)
        await uow.execute(update(consent).values(shown_hash=shown_hash))
    receipts, _ = await receipts_of(world)
    information = claims_of(await receipts.latest(record.id))["pii_processing"]["purposes"][0]["pii_information"]
    assert [one["pii_type"] for one in information if one["optional"]] == ["dopa.person/birth_date"]


async def test_while_another_node_issues_it_nobody_issues_a_second_one(world_on_each_engine: World) -> None:
    world = world_on_each_engine
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    made = await receipts.latest(record.id)
    blocked = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    async def waits() -> bool:
        async with world.storage.reading() as uow:
            return await uow.first(blocked) is not None

    async with world.storage.unit_of_work() as uow:
        await uow.execute(delete(consent_receipt))
    async with world.storage.unit_of_work() as uow:
        # the other node, between its signature and its commit
        assert await insert_receipt(uow, world.personal, record, made)
        asked = asyncio.create_task(receipts.latest(record.id))
        is_postgresql = uow.dialect == "postgresql"
        if is_postgresql:
            await eventually(waits)
    if is_postgresql:
        with pytest.raises(Conflict) as caught:
            await asked
        assert caught.value.code is ConsentProblem.RECEIPT_IN_THE_MAKING
    else:  # one writes at a time: who waited for it finds it
        assert await asked == made
    assert await receipts.latest(record.id) == made
    assert len(await world.entries("consent.receipt_issued")) == 1


async def test_no_paper_is_no_harm(world: World) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    papers = ReceiptPapers(
        storage=world.storage,
        receipts=receipts,
        consents=world.consents,
        sealer=world.sealer,
        issuer=ISSUER,
    )
    with pytest.raises(Unavailable) as caught:
        await papers.paper(record.id)
    assert caught.value.code is ConsentProblem.PAPER_NOT_MADE


class SlowSealer:
    """A time-stamp authority that takes its time."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.asked = 0

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        self.asked += 1
        await self.go_on.wait()
        return SealedDocument(b"%PDF", "00", SealLevel.B_T, delivery, 1)


async def test_who_asks_for_many_papers_at_once_gets_a_few(world: World) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    await receipts.latest(record.id)
    sealer = SlowSealer()
    papers = ReceiptPapers(
        storage=world.storage,
        receipts=receipts,
        consents=world.consents,
        sealer=sealer,
        issuer=ISSUER,
    )
    asked = [asyncio.create_task(papers.paper(record.id)) for _ in range(PAPERS_AT_ONCE + 3)]
    refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert all(isinstance(task.exception(), Unavailable) for task in refused)
    sealer.go_on.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(answer, SealedDocument) for answer in answers) == PAPERS_AT_ONCE == sealer.asked
    assert isinstance(await papers.paper(record.id), SealedDocument)


async def test_the_paper_prints_every_field_and_holds_the_signed_receipt(world: World) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    receipt = await receipts.latest(record.id)
    assert "withdrawn" not in printed(replace(record, withdrawn_at=record.given_at), receipt)["fields"]
    data = printed(replace(record, withdrawn_at=record.given_at), replace(receipt, stage=Stage.WITHDRAWN))
    assert "withdrawn" in data["fields"]
    rows = [row for group in data["groups"] for row in group["rows"]]
    assert len(rows) == sum(len(detail.fields) for detail in record.details) + len(record.claims)
    assert data["receipt"] == receipt.jwt
    assert set(data["labels"]) == set(data["fields"]) == set(data["order"])


async def test_the_paper_says_what_was_agreed_to_whatever_the_service_says_by_now(world: World) -> None:
    record, _ = await world.consented()
    receipts, _ = await receipts_of(world)
    before = printed(record, await receipts.latest(record.id))["fields"]
    assert record.service_id is not None
    async with world.storage.unit_of_work() as uow:
        service = await world.agencies.service(uow, record.service_id)
        assert (before["law"], before["retention"]) == (service.law_th, service.retention_th)
        others = {name: f"{name} of next year" for name in ("purpose_th", "law_th", "retention_th")}
        await update_service(uow, replace(service, **others))
    sealer = KeepingSealer()
    papers = ReceiptPapers(
        storage=world.storage, receipts=receipts, consents=world.consents, sealer=sealer, issuer=ISSUER
    )
    await papers.paper(record.id)
    (request,) = sealer.asked
    assert request.data["fields"] == before
    assert request.purpose == service.purpose_th


class KeepingSealer:
    """A sealer that keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[DocumentRequest] = []

    async def seal(self, request: DocumentRequest, *, delivery: Delivery, password: str | None) -> SealedDocument:
        self.asked.append(request)
        return SealedDocument(b"%PDF", "00", SealLevel.B_T, delivery, 1)
