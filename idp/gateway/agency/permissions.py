"""`/agency/consents` and `/agency/grants`: what people allowed the agency's own programs, and its end."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from idp.authorization.client_registration.administration import AgencyPrograms
from idp.authorization.client_registration.model import Client, ProgramProblem
from idp.authorization.grants.of_agency import HeldGrant, held_grant, held_grants
from idp.authorization.grants.service import Grants, RevocationReason
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.consent.model import ConsentProblem
from idp.consent.of_agency import ConsentState, HeldConsent, held_consent, held_consents
from idp.gateway.agency.asking import PAGE, Asking, cursor, cursor_of, named_in_path, page_of, read_body
from idp.gateway.agency.model import AgencyApiProblem
from idp.kernel.errors import NotFound, Refused
from idp.kernel.ids import ClientId, ConsentId, GrantId
from idp.keys.pairwise import PairwiseSubjects
from idp.storage.storage import UnitOfWork
from idp.web.routes import Access, Entry

LOOKED_AT: Final = 1_000
"""How many consents one search looks at: a `sub` leads back to nobody, so each is compared."""


class ConsentSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /agency/consent-searches`: a `sub` tells of one person, and stands in no address."""

    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    sub: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    state: Literal["live", "withdrawn", "ended"] | None = None
    after: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class PermissionEndpoints:
    """Consents and grants of one program at a time. People are known by the `sub` that the program has."""

    def __init__(self, *, asking: Asking, programs: AgencyPrograms, grants: Grants, pairwise: PairwiseSubjects) -> None:
        self._asking = asking
        self._programs = programs
        self._grants = grants
        self._pairwise = pairwise

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        token, grant = Access.ACCESS_TOKEN, "/agency/grants/{grant_id}"
        return (
            Entry("/agency/consents", ("GET",), self.consents, token, "agency_consents"),
            Entry("/agency/consent-searches", ("POST",), self.search, token, "agency_consents_found"),
            Entry("/agency/consents/{consent_id}", ("GET",), self.consent, token, "agency_consent"),
            Entry("/agency/grants", ("GET",), self.list_grants, token, "agency_grants"),
            Entry(grant, ("GET",), self.grant, token, "agency_grant"),
            Entry(grant, ("DELETE",), self.end, token, "agency_grant_ended"),
        )

    async def consents(self, request: Request) -> Response:
        """The consents that one program holds, newest first."""
        token = await self._asking.reader(request)
        after = cursor(request, "con")
        async with self._asking.storage.reading() as uow:
            client = await self._program(uow, token, request.query_params.get("client_id"))
            page = await held_consents(
                uow,
                client.id,
                agency_id=token.agency_id,
                state=_state(request.query_params.get("state")),
                after=None if after is None else ConsentId(after),
                limit=PAGE,
            )
        return self._asking.answer(page_of("consents", [self._described(one, client) for one in page]))

    async def search(self, request: Request) -> Response:
        """The consents of one person with one program. Follow `next` until it is null: each call looks at some."""
        token = await self._asking.reader(request)
        wish = await read_body(request, ConsentSearch)
        after = cursor_of(wish.after, "con")
        async with self._asking.storage.reading() as uow:
            client = await self._program(uow, token, wish.client_id)
            looked_at = await held_consents(
                uow,
                client.id,
                agency_id=token.agency_id,
                state=_state(wish.state),
                after=None if after is None else ConsentId(after),
                limit=LOOKED_AT,
            )
        found = [one for one in looked_at if self._pairwise.sub(client.sector, one.subscriber_id) == wish.sub]
        following = looked_at[-1].id if len(looked_at) == LOOKED_AT else None
        return self._asking.answer({"consents": [self._described(one, client) for one in found], "next": following})

    async def consent(self, request: Request) -> Response:
        """One consent by the number of its receipt."""
        token = await self._asking.reader(request)
        named = named_in_path(request, "consent_id", prefix="con", absent=ConsentProblem.UNKNOWN)
        async with self._asking.storage.reading() as uow:
            found = await held_consent(uow, ConsentId(named), agency_id=token.agency_id)
            if found is None:
                raise NotFound(ConsentProblem.UNKNOWN)
            client = (await self._programs.get(uow, token.agency_id, found.client_id)).client
        return self._asking.answer(self._described(found, client))

    async def list_grants(self, request: Request) -> Response:
        """The grants of one program that count, newest first."""
        token = await self._asking.reader(request)
        after = cursor(request, "gra")
        async with self._asking.storage.reading() as uow:
            client = await self._program(uow, token, request.query_params.get("client_id"))
            page = await held_grants(
                uow,
                client.id,
                agency_id=token.agency_id,
                after=None if after is None else GrantId(after),
                limit=PAGE,
            )
        return self._asking.answer(page_of("grants", [self._granted(one, client) for one in page]))

    async def grant(self, request: Request) -> Response:
        """One grant that counts."""
        token = await self._asking.reader(request)
        async with self._asking.storage.reading() as uow:
            found, client = await self._own_grant(uow, token, request)
        return self._asking.answer(self._granted(found, client))

    async def end(self, request: Request) -> Response:
        """The end of a grant with all its tokens, at once. The person's consent stays theirs to withdraw."""
        token = await self._asking.manager(request)
        async with self._asking.storage.unit_of_work() as uow:
            found, _ = await self._own_grant(uow, token, request)
            acting = (await self._programs.get(uow, token.agency_id, token.acting_client_id)).client
            grant = await self._grants.live(uow, found.id)
            if grant is not None:
                await self._grants.revoke(uow, grant, reason=RevocationReason.BY_CLIENT, client=acting)
        return self._asking.done()

    async def _own_grant(
        self, uow: UnitOfWork, token: VerifiedAccessToken, request: Request
    ) -> tuple[HeldGrant, Client]:
        named = named_in_path(request, "grant_id", prefix="gra", absent=ProgramProblem.UNKNOWN)
        found = await held_grant(uow, GrantId(named), agency_id=token.agency_id)
        if found is None:
            raise NotFound(ProgramProblem.UNKNOWN)
        return found, (await self._programs.get(uow, token.agency_id, found.client_id)).client

    async def _program(self, uow: UnitOfWork, token: VerifiedAccessToken, named: str | None) -> Client:
        if named is None:
            raise Refused(AgencyApiProblem.MALFORMED, "client_id")
        if not named.isprintable():
            raise NotFound(ProgramProblem.UNKNOWN)
        return (await self._programs.get(uow, token.agency_id, ClientId(named))).client

    def _described(self, one: HeldConsent, client: Client) -> dict[str, Any]:
        return {
            "id": one.id,
            "client_id": one.client_id,
            "sub": self._pairwise.sub(client.sector, one.subscriber_id),
            "service": one.service_id,
            "datasets": [{"dataset": name, "uses_left": left} for name, left in sorted(one.uses_left.items())],
            "claims": list(one.claims),
            "state": one.state.value,
            "given_at": _moment(one.given_at),
            "valid_until": _moment(one.valid_until),
            "withdrawn_at": None if one.withdrawn_at is None else _moment(one.withdrawn_at),
        }

    def _granted(self, one: HeldGrant, client: Client) -> dict[str, Any]:
        return {
            "id": one.id,
            "client_id": one.client_id,
            "sub": self._pairwise.sub(client.sector, one.subscriber_id),
            "consent_id": one.consent_id,
            "scope": list(one.scope),
            "datasets": list(one.datasets),
            "created_at": _moment(one.created_at),
            "expires_at": _moment(one.expires_at),
        }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _state(text: str | None) -> ConsentState | None:
    try:
        return None if text is None else ConsentState(text)
    except ValueError as error:
        raise Refused(AgencyApiProblem.MALFORMED, "state") from error
