"""`/agency/clients` and `/agency/proposals`: the agency's own programs."""

from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.approvals.model import ProposalId
from idp.authorization.client_registration.administration import AgencyPrograms, OwnProgram
from idp.authorization.client_registration.model import ProgramProblem
from idp.authorization.client_registration.rules import registered_metadata
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.gateway.agency.asking import (
    PAGE,
    Asking,
    actor,
    cursor,
    expect_printable,
    named_in_path,
    page_of,
    read_body,
    read_members,
    version_asked_for,
)
from idp.gateway.agency.model import AgencyApiProblem, NewPrograms, ProposalView
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId
from idp.web.routes import Access, Entry

LIST: Final = "/agency/clients"
ONE: Final = f"{LIST}/{{client_id}}"
PROPOSAL: Final = "/agency/proposals/{proposal_id}"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Addresses = Annotated[list[Address], msgspec.Meta(max_length=10)]
Words = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=128)]], msgspec.Meta(max_length=20)]


class ProgramRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /agency/clients`: metadata as RFC 7591 names them, and what the house asks beside them."""

    name_th: Name
    name_en: Name
    services: Words = []
    profile: Literal["fapi2", "fapi2-message-signing"] = "fapi2"
    scope: Annotated[str, msgspec.Meta(min_length=1, max_length=512)] = "openid"
    grant_types: Words = msgspec.field(default_factory=lambda: ["authorization_code"])
    redirect_uris: Addresses = []
    post_logout_redirect_uris: Addresses = []
    jwks: dict[str, Any] | None = None
    jwks_uri: Address | None = None
    contacts: Words = []
    dpop_nonce_required: bool = False


class ProgramChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PATCH /agency/clients/{client_id}` (RFC 7396): null takes away, what is left out stays."""

    redirect_uris: Addresses | None = None
    post_logout_redirect_uris: Addresses | None = None
    initiate_login_uri: Address | None = None
    backchannel_logout_uri: Address | None = None
    frontchannel_logout_uri: Address | None = None
    contacts: Words | None = None


class KeysRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PUT /agency/clients/{client_id}/keys`: one of both."""

    jwks: dict[str, Any] | None = None
    jwks_uri: Address | None = None


class ProgramEndpoints:
    """The agency's programs; a secret is said once, when it is made, and never again."""

    def __init__(self, *, asking: Asking, programs: AgencyPrograms, new: NewPrograms, base_url: str) -> None:
        self._asking = asking
        self._programs = programs
        self._new = new
        self._base_url = base_url.rstrip("/")

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token = Access.ACCESS_TOKEN
        return (
            Entry(LIST, ("GET",), self.list_all, token, "agency_clients"),
            Entry(LIST, ("POST",), self.add, token, "agency_client_added"),
            Entry(ONE, ("GET",), self.read, token, "agency_client"),
            Entry(ONE, ("PATCH",), self.change, token, "agency_client_changed"),
            Entry(ONE, ("DELETE",), self.end, token, "agency_client_ended"),
            Entry(f"{ONE}/keys", ("PUT",), self.replace_keys, token, "agency_client_keys"),
            Entry(f"{ONE}/secret", ("POST",), self.new_secret, token, "agency_client_secret"),
            Entry(f"{ONE}/suspend", ("POST",), self.suspend, token, "agency_client_suspended"),
            Entry(PROPOSAL, ("GET",), self.proposal, token, "agency_proposal"),
            Entry(PROPOSAL, ("DELETE",), self.withdraw, token, "agency_proposal_withdrawn"),
        )

    async def list_all(self, request: Request) -> Response:
        """The programs of the agency, ended ones too."""
        token = await self._asking.reader(request)
        after = cursor(request, None)
        async with self._asking.storage.reading() as uow:
            page = await self._programs.page(
                uow, token.agency_id, after=None if after is None else ClientId(after), limit=PAGE
            )
        return self._asking.answer(page_of("clients", [_described(one) for one in page]))

    async def read(self, request: Request) -> Response:
        """One of them; its ETag is what a change names."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            found = await self._programs.get(uow, token.agency_id, _client_id(request))
        return self._shown(found)

    async def add(self, request: Request) -> Response:
        """A new program: proposed to two administrators of the agency, or made at once where one suffices."""
        token = await self._asking.manager(request)
        wish = await read_body(request, ProgramRequest)
        expect_printable(wish.name_th, wish.name_en, *wish.services)
        async with self._asking.storage.unit_of_work() as uow:
            made = await self._new.add(uow, token.agency_id, _terms(wish), by=token.acting_client_id)
            if made.proposal_id is None:
                stands = await self._programs.get(uow, token.agency_id, made.client_id)
                return self._shown(stands, status=201, place=f"{self._base_url}{LIST}/{made.client_id}")
            proposed = await self._new.view(uow, token.agency_id, made.proposal_id)
        place = f"{self._base_url}/agency/proposals/{proposed.id}"
        return self._asking.answer(_proposed(proposed), status=202, headers={"location": place})

    async def change(self, request: Request) -> Response:
        """Other addresses, at once; what the program may do stays as it is."""
        token = await self._asking.manager(request)
        wish, named = await read_members(request, ProgramChange)
        return await self._changed(request, token, {name: getattr(wish, name) for name in named})

    async def replace_keys(self, request: Request) -> Response:
        """Other keys, at once: those before count no more."""
        token = await self._asking.manager(request)
        wish = await read_body(request, KeysRequest)
        if (wish.jwks is None) == (wish.jwks_uri is None):
            raise Refused(AgencyApiProblem.MALFORMED, "one of jwks and jwks_uri")
        keys = {"jwks": wish.jwks} if wish.jwks_uri is None else {"jwks_uri": wish.jwks_uri}
        return await self._changed(request, token, keys)

    async def new_secret(self, request: Request) -> Response:
        """Another secret, shown this once: the one before counts no more."""
        token = await self._asking.manager(request)
        of = version_asked_for(request)
        async with self._asking.storage.unit_of_work() as uow:
            changed, secret = await self._programs.new_secret(
                uow, token.agency_id, _client_id(request), of=of, by=actor(token)
            )
        return self._asking.answer({"client_secret": secret}, version=changed.version)

    async def suspend(self, request: Request) -> Response:
        """Nothing of the program is answered any more, nor are its tokens, from now on."""
        token = await self._asking.manager(request)
        of = version_asked_for(request)
        async with self._asking.storage.unit_of_work() as uow:
            stopped = await self._programs.suspend(uow, token.agency_id, _client_id(request), of=of, by=actor(token))
        return self._shown(stopped)

    async def end(self, request: Request) -> Response:
        """The end of a program, for good."""
        token = await self._asking.manager(request)
        of = version_asked_for(request)
        async with self._asking.storage.unit_of_work() as uow:
            await self._programs.end(uow, token.agency_id, _client_id(request), of=of, by=actor(token))
        return self._asking.done()

    async def proposal(self, request: Request) -> Response:
        """How a proposed program stands."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            return self._asking.answer(_proposed(await self._new.view(uow, token.agency_id, _proposal_id(request))))

    async def withdraw(self, request: Request) -> Response:
        """Take a proposal back before anybody decided it."""
        token = await self._asking.manager(request)
        async with self._asking.storage.unit_of_work() as uow:
            await self._new.withdraw(uow, token.agency_id, _proposal_id(request), by=token.acting_client_id)
        return self._asking.done()

    async def _changed(self, request: Request, token: VerifiedAccessToken, changes: dict[str, Any]) -> Response:
        of = version_asked_for(request)
        async with self._asking.storage.unit_of_work() as uow:
            changed = await self._programs.change(
                uow, token.agency_id, _client_id(request), changes, of=of, by=actor(token)
            )
        return self._shown(changed)

    def _shown(self, program: OwnProgram, *, status: int = 200, place: str | None = None) -> Response:
        headers = None if place is None else {"location": place}
        return self._asking.answer(_described(program), status=status, version=program.version, headers=headers)


def _described(program: OwnProgram) -> dict[str, Any]:
    client = program.client
    return {
        "id": client.id,
        "name_th": client.name_th,
        "name_en": client.name_en,
        "status": client.status.value,
        "profile": client.profile.value,
        "services": list(client.services),
        "has_secret": client.secret_digest is not None,
        "metadata": registered_metadata(client),
    }


def _terms(wish: ProgramRequest) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(wish)
    # what was left empty was not said
    named = {name: value for name, value in said.items() if value not in (None, [])}
    return named | {"token_endpoint_auth_method": "private_key_jwt"}


def _proposed(view: ProposalView) -> dict[str, Any]:
    return {
        "id": view.id,
        "client_id": view.client_id,
        "state": view.standing.value,
        "expires_at": view.expires_at.isoformat(timespec="seconds"),
    }


def _client_id(request: Request) -> ClientId:
    return ClientId(named_in_path(request, "client_id", prefix=None, absent=ProgramProblem.UNKNOWN))


def _proposal_id(request: Request) -> ProposalId:
    return ProposalId(named_in_path(request, "proposal_id", prefix="prp", absent=ProgramProblem.UNKNOWN))
