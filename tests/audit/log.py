"""A log with made-up entries, and what an honest sequencer does to it."""

import secrets
from datetime import timedelta

from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.audit.sequencer import newest_checkpoint_note, sequence_pending, sign_checkpoint
from idp.audit.verification import Seals, Sound, Tampered, verify_log
from idp.kernel.ids import SubscriberId
from idp.keys.audit_seals import CheckpointSigner, EntrySeal
from idp.keys.files import RootKeys
from idp.storage.leases import take_lease
from idp.storage.storage import Storage

ROOT_KEYS = RootKeys({1: b"\x07" * 32})
SIGNER = CheckpointSigner(ROOT_KEYS, origin="id.example/audit")
SEAL = EntrySeal(ROOT_KEYS)
SEALS = Seals(mac=SEAL.mac, open_note=SIGNER.open_note)
LOG = AuditLog(mac=SEAL.mac, pseudonym=lambda subscriber: f"p-{len(subscriber)}", randomness=secrets.token_bytes)


async def append(storage: Storage, count: int) -> list[str]:
    event = AuditEvent(
        event="exchange.released",
        actor=Actor(ActorKind.SUBSCRIBER, "sub_SECRET"),
        subject=SubscriberId("sub_SECRET"),
        details={"fields": ["name_th"], "count": 1},
    )
    async with storage.unit_of_work() as uow:
        return [await LOG.append(uow, event) for _ in range(count)]


async def sequence(storage: Storage) -> None:
    async with storage.unit_of_work() as uow:
        fence = await take_lease(uow, name="audit.sequencer", holder="test", for_how_long=timedelta(seconds=5))
        assert fence is not None
        while await sequence_pending(uow, fence=fence, batch=100):
            pass
        await sign_checkpoint(uow, origin=SIGNER.origin, key_id=SIGNER.key_id, sign=SIGNER.sign)


async def verdict(storage: Storage, kept: str | None = None) -> Sound | Tampered:
    async with storage.reading() as uow:
        return await verify_log(uow, seals=SEALS, kept_checkpoint=kept)


async def newest_note(storage: Storage) -> str:
    async with storage.reading() as uow:
        note = await newest_checkpoint_note(uow)
    assert note is not None
    return note
