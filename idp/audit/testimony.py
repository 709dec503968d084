"""What others testify to a checkpoint: a time-stamp (RFC 3161), the cosignature of a witness (C2SP tlog-cosignature).

Neither is waited for: sequencing and checkpoints go on without, and what could not be had is asked for again with the
next checkpoint. Both stand beside the checkpoint they are about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import structlog
from sqlalchemy import Row

from connectors.contracts.witness import CheckpointStamper, CheckpointWitness, WitnessElsewhere, WitnessUnavailable
from idp.audit import store
from idp.audit.checkpoint import read_note
from idp.audit.proof_text import ConsistencyText
from idp.audit.proofs import consistency_runs
from idp.audit.store import TIMESTAMP
from idp.audit.tiles import prove
from idp.storage.leases import take_lease
from idp.storage.storage import Storage

LEASE: Final = timedelta(seconds=60)

logger = structlog.get_logger("audit")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its name, how it is asked, and how its answer is verified.

    `cosignature_in` gives the one valid signature line of an answer over the body of a checkpoint, or None.
    """

    name: str
    port: CheckpointWitness
    cosignature_in: Callable[[str, str], str | None]


class OutsideWitnesses:
    """Gathers them for the newest checkpoint."""

    def __init__(
        self, *, storage: Storage, holder: str, stamper: CheckpointStamper | None, witness: Witness | None
    ) -> None:
        self._storage = storage
        self._holder = holder
        self._stamper = stamper
        self._witness = witness

    async def gather(self) -> None:
        """Ask for what the newest checkpoint lacks. Raises TimestampUnavailable, WitnessUnavailable."""
        if self._stamper is None and self._witness is None:
            return
        async with self._storage.unit_of_work() as uow:
            fence = await take_lease(uow, name="audit.testimony", holder=self._holder, for_how_long=LEASE)
            newest = await store.newest_checkpoint(uow)
            if fence is None or newest is None:
                return
            present = await store.testimonies_of(uow, newest.size)
        # the one that fails does not keep the other from being asked
        try:
            if self._witness is not None and self._witness.name not in present:
                await self._have_cosigned(self._witness, newest)
        finally:
            if self._stamper is not None and TIMESTAMP not in present:
                token = await self._stamper.timestamp(sha256(newest.note.encode()).digest())
                await self._keep(newest.size, TIMESTAMP, token)

    async def _have_cosigned(self, witness: Witness, newest: Row[Any]) -> None:
        try:
            await self._ask(witness, newest)
        except ValueError as error:
            # the store is not as it was written: `idp audit verify` says where. The worker goes on sequencing
            logger.error("audit.no_proof_for_witness", reason=str(error))
            raise WitnessUnavailable("there is no proof to show the witness") from error

    async def _ask(self, witness: Witness, newest: Row[Any]) -> None:
        async with self._storage.reading() as uow:
            seen = await store.newest_testimony(uow, witness.name)
        try:
            answer = await witness.port.add_checkpoint(await self._body(newest, old_size=seen))
        except WitnessElsewhere as elsewhere:
            if elsewhere.size > newest.size:
                # it cosigned a larger tree than we have: our store was cut off, or an older one was restored
                logger.error("audit.witness_ahead", witness_size=elsewhere.size, our_size=newest.size)
                raise WitnessUnavailable("the witness saw a longer log than this one") from elsewhere
            answer = await self._ask_there(witness, newest, elsewhere.size)
        line = witness.cosignature_in(answer, read_note(newest.note).body())
        if line is None:
            raise WitnessUnavailable("the answer bears no valid cosignature of this witness")
        await self._keep(newest.size, witness.name, line.encode())

    async def _ask_there(self, witness: Witness, newest: Row[Any], size: int) -> str:
        """Once more, from where the witness says it is; it is followed no further than that."""
        try:
            return await witness.port.add_checkpoint(await self._body(newest, old_size=size))
        except WitnessElsewhere as moved:
            raise WitnessUnavailable("the witness is not where it said it was") from moved

    async def _body(self, newest: Row[Any], *, old_size: int) -> str:
        async with self._storage.reading() as uow:
            path = await prove(uow, consistency_runs(old_size=old_size, new_size=newest.size))
        return ConsistencyText(old_size, path, newest.note).to_text()

    async def _keep(self, size: int, by: str, content: bytes) -> None:
        async with self._storage.unit_of_work() as uow:
            await store.keep_testimony(uow, size=size, by=by, content=content)
