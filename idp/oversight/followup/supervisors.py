"""Who supervises at this moment, judged with what stands in the store."""

from idp.approvals.model import Decider
from idp.kernel.errors import Refused
from idp.oversight.followup import rules, store
from idp.oversight.followup.model import OversightProblem
from idp.storage.storage import UnitOfWork


async def expect_supervisor(uow: UnitOfWork, by: Decider) -> None:
    """A supervisor of the agency they act for, who looks nobody up there. Raises Refused (NOT_A_SUPERVISOR,
    LOOKS_UP_TOO).
    """
    if not rules.is_supervisor(by, by.agency_id):
        raise Refused(OversightProblem.NOT_A_SUPERVISOR)
    await expect_independent(uow, by)


async def expect_independent(uow: UnitOfWork, by: Decider) -> None:
    """Somebody who looks nobody up at their agency. Raises Refused (LOOKS_UP_TOO)."""
    # "named by order, not a look-up officer there" (mission, row S28)
    if await store.looks_up_there(uow, by):
        raise Refused(OversightProblem.LOOKS_UP_TOO)
