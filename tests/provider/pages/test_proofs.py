"""A citizen gets proof of the own entries of the log, checkable without us; nobody gets somebody else's."""

import json

import pytest
from sqlalchemy import update

from idp.audit.proof_check import check_inclusion
from idp.audit.proof_text import read_inclusion
from idp.audit.sequencer import sequence_pending, sign_checkpoint
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import SubscriberId
from idp.keys.audit_seals import CheckpointReader
from tests.exchange.world import pull
from tests.provider.pages.house import Fields, House, Visitor

pytestmark = pytest.mark.anyio


async def released(visitor: Visitor) -> str:
    """One release about Somchai; gives the id of its record."""
    world = visitor.house.world
    _, token = await world.consented()
    await world.exchange().pull(pull(token))
    (disclosure_id,) = Fields((await visitor.http.get("/account/activity")).text).data["data-disclosure"]
    return str(disclosure_id)


async def sign_log(house: House) -> None:
    signer = house.log_signer
    async with house.world.storage.unit_of_work() as uow:
        await sequence_pending(uow, fence=1)
        await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)


async def test_an_entry_is_proven_as_soon_as_the_log_is_signed(citizen: Visitor) -> None:
    disclosure_id = await released(citizen)
    page = f"/account/activity/{disclosure_id}/proof"
    assert page in (await citizen.http.get("/account/activity")).text
    waiting = await citizen.http.get(page)
    assert (waiting.status_code, "again" in Fields(waiting.text).ids) == (200, True)
    assert (await citizen.http.get(f"{page}.json")).status_code == 404
    await sign_log(citizen.house)
    shown = await citizen.http.get(page)
    assert "download" in Fields(shown.text).ids
    assert "หลักฐานของรายการ" in shown.text
    answer = await citizen.http.get(f"{page}.json")
    assert answer.headers["content-disposition"] == f'attachment; filename="{disclosure_id}-proof.json"'
    assert "no-store" in answer.headers["cache-control"]
    document = answer.json()
    signed = CheckpointReader(document["log_key"]).open_note(read_inclusion(document["proof"]).note)
    said = read_inclusion(document["proof"])
    check_inclusion(
        entry=document["entry"].encode(),
        leaf_index=said.leaf_index,
        path=said.path,
        size=signed.size,
        expected_root=signed.root,
    )
    entry = json.loads(document["entry"])
    assert entry["event"].startswith("exchange.")
    assert citizen.house.world.somchai not in document["entry"]
    assert "สมชาย" not in document["entry"]


async def test_somebody_elses_entry_does_not_exist(citizen: Visitor) -> None:
    disclosure_id = await released(citizen)
    await sign_log(citizen.house)
    async with citizen.house.world.storage.unit_of_work() as uow:
        await uow.execute(update(disclosure).values(subscriber_id=SubscriberId("sub_other")))
    for ending in ("proof", "proof.json"):
        assert (await citizen.http.get(f"/account/activity/{disclosure_id}/{ending}")).status_code == 404
        assert (await citizen.http.get(f"/account/activity/dis_%00/{ending}")).status_code == 404
