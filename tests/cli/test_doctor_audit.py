"""`idp doctor audit`: a witness or a time-stamp authority that stopped is seen, and not only in the worker's log."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idp.app.ground import open_ground
from idp.audit import store
from idp.audit.model import SYSTEM, AuditEvent
from idp.audit.sequencer import sequence_pending, sign_checkpoint
from idp.cli.doctor import TESTIMONY_MAY_TAKE, commands
from idp.kernel.clock import SystemClock
from idp.settings import Settings
from idp.storage.leases import take_lease
from tests.audit.test_testimony import NAME, StrictWitness
from tests.clock import FrozenClock

LONG_AGO = 2 * TESTIMONY_MAY_TAKE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def doctor(home: Path, *, witnessed: bool = True) -> tuple[int, str]:
    """Exit code and words, on a wide screen."""
    settings = {
        "IDP_AUDIT_TIMESTAMPS": "true",
        "IDP_AUDIT_WITNESS_URL": "http://127.0.0.1:9/w1",
        "IDP_AUDIT_WITNESS_KEY": StrictWitness().verifier_key,
    }
    environment = {"COLUMNS": "300", **(settings if witnessed else {})}
    ended = CliRunner().invoke(commands, ["audit", "--home", str(home)], env=environment)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, " ".join(ended.output.split())


async def _sign(home: Path, ago: timedelta, by: tuple[str, ...]) -> None:
    clock = FrozenClock(SystemClock().now() - ago)
    async with open_ground(Settings(home=home), clock=clock) as ground:
        signer = ground.checkpoint_signer
        async with ground.storage.unit_of_work() as uow:
            await ground.audit.append(uow, AuditEvent(event="test.happened", actor=SYSTEM, details={}))
        async with ground.storage.unit_of_work() as uow:
            fence = await take_lease(uow, name="audit.sequencer", holder="test", for_how_long=timedelta(seconds=5))
            assert fence is not None
            await sequence_pending(uow, fence=fence)
            await sign_checkpoint(uow, origin=signer.origin, key_id=signer.key_id, sign=signer.sign)
            newest = await store.newest_checkpoint(uow)
            assert newest is not None
            for name in by:
                await store.keep_testimony(uow, size=newest.size, by=name, content=b"a word")


def sign(home: Path, *, ago: timedelta, testified: tuple[str, ...]) -> None:
    """One more checkpoint of that long ago, and who testified to it."""
    asyncio.run(_sign(home, ago, testified))


def test_who_names_nobody_is_told_so(home: Path) -> None:
    sign(home, ago=LONG_AGO, testified=())
    code, said = doctor(home, witnessed=False)
    assert (code, "nobody outside" in said) == (0, True)


def test_a_log_that_is_testified_to_is_in_order(home: Path) -> None:
    sign(home, ago=LONG_AGO, testified=(store.TIMESTAMP, NAME))
    sign(home, ago=timedelta(seconds=40), testified=())  # they are being asked
    code, said = doctor(home)
    assert (code, NAME in said, store.TIMESTAMP in said) == (0, True, True)


@pytest.mark.parametrize(("stopped", "goes_on"), [(store.TIMESTAMP, NAME), (NAME, store.TIMESTAMP)])
def test_who_stopped_is_named_with_what_to_do(home: Path, stopped: str, goes_on: str) -> None:
    sign(home, ago=2 * LONG_AGO, testified=(store.TIMESTAMP, NAME))
    sign(home, ago=LONG_AGO, testified=(goes_on,))
    sign(home, ago=timedelta(seconds=40), testified=(goes_on,))
    code, said = doctor(home)
    assert (code, f"{stopped}: nothing since" in said, f"{goes_on}: nothing" in said) == (1, True, False)
    assert "audit.testify" in said


def test_without_a_log_nothing_can_be_said(home: Path) -> None:
    home.mkdir()
    assert doctor(home)[0] == 2
