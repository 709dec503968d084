"""My account: where it begins, and what I allowed."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Agency, Service
from idp.agencies.service import Agencies
from idp.authorization.client_registration.model import Client
from idp.authorization.client_registration.service import Clients
from idp.catalogue.model import DataSet, Field
from idp.catalogue.shown import shown_dataset
from idp.consent.model import ConsentProblem, ConsentRecord
from idp.consent.service import Consents
from idp.kernel.errors import NotFound
from idp.kernel.ids import ConsentId, is_id
from idp.provider.account.shown_then import shown_then
from idp.provider.pages.consent_view import Section, sections_of
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage, UnitOfWork
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

ENDED_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent with the names it needs on a page."""

    record: ConsentRecord
    agency: Agency
    client: Client | None
    service: Service | None
    is_live: bool

    @property
    def title_th(self) -> str:
        """What it is about: the service, or signing in to a program."""
        if self.service is not None:
            return self.service.title_th
        return f"การเข้าสู่ระบบ {'' if self.client is None else self.client.name_th}".strip()

    @property
    def title_en(self) -> str:
        """The same in English."""
        if self.service is not None:
            return self.service.title_en
        return f"Signing in {'' if self.client is None else f'to {self.client.name_en}'}".strip()

    @property
    def claims(self) -> tuple[Section, ...]:
        """What is told at sign-in, in groups."""
        return sections_of((), self.record.claims)

    @property
    def datasets(self) -> tuple[tuple[DataSet, tuple[Field, ...]], ...]:
        """Each data set agreed to, with its fields."""
        return tuple(
            (dataset, tuple(field for field in dataset.fields if field.name in detail.fields))
            for detail in self.record.details
            for dataset in (shown_dataset(detail.dataset),)
        )


class AccountPages:
    """`/account/consents…`. Each page needs a signed-in citizen and shows that citizen's own records only."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        agencies: Agencies,
        clients: Clients,
        consents: Consents,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._agencies = agencies
        self._clients = clients
        self._consents = consents

    def entries(self) -> tuple[Entry, ...]:
        """The paths; the start leads to my account."""
        withdraw = "/account/consents/{consent_id}/withdraw"
        return (
            Entry("/", ("GET",), self._start, Access.ANYONE, "start"),
            Entry("/account/consents", ("GET",), self._consent_list, Access.CITIZEN, "consents"),
            Entry("/account/consents/{consent_id}", ("GET",), self._consent, Access.CITIZEN, "consent_detail"),
            Entry(withdraw, ("POST",), self._withdraw, Access.CITIZEN, "withdraw"),
        )

    async def _start(self, request: Request) -> Response:
        return RedirectResponse("/account", 303)

    async def _consent_list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        owner, text = citizen.subscriber.id, request.query_params.get("before")
        if text and not is_id("con", text):
            raise NotFound(ConsentProblem.UNKNOWN)
        before = ConsentId(text) if text else None
        async with self._storage.reading() as uow:
            live = await self._consents.live_of(uow, owner) if before is None else ()
            ended = await self._consents.ended_of(uow, owner, before=before, limit=ENDED_PAGE + 1)
            rows = await self._rows(uow, (*live, *ended[:ENDED_PAGE]))
        return self._pages.render(
            request,
            "account/consents.html",
            is_first=before is None,
            live=rows[: len(live)],
            ended=rows[len(live) :],
            older=ended[ENDED_PAGE - 1].id if len(ended) > ENDED_PAGE else None,
        )

    async def _consent(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        consent_id = _consent_id(request)
        async with self._storage.reading() as uow:
            record = await self._consents.own(uow, consent_id, subscriber_id=citizen.subscriber.id)
            (row,) = await self._rows(uow, (record,))
            text = await self._consents.shown(uow, record)
        return self._pages.render(
            request,
            "account/consent.html",
            row=row,
            then=None if text is None else shown_then(text, record),
            form=_withdraw_form(consent_id),
        )

    async def _withdraw(self, request: Request) -> Response:
        consent_id = _consent_id(request)
        self._csrf.check(request, await read_form(request), form=_withdraw_form(consent_id))
        citizen = await self._citizens.require(request)
        async with self._storage.unit_of_work() as uow:
            await self._consents.withdraw(uow, consent_id, subscriber_id=citizen.subscriber.id)
        # where it was given: what became of it, and what remains
        return RedirectResponse(f"/account/consents/{consent_id}", 303)

    async def _rows(self, uow: UnitOfWork, records: tuple[ConsentRecord, ...]) -> list[ConsentRow]:
        agencies = await self._agencies.agencies_named(uow, {record.agency_id for record in records})
        services = await self._agencies.services_named(
            uow, {record.service_id for record in records if record.service_id is not None}
        )
        clients = await self._clients.named(uow, {record.client_id for record in records})
        return [
            ConsentRow(
                record=record,
                agency=agencies[record.agency_id],
                client=clients.get(record.client_id),
                service=None if record.service_id is None else services[record.service_id],
                is_live=record.is_live(uow.now),
            )
            for record in records
        ]


def _consent_id(request: Request) -> ConsentId:
    text: str = request.path_params["consent_id"]
    if not is_id("con", text):
        raise NotFound(ConsentProblem.UNKNOWN)
    return ConsentId(text)


def _withdraw_form(consent_id: ConsentId) -> str:
    return f"withdraw:{consent_id}"
