"""A new program of the agency: what it is for and where it is; a second administrator approves it."""

from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.agencies.model import Member, Standing
from idp.agencies.service import Agencies
from idp.authorization.client_registration.model import ClientProfile, ProgramProblem
from idp.kernel.errors import Refused
from idp.kernel.randomness import system_randomness
from idp.portal.agency.desk import Desk
from idp.portal.agency.key_lint import Linted, lint_keys, shown_keys
from idp.portal.agency.model import NewPrograms
from idp.portal.agency.program_pages import LIST
from idp.portal.staff import decider_of
from idp.protocol.token_request import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN
from idp.web import form_keys
from idp.web.errors import ProblemText
from idp.web.forms import Form, sent_field
from idp.web.routes import Entry

PATH: Final = "/agency/new-program"
KINDS: Final = {
    "people": (AUTHORIZATION_CODE, REFRESH_TOKEN),
    "alone": (CLIENT_CREDENTIALS,),
    "both": (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS),
}
"""Who the program works for: people who sign in, the agency by itself, or both."""
SCOPES: Final = ("profile", "email", "phone")
"""What a form lets tick. Looking after the agency is given by a configuration alone."""
LONGEST_NAME: Final = 200
PROFILES: Final = (ClientProfile.FAPI2, ClientProfile.FAPI2_MESSAGE_SIGNING)


class NewProgramPages:
    """`/agency/new-program`."""

    def __init__(self, *, desk: Desk, agencies: Agencies, new: NewPrograms) -> None:
        self._desk = desk
        self._agencies = agencies
        self._new = new

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (PATH, "GET", self.blank, "agency_new_program"),
                (PATH, "POST", self.propose, "agency_program_proposed"),
            )
        )

    async def blank(self, request: Request, admin: Member) -> Response:
        """The empty form."""
        return await self._page(request, admin)

    async def propose(self, request: Request, admin: Member) -> Response:
        """Propose it; where one person suffices it stands at once."""

        async def act(form: Form) -> Response:
            address, pasted = form.one("jwks_uri").strip(), form.one("jwks").strip()
            if bool(address) == bool(pasted):
                raise Refused(ProgramProblem.NOT_POSSIBLE, "jwks_uri")
            linted = lint_keys(pasted) if pasted else None
            if linted is not None and not linted.is_usable:
                return await self._page(request, admin, linted=linted)
            wishes = _wishes(form) | ({"jwks_uri": address} if linted is None else {"jwks": linted.jwks})
            async with self._desk.storage.unit_of_work() as uow:
                words = form_keys.words_of(form)
                if not await form_keys.is_first(uow, form.one(form_keys.FIELD), by=admin.id, words=words):
                    return RedirectResponse(LIST, 303)
                made = await self._new.propose_program(uow, admin.agency_id, wishes, by=decider_of(admin))
            return RedirectResponse(
                f"{LIST}/{made.client_id}" if made.proposal_id is None else f"/proposals/{made.proposal_id}", 303
            )

        return await self._desk.act(request, admin, act, again=partial(self._page, request, admin))

    async def _page(
        self,
        request: Request,
        admin: Member,
        problem: ProblemText | None = None,
        *,
        linted: Linted | None = None,
    ) -> Response:
        async with self._desk.storage.reading() as uow:
            own = await self._agencies.services_of(uow, admin.agency_id)
            form_key = form_keys.fresh(now=uow.now, randomness=system_randomness)
        return self._desk.show(
            request,
            admin,
            "new_program.html",
            problem=problem,
            services=[one for one in own if one.status is Standing.ACTIVE],
            scopes=SCOPES,
            keys_sent=shown_keys(sent_field(request, "jwks")),
            form_key=form_key,
            linted=linted,
        )


def _wishes(form: Form) -> dict[str, Any]:
    """The program as RFC 7591 names its members. Raises Refused (NOT_POSSIBLE)."""
    kind, profile = form.one("kind"), form.one("profile", ClientProfile.FAPI2.value)
    names = {name: form.one(name).strip() for name in ("name_th", "name_en")}
    possible = {name: 0 < len(text) <= LONGEST_NAME and text.isprintable() for name, text in names.items()}
    possible |= {"kind": kind in KINDS, "profile": profile in set(PROFILES)}
    if wrong := next((name for name, is_possible in possible.items() if not is_possible), None):
        raise Refused(ProgramProblem.NOT_POSSIBLE, wrong)
    scopes = [scope for scope in form.all("scopes") if scope in SCOPES]
    redirect_uris = [line.strip() for line in form.one("redirect_uris").splitlines() if line.strip()]
    return {
        **names,
        "profile": profile,
        "services": list(form.all("services")),
        "grant_types": list(KINDS[kind]),
        "scope": " ".join(("openid", *scopes)),
        "token_endpoint_auth_method": "private_key_jwt",
        **({"redirect_uris": redirect_uris} if redirect_uris else {}),
        **({"contacts": [form.one("contact").strip()]} if form.one("contact").strip() else {}),
    }
