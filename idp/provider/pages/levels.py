"""How to reach a higher level: what a service needs, what the citizen has, and the next step."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from idp.kernel.assurance import Aal, Acr, Ial
from idp.provider.pages.flows import Flows, change_actor_url, continue_url, leave_url
from idp.provider.pages.session_cookie import Citizen, Citizens
from idp.web.csrf import Csrf
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class LevelPages:
    """`/levels`, with or without a service that asks; nobody need be signed in."""

    def __init__(self, *, pages: Pages, csrf: Csrf, citizens: Citizens, flows: Flows) -> None:
        self._pages = pages
        self._csrf = csrf
        self._citizens = citizens
        self._flows = flows

    def entries(self) -> tuple[Entry, ...]:
        """The one page."""
        return (Entry("/levels", ("GET",), self._page, Access.ANYONE, "levels"),)

    async def _page(self, request: Request) -> Response:
        flow = request.query_params.get("flow", "")
        asker = await self._flows.asker(flow, self._csrf.browsers.of(request)) if flow else None
        citizen = await self._citizens.find(request)
        required = None if asker is None else asker.required
        return self._pages.render(
            request,
            "levels.html",
            judged=("flow",),
            ui_locales=asker.ui_locales if asker is not None else (),
            asker=asker,
            actor=None if asker is None or citizen is None else asker.acts_for(citizen.subscriber.id),
            change_actor=change_actor_url(flow),
            required=required,
            next_step=None if required is None else next_step(required, citizen),
            continue_url=continue_url(flow),
            leave_page=leave_url(flow),
            ial=None if citizen is None else citizen.subscriber.ial,
            aal=None if citizen is None else citizen.session.aal,
            identity_levels=tuple(Ial),
            sign_in_levels=tuple(Aal),
            ways=ways_in(flow=flow, returning="/account"),
        )


def next_step(required: Acr, citizen: Citizen | None) -> str:
    """The one thing to do next. Signing in comes first: it also tells what the identity is worth."""
    if citizen is not None and citizen.session.aal >= required.aal:
        return "ready" if citizen.subscriber.ial >= required.ial else "office"
    return "security_key" if required.aal is Aal.AAL3 else "passkey"


def ways_in(*, flow: str, returning: str) -> dict[str, str]:
    """Where to sign in with what, to come back to this flow or page."""
    back = {"flow": flow} if flow else {"return": returning}
    return {
        "with_passkey": f"/sign-in?{urlencode({**back, 'again': '1'} if not flow else {**back, 'with': 'passkey'})}",
        "with_pin": f"/sign-in/pin?{urlencode(back)}",
    }
