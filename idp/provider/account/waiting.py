"""My account: questions that wait for the citizen, asked by a device's code or by an agency without a browser."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.service import Agencies
from idp.authorization.deferred.model import DeferredKind, Waiting
from idp.authorization.deferred.service import DeferredRequests
from idp.authorization.device.service import DeviceFlow
from idp.consent.service import Consents
from idp.kernel.assurance import Acr
from idp.kernel.errors import Refused
from idp.protocol.device import displayed_user_code, parse_user_code
from idp.protocol.scopes import consent_names
from idp.provider.pages.consent_view import ConsentView
from idp.provider.pages.session_cookie import Citizen, Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.forms import read_form
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

CODE_FORM = "device_code"


class WaitingPages:
    """`/account/device` takes a code, `/account/requests` lists what agencies ask; both end at one decision."""

    def __init__(
        self,
        *,
        pages: Pages,
        csrf: Csrf,
        storage: Storage,
        citizens: Citizens,
        agencies: Agencies,
        consents: Consents,
        deferred: DeferredRequests,
        device: DeviceFlow,
    ) -> None:
        self._pages = pages
        self._csrf = csrf
        self._storage = storage
        self._citizens = citizens
        self._agencies = agencies
        self._consents = consents
        self._deferred = deferred
        self._device = device

    def entries(self) -> tuple[Entry, ...]:
        """The paths; all for a signed-in citizen."""
        citizen, one, code = Access.CITIZEN, "/account/requests/{request_id}", "/account/device/{user_code}"
        return (
            Entry("/account/device", ("GET",), self._code_page, citizen, "device_code"),
            Entry("/account/device", ("POST",), self._enter_code, citizen, "device_code_entered"),
            Entry(code, ("GET",), self._ask, citizen, "device_request"),
            Entry(code, ("POST",), self._decide, citizen, "device_decision"),
            Entry("/account/requests", ("GET",), self._list, citizen, "requests"),
            Entry(one, ("GET",), self._ask, citizen, "request"),
            Entry(one, ("POST",), self._decide, citizen, "request_decision"),
        )

    async def _code_page(self, request: Request) -> Response:
        if await self._citizens.find(request) is None:
            return to_sign_in(request)
        return self._pages.render(request, "account/device.html")

    async def _enter_code(self, request: Request) -> Response:
        form = await read_form(request)
        self._csrf.check(request, form, form=CODE_FORM)
        await self._citizens.require(request)
        typed = form.one("user_code")
        user_code = parse_user_code(typed)
        # What cannot be a code goes on as well, so that one place counts the tries and answers.
        shown = "-" if user_code is None else displayed_user_code(user_code)
        return RedirectResponse(f"/account/device/{quote(shown, safe='')}", 303)

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        async with self._storage.reading() as uow:
            waiting = await self._deferred.waiting_for(uow, citizen.subscriber.id)
            agencies = await self._agencies.agencies_named(uow, {each.client.agency_id for each in waiting})
        return self._pages.render(request, "account/requests.html", waiting=waiting, agencies=agencies)

    async def _ask(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        waiting = await self._waiting(request, citizen)
        if waiting.request.company is not None:
            return RedirectResponse(f"{request.url.path}/company", 303)
        view = await self._view(waiting)
        return self._pages.render(
            request,
            "account/request.html",
            waiting=waiting,
            view=view,
            optional=view.optional,
            nothing_ticked="nothing" in request.query_params,
            user_code=request.path_params.get("user_code"),
            ends_at=view.ends_at(self._storage.clock.now()),
            shown=view.shown_hash(self._pages.language(request)),
            form=decision_form(waiting),
        )

    async def _decide(self, request: Request) -> Response:
        form = await read_form(request)
        citizen = await self._citizens.require(request)
        waiting = await self._waiting(request, citizen)
        self._csrf.check(request, form, form=decision_form(waiting))
        match form.one("decision"):
            case "allow":
                view = await self._view(waiting)
                shown, chosen = view.agreed_text(form.one("shown")), frozenset(form.all("optional")) & view.optional
                if shown is None:
                    return RedirectResponse(request.url.path, 303)
                if not view.may_agree(chosen):
                    return RedirectResponse(f"{request.url.path}?nothing=ticked", 303)
                reached = Acr(citizen.subscriber.ial, citizen.session.aal)
                async with self._storage.unit_of_work() as uow:
                    said = view.said(await self._consents.keep_shown(uow, shown))
                    await self._deferred.allow(
                        uow, waiting, citizen.session, reached=reached, shown=said, chosen=chosen
                    )
            case "deny":
                async with self._storage.unit_of_work() as uow:
                    await self._deferred.deny(uow, waiting, citizen.session)
            case _:
                raise Refused(WebProblem.MALFORMED, "decision is neither allow nor deny")
        is_device = waiting.request.kind is DeferredKind.DEVICE
        return self._pages.render(
            request, "account/decided.html", allowed=form.one("decision") == "allow", is_device=is_device
        )

    async def _waiting(self, request: Request, citizen: Citizen) -> Waiting:
        """What the address names, if this citizen may decide it. Raises Refused."""
        if "user_code" in request.path_params:
            return await self._device.waiting(request.path_params["user_code"], citizen.subscriber.id)
        async with self._storage.reading() as uow:
            return await self._deferred.asked_of(uow, request.path_params["request_id"], citizen.subscriber.id)

    async def _view(self, waiting: Waiting) -> ConsentView:
        details = waiting.request.details
        async with self._storage.reading() as uow:
            agency = await self._agencies.agency(uow, waiting.client.agency_id)
            service = await self._agencies.service(uow, details[0].purpose) if details else None
        return ConsentView(
            client=waiting.client,
            agency=agency,
            service=service,
            details=details,
            claims=consent_names(waiting.request.scope),
        )


def decision_form(waiting: Waiting) -> str:
    """The name under which the form of one question is protected."""
    return f"decide:{waiting.request.id}"
