"""The bundle of evidence: complete, signed, provable elsewhere, without a value, and an entry of the log."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.audit.model import Actor, ActorKind
from idp.audit.sequencer import sequence_pending, sign_checkpoint
from idp.cli.audit_proofs import check_proof
from idp.consent.receipts.service import Receipts
from idp.exchange.bases.service import Bases
from idp.exchange.evidence import EvidenceBundles, NoSuchDisclosure, Operator
from idp.kernel.ids import DisclosureId
from idp.kernel.randomness import system_randomness
from idp.keys.audit_seals import CheckpointReader, CheckpointSigner, audit_log_of
from idp.keys.signing import SigningKeys
from idp.storage.leases import take_lease
from tests.consent.receipts.test_receipts import ISSUER, JobService
from tests.exchange.world import SOMCHAI, World, pull

pytestmark = pytest.mark.anyio

AUDITOR = Actor(ActorKind.MEMBER, "mem_auditor")


async def bundles_of(world: World) -> tuple[EvidenceBundles, Receipts, CheckpointSigner]:
    keys = SigningKeys(storage=world.storage, root_keys=world.root_keys, clock=world.clock)
    await keys.ensure()
    audit = audit_log_of(world.root_keys, randomness=system_randomness)
    signer = CheckpointSigner(world.root_keys, origin="log.example/one")
    receipts = Receipts(
        storage=world.storage, keys=keys, consents=world.consents, agencies=world.agencies, recipients=JobService(),
        personal=world.personal, audit=audit, randomness=system_randomness, issuer=ISSUER,
    )  # fmt: skip
    bundles = EvidenceBundles(
        storage=world.storage,
        agencies=world.agencies,
        consents=world.consents,
        receipts=receipts,
        bases=Bases(agencies=world.agencies, personal=world.personal, audit=audit, randomness=system_randomness),
        personal=world.personal,
        audit=audit,
        keys=keys,
        log_key=signer.verifier_key,
    )
    return bundles, receipts, signer


async def sign_the_log(world: World, signer: CheckpointSigner) -> None:
    async with world.storage.unit_of_work() as uow:
        fence = await take_lease(uow, name="audit.sequencer", holder="test", for_how_long=timedelta(seconds=5))
        assert fence is not None
        while await sequence_pending(uow, fence=fence):
            pass
        await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)


async def test_the_bundle_proves_a_disclosure_by_consent(world: World, tmp_path: Path) -> None:
    record, token = await world.consented()
    bundles, receipts, signer = await bundles_of(world)
    receipt = await receipts.latest(record.id)
    released = await world.exchange().pull(pull(token))
    await sign_the_log(world, signer)
    files = {
        file.path: file.content
        for file in (await bundles.bundle(released.disclosure_id, reason="case 1/2569", by=AUDITOR)).files
    }
    assert {"disclosure.json", "agreement.json", "service.json", "jwks.json", "manifest.jwt"} <= set(files)
    assert files["consent/receipt-given.jwt"].decode() == receipt.jwt
    told = json.loads(files["disclosure.json"])
    assert (told["id"], told["consent_id"], told["outcome"]) == (released.disclosure_id, record.id, "released")
    # the log's entries are proven by the log's key alone
    for name in ("disclosure", "receipt-given"):
        proof = tmp_path / f"{name}.json"
        proof.write_bytes(files[f"log/{name}.json"])
        assert "is leaf" in check_proof(proof, reader=CheckpointReader(signer.verifier_key), kept=None)
    # every file is what the signed manifest says
    keys = KeySet.import_key_set(json.loads(files["jwks.json"]))
    manifest = jwt.decode(files["manifest.jwt"].decode(), keys, algorithms=["ES256"])
    digests = {path: hashlib.sha256(files[path]).hexdigest() for path in files if path != "manifest.jwt"}
    assert manifest.claims["sha256"] == digests
    # and holds no value of the person
    everything = b"".join(files.values()).decode()
    for text in (SOMCHAI.citizen_id.digits, SOMCHAI.name_th.first, SOMCHAI.name_th.last):
        assert text not in everything


async def agreement_file(world: World, bundles: EvidenceBundles, disclosure_id: DisclosureId) -> dict[str, Any]:
    files = (await bundles.bundle(disclosure_id, reason="why", by=AUDITOR)).files
    (told,) = [json.loads(file.content) for file in files if file.path == "agreement.json"]
    return dict(told)


async def test_the_terms_are_those_of_the_disclosure_or_said_to_be_others(world: World) -> None:
    _, token = await world.consented()
    bundles, _, _ = await bundles_of(world)
    released = await world.exchange().pull(pull(token))
    then = await agreement_file(world, bundles, released.disclosure_id)
    assert (then["are_terms_of_the_disclosure"], then["version_at_disclosure"]) == (True, then["terms"]["version"])
    async with world.storage.unit_of_work() as uow:
        await world.agencies.suspend_agreement(uow, then["terms"]["id"], by=AUDITOR)
    now = await agreement_file(world, bundles, released.disclosure_id)
    assert (now["are_terms_of_the_disclosure"], now["terms"]["status"]) == (False, "suspended")
    assert now["version_at_disclosure"] == then["version_at_disclosure"] != now["terms"]["version"]
    # the log says by which terms it was released
    (entry,) = [json.loads(text) for text in await world.entries("exchange.released")]
    assert entry["details"]["agreement_version"] == then["version_at_disclosure"]


async def test_what_is_not_signed_yet_is_said_to_be_pending(world: World) -> None:
    _, token = await world.consented()
    bundles, _, _ = await bundles_of(world)
    released = await world.exchange().pull(pull(token))
    paths = {file.path for file in (await bundles.bundle(released.disclosure_id, reason="why", by=AUDITOR)).files}
    assert "log/disclosure.pending.json" in paths


async def test_taking_evidence_out_is_an_entry_of_the_log(world: World) -> None:
    _, token = await world.consented()
    bundles, _, _ = await bundles_of(world)
    released = await world.exchange().pull(pull(token))
    operator = Operator("somsri.k", "tuaton")
    await bundles.bundle(released.disclosure_id, reason="case 1/2569", by=AUDITOR, operator=operator)
    (entry,) = [json.loads(text) for text in await world.entries("exchange.evidence_exported")]
    who = {"operator": "somsri.k", "account": "tuaton"}
    assert entry["details"] == {"disclosure": released.disclosure_id, "reason": "case 1/2569", **who}
    assert entry["actor"]["id"] == AUDITOR.id


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "two\nlines", f"about {SOMCHAI.citizen_id.digits}"])
async def test_a_reason_that_the_log_may_not_hold_is_refused(world: World, reason: str) -> None:
    _, token = await world.consented()
    bundles, _, _ = await bundles_of(world)
    released = await world.exchange().pull(pull(token))
    with pytest.raises(ValueError, match="reason"):
        await bundles.bundle(released.disclosure_id, reason=reason, by=AUDITOR)
    assert await world.entries("exchange.evidence_exported") == []


async def test_of_no_disclosure_there_is_no_evidence_and_no_entry(world: World) -> None:
    bundles, _, _ = await bundles_of(world)
    with pytest.raises(NoSuchDisclosure):
        await bundles.bundle(DisclosureId("dis_0"), reason="why", by=AUDITOR)
    assert await world.entries("exchange.evidence_exported") == []
