"""The worker's turn: what cannot be advanced holds nothing up, and everything has its turn."""

from collections.abc import Sequence

import pytest

from idp.enrolment.model import EnrolmentProblem
from idp.enrolment.turns import Rounds
from idp.kernel.errors import NotFound
from idp.kernel.ids import EnrolmentId
from idp.keys.sealing import SealBroken

pytestmark = pytest.mark.anyio

ROWS = [EnrolmentId(f"enr_{number}") for number in range(5)]
LIMIT = 2


class Desk:
    """Five rows, some of which fail whenever they are touched."""

    def __init__(self, *failing: int, error: Exception | None = None) -> None:
        self.failing = {ROWS[one] for one in failing}
        self.error = error or NotFound(EnrolmentProblem.UNKNOWN)
        self.touched: list[EnrolmentId] = []
        self.rounds = Rounds()

    async def turn(self) -> int:
        return await self.rounds.turn(self.page, self.act, limit=LIMIT)

    async def page(self, after: EnrolmentId | None) -> Sequence[EnrolmentId]:
        return [row for row in ROWS if after is None or row > after][:LIMIT]

    async def act(self, row: EnrolmentId) -> None:
        self.touched.append(row)
        if row in self.failing:
            raise self.error


@pytest.mark.parametrize("error", [NotFound(EnrolmentProblem.UNKNOWN), SealBroken("x"), OSError("gone")])
async def test_rows_that_fail_at_the_head_starve_nobody(error: Exception) -> None:
    desk = Desk(0, 1, 2, error=error)
    assert [await desk.turn() for _ in range(3)] == [2, 2, 1]
    assert desk.touched == ROWS
    await desk.turn()
    assert desk.touched == [*ROWS, *ROWS[:2]]


async def test_a_mistake_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        await Desk(0, error=ZeroDivisionError()).turn()
