"""Messages about joint acts of companies: who hears of them, and the program that waits for one."""

from idp.app.notice_handlers import NoticeHandlers
from idp.app.rooms import Rooms
from idp.representation.companies.service import JOINT_ACT_COMPLETED, JOINT_ACT_DECLINED, JOINT_ACT_WAITING
from idp.representation.model import JointActId
from idp.storage.outbox import OutboxMessage
from idp.worker.jobs import OutboxHandler


class JointActHandlers:
    """Hands a joint act's end to the request of a program that began it, if one did."""

    def __init__(self, rooms: Rooms, notices: NoticeHandlers) -> None:
        self._requests = rooms.company_requests
        self._notices = notices

    def table(self) -> dict[str, list[OutboxHandler]]:
        """Topic to handlers, in order."""
        return {
            JOINT_ACT_WAITING: [self._notices.tell_of_awaited_signature],
            JOINT_ACT_COMPLETED: [self._complete, self._notices.tell_of_signatures],
            JOINT_ACT_DECLINED: [self._decline, self._notices.tell_of_declined_signature],
        }

    async def _complete(self, message: OutboxMessage) -> None:
        await self._requests.complete(JointActId(message.payload["joint_act_id"]))

    async def _decline(self, message: OutboxMessage) -> None:
        await self._requests.decline(JointActId(message.payload["joint_act_id"]))
