"""An agency's own programs, as the agency looks after them: addresses and keys change at once, so does an end.

What a program may do never grows here: its scopes, services, rules and names are two persons' to give. The issuer's
own programs belong to no agency, and another agency's are not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError

from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.authorization.client_registration import store
from idp.authorization.client_registration.model import Client, ClientStatus, ProgramProblem
from idp.authorization.client_registration.rules import client_members, registered_metadata
from idp.authorization.client_registration.service import Clients
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import AgencyId, ClientId
from idp.kernel.randomness import Randomness, random_text, system_randomness
from idp.protocol.client_registration import SECRET_METHODS
from idp.protocol.client_secret import SECRET_BITS, secret_digest
from idp.storage.storage import UnitOfWork

KEYS: Final = frozenset({"jwks", "jwks_uri"})
CHANGEABLE: Final = KEYS | {
    "redirect_uris",
    "post_logout_redirect_uris",
    "initiate_login_uri",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "contacts",
}
"""Where the program is, and by which keys it proves itself: none of it lets it do more."""

_WITHOUT: Final[Mapping[str, Any]] = {one.name: one.default for one in fields(Client) if one.name in CHANGEABLE} | {
    "jwks": {},
    "redirect_uris": (),
}


@dataclass(frozen=True, slots=True)
class OwnProgram:
    """A program of the agency; `version` counts its changes."""

    client: Client
    version: int


class AgencyPrograms:
    """Programs of one agency. Every method joins the caller's unit of work and raises NotFound (UNKNOWN) for what is
    not the agency's, with the same answer as for none.
    """

    def __init__(self, *, clients: Clients, audit: AuditLog, randomness: Randomness = system_randomness) -> None:
        self._clients = clients
        self._audit = audit
        self._randomness = randomness

    async def page(
        self, uow: UnitOfWork, agency_id: AgencyId, *, after: ClientId | None, limit: int
    ) -> tuple[OwnProgram, ...]:
        """The agency's programs by id, ended ones too."""
        found = await store.find_own_clients(uow, agency_id, after=after, limit=limit)
        return tuple(OwnProgram(client, version) for client, version in found)

    async def get(self, uow: UnitOfWork, agency_id: AgencyId, client_id: ClientId) -> OwnProgram:
        """One of them."""
        found = await store.find_own_client(uow, client_id, agency_id=agency_id)
        if found is None:
            raise NotFound(ProgramProblem.UNKNOWN)
        return OwnProgram(*found)

    async def change(
        self,
        uow: UnitOfWork,
        agency_id: AgencyId,
        client_id: ClientId,
        changes: Mapping[str, Any],
        *,
        of: int,
        by: Actor,
    ) -> OwnProgram:
        """Put other addresses or keys in place; `changes` are members of RFC 7591 out of `CHANGEABLE`, None takes away.

        `of` is the version that is changed. Raises Refused (NOT_POSSIBLE), Conflict (NOT_ACTIVE, CHANGED_MEANWHILE).
        """
        present = await self._active(uow, agency_id, client_id)
        # a key set is by value or at an address, never both: which is believed would be anybody's guess
        dropped = KEYS if KEYS & changes.keys() else frozenset()
        kept = {name: value for name, value in registered_metadata(present).items() if name not in dropped}
        wanted = {name: value for name, value in (kept | dict(changes)).items() if value is not None}
        try:
            judged = self._clients.judge(wanted, profile=present.profile)
        except (InvalidClientMetadataError, InvalidRedirectURIError) as error:
            raise Refused(ProgramProblem.NOT_POSSIBLE, error.description or error.error) from error
        # OpenID Connect Registration §5: what stands at the address lists each of them, and it is asked for there
        if present.sector_identifier_uri is not None and "redirect_uris" in changes:
            raise Refused(ProgramProblem.NOT_POSSIBLE, "redirect_uris of a shared sector")
        members = {name: value for name, value in client_members(judged).items() if name in CHANGEABLE}
        changed = replace(present, **{**_WITHOUT, **members})
        if not await self._clients.replace(uow, changed, by=by, of=of):
            raise Conflict(ProgramProblem.CHANGED_MEANWHILE)
        await self._note(uow, changed, by, changed=sorted(changes), keys=store.thumbprints_of(changed))
        return OwnProgram(changed, of + 1)

    async def new_secret(
        self, uow: UnitOfWork, agency_id: AgencyId, client_id: ClientId, *, of: int, by: Actor
    ) -> tuple[OwnProgram, str]:
        """Another secret in the place of the present one, which counts no more; it is said this once.

        Raises Conflict (HAS_NO_SECRET, NOT_ACTIVE, CHANGED_MEANWHILE).
        """
        present = await self._active(uow, agency_id, client_id)
        if present.token_endpoint_auth_method not in SECRET_METHODS:
            raise Conflict(ProgramProblem.HAS_NO_SECRET)
        secret = random_text(self._randomness, bits=SECRET_BITS)
        changed = replace(present, secret_digest=secret_digest(secret))
        if not await self._clients.replace(uow, changed, by=by, of=of):
            raise Conflict(ProgramProblem.CHANGED_MEANWHILE)
        await self._note(uow, changed, by, changed=["client_secret"], keys=[])
        return OwnProgram(changed, of + 1), secret

    async def suspend(
        self, uow: UnitOfWork, agency_id: AgencyId, client_id: ClientId, *, of: int, by: Actor
    ) -> OwnProgram:
        """Nothing of it is answered from now on, nor are its tokens; whoever runs the exchange may set it active again.

        Raises Conflict (NOT_ACTIVE, CHANGED_MEANWHILE).
        """
        stopped = replace(await self._active(uow, agency_id, client_id), status=ClientStatus.SUSPENDED)
        if not await self._clients.replace(uow, stopped, by=by, of=of):
            raise Conflict(ProgramProblem.CHANGED_MEANWHILE)
        await self._note(uow, stopped, by, changed=["status"], keys=[])
        return OwnProgram(stopped, of + 1)

    async def end(self, uow: UnitOfWork, agency_id: AgencyId, client_id: ClientId, *, of: int, by: Actor) -> None:
        """End it for good. Raises Conflict (NOT_ACTIVE: it has ended, CHANGED_MEANWHILE)."""
        present = (await self.get(uow, agency_id, client_id)).client
        if present.status is ClientStatus.ENDED:
            raise Conflict(ProgramProblem.NOT_ACTIVE)
        if not await self._clients.end(uow, present, by=by, of=of):
            raise Conflict(ProgramProblem.CHANGED_MEANWHILE)

    async def _active(self, uow: UnitOfWork, agency_id: AgencyId, client_id: ClientId) -> Client:
        found = (await self.get(uow, agency_id, client_id)).client
        if found.status is not ClientStatus.ACTIVE:
            raise Conflict(ProgramProblem.NOT_ACTIVE)
        return found

    async def _note(self, uow: UnitOfWork, record: Client, by: Actor, **details: Sequence[str]) -> None:
        event = AuditEvent(
            "client.looked_after", actor=by, agency_id=record.agency_id, client_id=record.id, details=details
        )
        await self._audit.append(uow, event)
