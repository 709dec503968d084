"""A flow as pages see it: who sent the citizen here, and where to go on."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from idp.agencies.service import Agencies
from idp.authorization.client_registration.service import Clients
from idp.authorization.requests.model import ChosenActor, OidcProblem, PendingRequest
from idp.authorization.requests.service import AuthorizationRequests
from idp.kernel.assurance import Acr
from idp.kernel.errors import Refused
from idp.kernel.ids import SubscriberId
from idp.storage.storage import Storage

PLAIN_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Asker:
    """The program that asks and the organisation behind it by registered names, and the languages asked for.

    `form_target` is where a form of this flow may end; `login_hint` whom the program expects, which proves nothing;
    `required` the levels with which it lets somebody in; `actor` for whom the person of the flow chose to act.
    """

    client_th: str
    client_en: str
    agency_th: str
    agency_en: str
    ui_locales: tuple[str, ...]
    form_target: str
    login_hint: str
    required: Acr | None
    actor: ChosenActor | None = None

    def acts_for(self, subscriber_id: SubscriberId | None) -> ChosenActor | None:
        """For whom this person chose to act; nothing for whoever else sits before the browser, or for oneself."""
        actor = self.actor
        if actor is None or actor.chosen_by != subscriber_id:
            return None
        return None if actor.juristic_id is None and actor.mandate_id is None else actor


class Flows:
    """Opens the handle of a flow for the pages on its way."""

    def __init__(
        self, *, storage: Storage, requests: AuthorizationRequests, clients: Clients, agencies: Agencies
    ) -> None:
        self._storage = storage
        self._requests = requests
        self._clients = clients
        self._agencies = agencies

    async def asker(self, flow: str, browser_id: str) -> Asker:
        """Who asks in this flow. Raises Refused when the flow is over, another browser's, or its client is not live."""
        pending = self._requests.open_flow(flow, browser_id)
        async with self._storage.reading() as uow:
            client = await self._clients.live(uow, pending.client_id)
            if client is None:
                raise Refused(OidcProblem.UNKNOWN_CLIENT)
            agency = await self._agencies.agency(uow, client.agency_id)
        return Asker(
            client_th=client.name_th,
            client_en=client.name_en,
            agency_th=agency.name_th,
            agency_en=agency.name_en,
            ui_locales=pending.request.ui_locales,
            form_target=form_target(pending),
            login_hint=pending.request.login_hint or "",
            required=pending.admitting,
            actor=pending.actor,
        )


def continue_url(flow: str) -> str:
    """Where the dispatcher takes a flow on."""
    return f"/authorize?{urlencode({'flow': flow})}"


def leave_url(flow: str) -> str:
    """Where the person of a flow goes back to the service without going on."""
    return f"/leave?{urlencode({'flow': flow})}"


def change_actor_url(flow: str) -> str:
    """Where the person of a flow says anew for whom to act: for themselves, or for another."""
    return f"/acting?{urlencode({'flow': flow, 'again': '1'})}"


def form_target(pending: PendingRequest) -> str:
    """The origin (or the scheme of an app) at which the form of a flow ends, for the page's policy."""
    return origin_of(pending.request.redirect_uri)


def picture_origin(address: str | None) -> str | None:
    """The one origin from which a page may take a client's logo; None where there is none that a policy can name."""
    origin = "" if address is None else origin_of(address)
    return origin if PLAIN_ORIGIN.fullmatch(origin) else None


def origin_of(address: str) -> str:
    """The origin of an address, or its scheme where it has no host, as policies name it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
