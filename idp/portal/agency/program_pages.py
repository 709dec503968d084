"""The agency's programs: which there are, one of them, other addresses and keys, a new secret, and the stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.contracts.outbound import AddressUnreachable, ClientAddresses
from idp.agencies.model import Member
from idp.authorization.client_registration.administration import AgencyPrograms, OwnProgram
from idp.authorization.client_registration.model import Client, ProgramProblem
from idp.authorization.client_registration.store import keys_since
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import ClientId
from idp.portal.agency.desk import PAGE_LENGTH, Desk, actor
from idp.portal.agency.key_lint import Linted, lint_keys, shown_keys
from idp.portal.agency.model import NewPrograms
from idp.portal.staff import decider_of
from idp.protocol.client_registration import SECRET_METHODS
from idp.storage.storage import UnitOfWork
from idp.web.errors import ProblemText
from idp.web.forms import Form, sent_field
from idp.web.routes import Entry

LIST: Final = "/agency/programs"
ONE: Final = f"{LIST}/{{client_id}}"
KEYS_LAST: Final = timedelta(days=365)
"""After which a key should be another one: NIST SP 800-57 part 1, section 5.3.6 has one to three years."""
DUE_SOON: Final = timedelta(days=30)
LONGEST_ID: Final = 128
MOST_LINES: Final = 10
ADDRESSES: Final = ("redirect_uris", "post_logout_redirect_uris", "contacts")
SINGLE_ADDRESSES: Final = ("initiate_login_uri", "backchannel_logout_uri", "frontchannel_logout_uri")


@dataclass(frozen=True, slots=True)
class KeyAge:
    """A key of a program as the page names it: its own name, its kind, since when, and when another is due."""

    name: str
    kind: str
    since: datetime | None

    @property
    def due_at(self) -> datetime | None:
        """When it should be another one."""
        return None if self.since is None else self.since + KEYS_LAST


class ProgramPages:
    """`/agency/programs…`."""

    def __init__(self, *, desk: Desk, programs: AgencyPrograms, new: NewPrograms, addresses: ClientAddresses) -> None:
        self._desk = desk
        self._programs = programs
        self._new = new
        self._addresses = addresses

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return self._desk.entries(
            (
                (LIST, "GET", self.list_page, "agency_programs"),
                (ONE, "GET", self.detail, "agency_program"),
                (f"{ONE}/addresses", "POST", self.change, "agency_program_changed"),
                (f"{ONE}/keys", "POST", self.keys, "agency_program_keys"),
                (f"{ONE}/secret", "POST", self.secret, "agency_program_secret"),
                (f"{ONE}/suspend", "POST", self.suspend, "agency_program_suspended"),
            )
        )

    async def list_page(self, request: Request, admin: Member) -> Response:
        """Every program, and the proposals about programs that wait."""
        after = request.query_params.get("after")
        async with self._desk.storage.reading() as uow:
            found = await self._programs.page(
                uow, admin.agency_id, after=None if after is None else ClientId(after), limit=PAGE_LENGTH + 1
            )
            waiting = await self._new.waiting(uow, decider_of(admin))
        shown = found[:PAGE_LENGTH]
        return self._desk.show(
            request,
            admin,
            "programs.html",
            programs=[one.client for one in shown],
            waiting=waiting,
            next_page=f"{LIST}?after={shown[-1].client.id}" if len(found) > PAGE_LENGTH else None,
        )

    async def detail(self, request: Request, admin: Member) -> Response:
        """One of them."""
        return await self._detail(request, admin)

    async def change(self, request: Request, admin: Member) -> Response:
        """Other addresses, at once; what the program may do stays as it is."""

        async def act(form: Form) -> Response:
            changes: dict[str, Any] = {name: _lines(form, name) for name in ADDRESSES}
            changes |= {name: form.one(name).strip() or None for name in SINGLE_ADDRESSES}
            return await self._changed(request, admin, changes, of=_version(form))

        return await self._desk.act(request, admin, act, again=partial(self._detail, request, admin))

    async def keys(self, request: Request, admin: Member) -> Response:
        """Other keys, pasted or at an address, looked at first: what is wrong is named before anything changes."""

        async def act(form: Form) -> Response:
            address, pasted = form.one("jwks_uri").strip(), form.one("jwks").strip()
            if bool(address) == bool(pasted):
                raise Refused(ProgramProblem.NOT_POSSIBLE, "jwks_uri")
            linted = await self._looked_at(address) if address else lint_keys(pasted)
            if not linted.is_usable or form.one("act") != "replace":
                return await self._detail(request, admin, linted=linted)
            keys = {"jwks_uri": address} if address else {"jwks": linted.jwks}
            return await self._changed(request, admin, keys, of=_version(form))

        return await self._desk.act(request, admin, act, again=partial(self._detail, request, admin))

    async def secret(self, request: Request, admin: Member) -> Response:
        """Another secret, in the answer to the form and in no address; the one before counts no more."""

        async def act(form: Form) -> Response:
            async with self._desk.storage.unit_of_work() as uow:
                changed, secret = await self._programs.new_secret(
                    uow, admin.agency_id, _client_id(request), of=_version(form), by=actor(admin)
                )
            return self._desk.show(request, admin, "program_secret.html", program=changed.client, secret=secret)

        return await self._desk.act(request, admin, act, again=partial(self._detail, request, admin))

    async def suspend(self, request: Request, admin: Member) -> Response:
        """Nothing of it is answered any more, nor are its tokens."""

        async def act(form: Form) -> Response:
            async with self._desk.storage.unit_of_work() as uow:
                await self._programs.suspend(
                    uow, admin.agency_id, _client_id(request), of=_version(form), by=actor(admin)
                )
            return RedirectResponse(f"{LIST}/{_client_id(request)}", 303)

        return await self._desk.act(request, admin, act, again=partial(self._detail, request, admin))

    async def _changed(self, request: Request, admin: Member, changes: Mapping[str, Any], *, of: int) -> Response:
        async with self._desk.storage.unit_of_work() as uow:
            await self._programs.change(uow, admin.agency_id, _client_id(request), changes, of=of, by=actor(admin))
        return RedirectResponse(f"{LIST}/{_client_id(request)}", 303)

    async def _looked_at(self, address: str) -> Linted:
        """The key set at an address, fetched as the token endpoint will: outside any unit of work."""
        try:
            answer = await self._addresses.get(address)
        except AddressUnreachable as error:
            raise Refused(ProgramProblem.KEYS_NOT_THERE) from error
        if answer.status != 200:
            raise Refused(ProgramProblem.KEYS_NOT_THERE)
        return lint_keys(answer.body.decode("utf-8", "replace"))

    async def _detail(
        self,
        request: Request,
        admin: Member,
        problem: ProblemText | None = None,
        *,
        linted: Linted | None = None,
    ) -> Response:
        async with self._desk.storage.reading() as uow:
            program = await self._programs.get(uow, admin.agency_id, _client_id(request))
            keys = await _ages(uow, program)
            now = uow.now
        client = program.client
        return self._desk.show(
            request,
            admin,
            "program.html",
            problem=problem,
            program=client,
            version=program.version,
            keys=keys,
            linted=linted,
            keys_sent=shown_keys(sent_field(request, "jwks")),
            sent_of=request.url.path.rpartition("/")[2],
            has_secret=client.token_endpoint_auth_method in SECRET_METHODS,
            due_soon=now + DUE_SOON,
        )


async def _ages(uow: UnitOfWork, program: OwnProgram) -> list[KeyAge]:
    client: Client = program.client
    if not client.jwks:
        return []
    since = await keys_since(uow, client.id)
    held = KeySet.import_key_set({"keys": client.jwks["keys"]}).keys
    return [KeyAge(str(key.kid or key.thumbprint()[:12]), key.key_type, since.get(key.thumbprint())) for key in held]


def _lines(form: Form, name: str) -> list[str]:
    """The addresses of a box, one a line. Raises Refused (NOT_POSSIBLE)."""
    lines = [line.strip() for line in form.one(name).splitlines() if line.strip()]
    if len(lines) > MOST_LINES or not all(line.isprintable() for line in lines):
        raise Refused(ProgramProblem.NOT_POSSIBLE, name)
    return lines


def _version(form: Form) -> int:
    text = form.one("version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _client_id(request: Request) -> ClientId:
    text: str = request.path_params["client_id"]
    if len(text) > LONGEST_ID:
        raise NotFound(ProgramProblem.UNKNOWN)
    return ClientId(text)
