"""My account: its page families, built for the issuer's door."""

from collections.abc import Sequence
from typing import Protocol

from idp.app.rooms import Rooms
from idp.provider.account.apps import AppPages
from idp.provider.account.closing import ClosingPages
from idp.provider.account.data import DataPages
from idp.provider.account.devices import DevicePages
from idp.provider.account.notices import NoticePages
from idp.provider.account.pages import AccountPages
from idp.provider.account.passkeys import OwnPasskeyPages
from idp.provider.account.pin import OwnPinPages
from idp.provider.account.security import SecurityPages
from idp.provider.account.waiting import WaitingPages
from idp.provider.pages.recovery import RecoveryPages
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.pages import Pages
from idp.web.routes import Entry


class PageFamily(Protocol):
    """Pages that belong together."""

    def entries(self) -> tuple[Entry, ...]:
        """Their rows of the route table."""


def account_pages(
    rooms: Rooms, *, pages: Pages, csrf: Csrf, problems: ProblemCatalogue, citizens: Citizens, storage: Storage
) -> Sequence[PageFamily]:
    """Everything under `/account`, and the ways back for who is locked out."""
    return (
        AccountPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            subscribers=rooms.subscribers,
            agencies=rooms.agencies,
            clients=rooms.clients,
            consents=rooms.consents,
            passkeys=rooms.own_passkeys,
            history=rooms.access_history,
        ),
        OwnPasskeyPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            subscribers=rooms.subscribers,
            passkeys=rooms.own_passkeys,
        ),
        OwnPinPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            pins=rooms.pins,
        ),
        DevicePages(pages=pages, csrf=csrf, storage=storage, citizens=citizens, sessions=rooms.sessions),
        SecurityPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            passkeys=rooms.own_passkeys,
            pins=rooms.pins,
            recovery_codes=rooms.recovery_codes,
            freezing=rooms.freezing,
        ),
        DataPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            subscribers=rooms.subscribers,
            reviews=rooms.life.reviews,
        ),
        ClosingPages(pages=pages, csrf=csrf, storage=storage, citizens=citizens, closings=rooms.life.closings),
        NoticePages(pages=pages, storage=storage, citizens=citizens, notices=rooms.notices),
        RecoveryPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            recovery_codes=rooms.recovery_codes,
            freezing=rooms.freezing,
        ),
        WaitingPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            agencies=rooms.agencies,
            deferred=rooms.deferred,
            device=rooms.device,
        ),
        AppPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            clients=rooms.clients,
            agencies=rooms.agencies,
            grants=rooms.grants,
        ),
    )
