"""Whether somebody has anything to sign in with: what makes an identity worth taking over."""

from sqlalchemy import exists, or_, select

from idp.authentication.passkey_store import passkey
from idp.authentication.pin_store import pin
from idp.authentication.recovery_store import recovery_code
from idp.kernel.ids import SubscriberId
from idp.storage.storage import UnitOfWork


async def holds_authenticator(uow: UnitOfWork, subscriber_id: SubscriberId) -> bool:
    """True with a passkey, a stopped one too, a PIN, a locked one too, or a recovery code that was not used."""
    held = or_(
        exists(select(passkey.c.id).where(passkey.c.subscriber_id == subscriber_id)),
        exists(select(pin.c.subscriber_id).where(pin.c.subscriber_id == subscriber_id)),
        exists(
            select(recovery_code.c.digest).where(
                recovery_code.c.subscriber_id == subscriber_id, recovery_code.c.spent_at.is_(None)
            )
        ),
    )
    row = await uow.first(select(held.label("held")))
    return row is not None and bool(row.held)
