"""Links of letters by which whoever reads them stops the identity that the letter was about, in one tap, once."""

from datetime import datetime, timedelta

from idp.audit.security_log import SecurityLog
from idp.authentication.model import AuthenticationProblem
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import UnitOfWork

KIND = "freeze_link"
SCOPE = "freeze"
LINK_LIFE = timedelta(days=7)


class FreezeLinks:
    """Makes links and takes them back. A link holds all it needs, sealed; that it was used is kept."""

    def __init__(self, *, sealer: TokenSealer, security_log: SecurityLog) -> None:
        self._sealer = sealer
        self._security_log = security_log

    def page_of(self, subscriber_id: SubscriberId, *, cause: str, now: datetime) -> str:
        """The page of the link that a letter about `cause` carries; a letter sent again carries the same link.

        `now` is when the cause was. The token stands behind the `#`, as with `page_of_link`.
        """
        payload = {"subscriber": subscriber_id, "cause": cause}
        return f"/freeze#{self._sealer.seal_repeatably(KIND, payload, expires_at=now + LINK_LIFE)}"

    async def spend(self, uow: UnitOfWork, token: str) -> SubscriberId:
        """Whose it is; used up in this unit of work. Raises Refused (FREEZE_LINK_UNUSABLE)."""
        try:
            opened, expires_at = self._sealer.open_dated(KIND, token, now=uow.now)
        except (SealBroken, SealExpired) as error:
            raise self._refused(type(error).__name__) from error
        if not await spend(uow, kind=SpentKind.FREEZE_LINK, scope=SCOPE, secret=token, expires_at=expires_at):
            raise self._refused("used")
        return SubscriberId(opened["subscriber"])

    def _refused(self, reason: str) -> Refused:
        self._security_log.note("freeze.link_refused", reason=reason)
        return Refused(AuthenticationProblem.FREEZE_LINK_UNUSABLE, reason)
