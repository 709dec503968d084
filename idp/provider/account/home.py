"""My account: home. What is still to do, when and where the last sign-in was, and where everything is."""

from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from idp.authentication.own_passkeys import OwnPasskeys
from idp.authentication.recovery_codes import RecoveryCodes
from idp.authentication.sessions import Sessions
from idp.authorization.deferred.service import DeferredRequests
from idp.consent.service import Consents
from idp.enrolment.reviews.doubts import Doubts
from idp.enrolment.reviews.model import CaseState
from idp.kernel.ids import SubscriberId
from idp.notices.contact_letters import ContactLetters
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.representation.mandates.model import MandateState
from idp.representation.mandates.service import Mandates
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.contacts.service import Contacts
from idp.subscribers.model import ContactDetails
from idp.subscribers.service import Subscribers
from idp.web.languages import Language
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

ENOUGH_PASSKEYS = 2
"""One on each of two devices: who loses one still gets in."""


class Todo(StrEnum):
    """What a citizen should do, the most pressing first."""

    ANSWER_REQUESTS = "answer_requests"
    ANSWER_CASES = "answer_cases"
    ANSWER_OFFERS = "answer_offers"
    FIRST_PASSKEY = "first_passkey"
    SECOND_PASSKEY = "second_passkey"
    RECOVERY_CODES = "recovery_codes"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do; `count` of how many, where there can be several."""

    todo: Todo
    count: int


class HomePages:
    """`/account`."""

    def __init__(
        self,
        *,
        pages: Pages,
        storage: Storage,
        citizens: Citizens,
        subscribers: Subscribers,
        consents: Consents,
        passkeys: OwnPasskeys,
        recovery_codes: RecoveryCodes,
        sessions: Sessions,
        deferred: DeferredRequests,
        mandates: Mandates,
        doubts: Doubts,
        contacts: Contacts,
        letters: ContactLetters,
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._citizens = citizens
        self._subscribers = subscribers
        self._consents = consents
        self._passkeys = passkeys
        self._recovery_codes = recovery_codes
        self._sessions = sessions
        self._deferred = deferred
        self._mandates = mandates
        self._doubts = doubts
        self._contacts = contacts
        self._letters = letters

    def entries(self) -> tuple[Entry, ...]:
        """The one page."""
        return (Entry("/account", ("GET",), self._home, Access.CITIZEN, "account"),)

    async def _home(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        owner = citizen.subscriber.id
        async with self._storage.reading() as uow:
            identity = await self._subscribers.identity(uow, owner)
            passkeys = await self._passkeys.of(uow, owner)
            contact = await self._contacts.of(uow, owner)
            tasks = await self._tasks(uow, owner, contact, passkeys=len(passkeys))
            live = await self._sessions.live_of(uow, owner)
            before = await self._sessions.before(uow, citizen.session)
            in_force = await self._consents.count_in_force(uow, owner)
        thai = self._pages.language(request) is Language.TH
        return self._pages.render(
            request,
            "account/home.html",
            name_html=Markup('<span class="app-name">{}</span>').format(identity.name(thai=thai).full()),
            ial=citizen.subscriber.ial.value,
            # of the cookie's session the device is not read: that is for pages that show it
            session=next((each for each in live if each.id == citizen.session.id), citizen.session),
            before=before,
            tasks=tasks,
            consents_in_force=in_force,
            passkey_count=len(passkeys),
            is_reached=contact.email_verified,
        )

    async def _tasks(
        self, uow: UnitOfWork, owner: SubscriberId, contact: ContactDetails, *, passkeys: int
    ) -> tuple[Task, ...]:
        cases = await self._doubts.all_of(uow, owner)
        held = await self._mandates.of_proxy(uow, owner)
        codes_left = await self._recovery_codes.left(uow, owner)
        counts = {
            Todo.ANSWER_REQUESTS: len(await self._deferred.waiting_for(uow, owner)),
            Todo.ANSWER_CASES: sum(case.state is CaseState.ASKED_BACK for case in cases),
            Todo.ANSWER_OFFERS: sum(mandate.state is MandateState.OFFERED for mandate in held),
            Todo.FIRST_PASSKEY: int(passkeys == 0),
            Todo.SECOND_PASSKEY: int(0 < passkeys < ENOUGH_PASSKEYS),
            Todo.RECOVERY_CODES: int(codes_left == 0),
            Todo.CONTACT: int(self._letters.are_sent and not contact.email_verified),
        }
        return tuple(Task(todo, counts[todo]) for todo in Todo if counts[todo])
