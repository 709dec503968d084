"""What must hold of an owner's session in the transaction that changes a way to sign in, and not minutes before it."""

from idp.authentication import recovery_store, rules, store
from idp.authentication.model import AuthenticationProblem, SsoSession
from idp.kernel.errors import Refused
from idp.storage.storage import UnitOfWork


async def hold_live(uow: UnitOfWork, session: SsoSession) -> SsoSession:
    """The session as it stands; its owner's row is held until the commit, so that acts come one after another.

    Raises Refused (SIGN_IN_NEEDED) when the session was ended or its owner stopped since it was found.
    """
    await store.hold_owner(uow, session.subscriber_id)
    present = await store.find_own_session(uow, session)
    if present is None:
        raise Refused(AuthenticationProblem.SIGN_IN_NEEDED)
    return present


async def hold_fresh(uow: UnitOfWork, session: SsoSession) -> None:
    """The same, and a passkey was shown minutes ago. Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED)."""
    rules.validate_fresh(session=await hold_live(uow, session), now=uow.now)


async def hold_fresh_and_settled(uow: UnitOfWork, session: SsoSession) -> None:
    """The same for acts of high risk, which wait after a recovery.

    Raises Refused (SIGN_IN_NEEDED, FRESH_SIGN_IN_NEEDED), Conflict (COOLING).
    """
    await hold_fresh(uow, session)
    rules.validate_not_cooling(until=await recovery_store.cooling_until(uow, session.subscriber_id), now=uow.now)
