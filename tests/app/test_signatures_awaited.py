"""Co-signers hear that something waits: once an hour for a company, by the registry's word of that moment."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from idp.app.outbox import outbox_handlers
from idp.audit.model import SYSTEM
from idp.kernel.ids import SubscriberId
from idp.kernel.randomness import system_randomness
from idp.notices.model import NoticeTopic
from idp.representation.companies.model import ActTerms
from idp.representation.companies.service import Companies
from idp.representation.model import Signer
from idp.worker.jobs import OutboxJob
from tests.attacks.house import House, open_house
from tests.clock import FrozenClock
from tests.representation.world import COMPANY, STRONG, AnsweringRegistry, identity_of, name_of

pytestmark = pytest.mark.anyio

TWO_TOGETHER = "กรรมการสองคนลงลายมือชื่อร่วมกัน"


@dataclass
class Board:
    """A house with a company of two who sign together, and its worker."""

    house: House
    registry: AnsweringRegistry
    companies: Companies
    job: OutboxJob
    signers: dict[str, Signer]

    async def begin(self, key: str, digest: str) -> None:
        facts = await self.companies.read(COMPANY)
        async with self.house.storage.unit_of_work() as uow:
            what = ActTerms("efiling", digest, {})
            await self.companies.begin(uow, facts, what, by=self.signers[key], sealed=False)

    async def told(self, key: str) -> list[NoticeTopic]:
        async with self.house.storage.reading() as uow:
            who: SubscriberId = self.signers[key].subscriber_id
            return [one.topic for one in await self.house.rooms.notices.of(uow, who, before=None, limit=9)]


@pytest.fixture
async def board(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Board]:
    async with open_house(tmp_path / "home", clock) as house:
        rooms, registry = house.rooms, AnsweringRegistry(clock)
        registry.put(TWO_TOGETHER, [name_of("director"), name_of("codirector")])
        companies = Companies(
            storage=house.storage,
            registry=registry,
            subscribers=rooms.subscribers,
            audit=rooms.ground.audit,
            randomness=system_randomness,
            counter_first=False,
        )
        representing = replace(rooms.representation, companies=companies)
        handlers = outbox_handlers(replace(rooms, representation=representing))
        signers = {}
        async with house.storage.unit_of_work() as uow:
            for key in ("director", "codirector"):
                made = await rooms.subscribers.create(uow, identity=identity_of(key), ial=STRONG.ial, by=SYSTEM)
                signers[key] = Signer(made, STRONG)
        yield Board(house, registry, companies, OutboxJob(storage=house.storage, handlers=handlers), signers)


async def test_who_is_known_is_told_once_an_hour(board: Board, clock: FrozenClock) -> None:
    await board.begin("codirector", "aa" * 32)
    await board.job.deliver()
    assert await board.told("director") == []  # never here for this company: nobody is looked for by a name
    for digest in ("bb" * 32, "cc" * 32):
        await board.begin("director", digest)
    await board.job.deliver()
    assert await board.told("codirector") == [NoticeTopic.SIGNATURE_AWAITED]
    assert await board.told("director") == []
    clock.advance(3600)
    await board.begin("director", "dd" * 32)
    await board.job.deliver()
    assert await board.told("codirector") == [NoticeTopic.SIGNATURE_AWAITED] * 2


async def test_a_silent_registry_is_asked_again_and_who_left_hears_nothing(board: Board, clock: FrozenClock) -> None:
    await board.begin("codirector", "aa" * 32)
    await board.job.deliver()
    await board.begin("director", "bb" * 32)
    board.registry.silent = True
    await board.job.deliver()
    assert await board.told("codirector") == []
    board.registry.silent = False
    board.registry.put(TWO_TOGETHER, [name_of("director"), name_of("malee")])
    clock.advance(31)
    await board.job.deliver()
    assert await board.told("codirector") == []
