"""My account: its page families, built for the issuer's door."""

from collections.abc import Sequence
from typing import Protocol

from idp.agencies.service import Agencies
from idp.app.issuer_agency import PREVIEW_SERVICE
from idp.app.representation_room import RepresentationRoom
from idp.app.rooms import Rooms
from idp.authorization.client_registration.service import Clients
from idp.oversight.reports.service import AccessReports
from idp.provider.account.access_papers import AccessPapers
from idp.provider.account.access_report import AccessReportPages
from idp.provider.account.activity import ActivityPages
from idp.provider.account.apps import AppPages
from idp.provider.account.closing import ClosingPages
from idp.provider.account.companies import CompanyPages
from idp.provider.account.company_requests import CompanyRequestPages
from idp.provider.account.contact import ContactPages
from idp.provider.account.data import DataPages
from idp.provider.account.devices import DevicePages
from idp.provider.account.doubts import DoubtPages
from idp.provider.account.home import HomePages
from idp.provider.account.mandate_terms import MandateWords
from idp.provider.account.mandates import MandatePages
from idp.provider.account.meetings import MeetingPages
from idp.provider.account.memberships import MembershipPages
from idp.provider.account.notices import NoticePages
from idp.provider.account.pages import AccountPages
from idp.provider.account.passkeys import OwnPasskeyPages
from idp.provider.account.pin import OwnPinPages
from idp.provider.account.proofs import ProofPages
from idp.provider.account.receipts import ReceiptPages
from idp.provider.account.security import SecurityPages
from idp.provider.account.signatures import SignaturePages
from idp.provider.account.waiting import WaitingPages
from idp.provider.pages.recovery import RecoveryPages
from idp.provider.pages.session_cookie import Citizens
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers
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
    reports = AccessReports(
        storage=storage,
        history=rooms.access_history,
        audit=rooms.ground.audit,
        randomness=rooms.ground.randomness,
    )
    return (
        HomePages(
            pages=pages,
            storage=storage,
            citizens=citizens,
            subscribers=rooms.subscribers,
            consents=rooms.consents,
            passkeys=rooms.own_passkeys,
            recovery_codes=rooms.recovery_codes,
            sessions=rooms.sessions,
            deferred=rooms.deferred,
            mandates=rooms.representation.mandates,
            doubts=rooms.life.doubts,
            contacts=rooms.life.contacts,
            letters=rooms.contact_letters,
        ),
        ActivityPages(
            pages=pages,
            storage=storage,
            citizens=citizens,
            subscribers=rooms.subscribers,
            history=rooms.access_history,
            reports=reports,
        ),
        DoubtPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            history=rooms.access_history,
            reviews=rooms.life.reviews,
            doubts=rooms.life.doubts,
        ),
        AccountPages(
            pages=pages,
            csrf=csrf,
            storage=storage,
            citizens=citizens,
            agencies=rooms.agencies,
            clients=rooms.clients,
            consents=rooms.consents,
        ),
        ProofPages(
            pages=pages,
            storage=storage,
            citizens=citizens,
            history=rooms.access_history,
            log_key=rooms.ground.checkpoint_signer.verifier_key,
        ),
        AccessReportPages(
            citizens=citizens,
            papers=AccessPapers(
                reports=reports,
                sealer=rooms.outside.sealer,
                issuer=rooms.metadata["issuer"],
            ),
        ),
        ReceiptPages(
            storage=storage,
            citizens=citizens,
            consents=rooms.consents,
            receipts=rooms.receipt_rooms.receipts,
            papers=rooms.receipt_rooms.papers,
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
            problems=problems,
        ),
        ClosingPages(pages=pages, csrf=csrf, storage=storage, citizens=citizens, closings=rooms.life.closings),
        MeetingPages(
            pages=pages,
            storage=storage,
            citizens=citizens,
            provisionals=rooms.provisionals,
            agencies=rooms.agencies,
        ),
        MembershipPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            subscribers=rooms.subscribers,
            agencies=rooms.agencies,
            seats=rooms.seats,
        ),
        ContactPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            contacts=rooms.life.contacts,
            letters=rooms.contact_letters,
        ),
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
            consents=rooms.consents,
            deferred=rooms.deferred,
            device=rooms.device,
        ),
        CompanyRequestPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            agencies=rooms.agencies,
            consents=rooms.consents,
            deferred=rooms.deferred,
            requests=rooms.company_requests,
        ),
        *acting_pages(
            rooms.representation,
            pages=pages,
            csrf=csrf,
            problems=problems,
            citizens=citizens,
            storage=storage,
            subscribers=rooms.subscribers,
            agencies=rooms.agencies,
            clients=rooms.clients,
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


def acting_pages(
    room: RepresentationRoom,
    *,
    pages: Pages,
    csrf: Csrf,
    problems: ProblemCatalogue,
    citizens: Citizens,
    storage: Storage,
    subscribers: Subscribers,
    agencies: Agencies,
    clients: Clients,
) -> Sequence[PageFamily]:
    """Acting for others: mandates on both sides, companies, signatures."""
    words = MandateWords(subscribers=subscribers, agencies=agencies, hidden_services={PREVIEW_SERVICE})
    return (
        MandatePages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            mandates=room.mandates,
            words=words,
        ),
        CompanyPages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            companies=room.companies,
            mandates=room.mandates,
            company_mandates=room.company_mandates,
            words=words,
        ),
        SignaturePages(
            pages=pages,
            csrf=csrf,
            problems=problems,
            storage=storage,
            citizens=citizens,
            companies=room.companies,
            mandates=room.mandates,
            company_mandates=room.company_mandates,
            clients=clients,
            agencies=agencies,
            words=words,
        ),
    )
