"""Messages of consents that lead to a receipt. Safe to see twice: a receipt is issued once."""

from idp.app.rooms import Rooms
from idp.kernel.errors import NotFound
from idp.kernel.ids import ConsentId
from idp.storage.outbox import OutboxMessage


class ReceiptHandlers:
    """The receipt of a decision follows it within a second, and needs nobody to ask for it."""

    def __init__(self, rooms: Rooms) -> None:
        self._receipts = rooms.receipt_rooms.receipts

    async def issue(self, message: OutboxMessage) -> None:
        """`consent_given` and `consent_withdrawn`."""
        try:
            await self._receipts.latest(ConsentId(message.payload["consent_id"]))
        except NotFound:
            # the identity was closed meanwhile: nobody is left to keep a receipt
            return
