"""The pages of enrolment without an officer, built for the issuer's door."""

from collections.abc import Sequence

from idp.app.account_door import PageFamily
from idp.app.rooms import Rooms
from idp.provider.pages.enrol import EnrolPage
from idp.provider.pages.enrol_agent import HomeAgentEndpoints
from idp.provider.pages.enrol_kiosk import KioskPages
from idp.provider.pages.enrol_reader import ReaderPages
from idp.provider.pages.session_cookie import Citizens
from idp.settings import Settings
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.pages import Pages


def unattended_pages(
    settings: Settings, rooms: Rooms, *, pages: Pages, csrf: Csrf, problems: ProblemCatalogue, citizens: Citizens
) -> Sequence[PageFamily]:
    """Everything under `/enrol` but ThaiD, and what the agents at home speak to."""
    return (
        EnrolPage(
            pages=pages,
            storage=rooms.ground.storage,
            citizens=citizens,
            offers_thaid=rooms.thaid_enrolments is not None,
        ),
        ReaderPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            enrolments=rooms.unattended.home,
            pins=rooms.pins,
            links=rooms.passkey_links,
            issuer=settings.issuer,
        ),
        HomeAgentEndpoints(agents=rooms.unattended.home_agents),
        KioskPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            browsers=rooms.unattended.kiosk_browsers,
            enrolments=rooms.unattended.kiosks,
            mail_slots=rooms.mail_slots,
            pins=rooms.pins,
            links=rooms.passkey_links,
            issuer=settings.issuer,
            https=settings.issuer.startswith("https://"),
        ),
    )
