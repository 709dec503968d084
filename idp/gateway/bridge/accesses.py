"""Use cases of accesses: make the terms stand, issue a key, end, find."""

import hashlib
from hmac import compare_digest

from idp.agencies.model import Standing
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.authorization.client_registration.service import Clients
from idp.gateway.bridge import rules, store
from idp.gateway.bridge.model import BridgeAccess, BridgeProblem, BridgeTerm, IssuedKey
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.ids import ClientId
from idp.kernel.randomness import Randomness, random_text
from idp.storage.storage import UnitOfWork


class BridgeAccesses:
    """Who may use the bridge. Every method joins the caller's unit of work."""

    def __init__(self, *, agencies: Agencies, clients: Clients, audit: AuditLog, randomness: Randomness) -> None:
        self._agencies = agencies
        self._clients = clients
        self._audit = audit
        self._randomness = randomness

    async def put(self, uow: UnitOfWork, access: BridgeAccess, *, by: Actor) -> None:
        """Make the terms stand; a key that was issued stays. Raises Refused (NOT_POSSIBLE), Conflict (ENDED)."""
        term = rules.impossible_term(access, now=uow.now) or await self._foreign(uow, access)
        if term is not None:
            raise Refused(BridgeProblem.NOT_POSSIBLE, term.value)
        if access.status is Standing.ENDED:
            await self.end(uow, access.client_id, by=by)
            return
        if not await store.save_terms(uow, access):
            raise Conflict(BridgeProblem.ENDED)
        await self._note(uow, "bridge.access_set", access, by, ends_at=access.ends_at.isoformat())

    async def issue_key(self, uow: UnitOfWork, client_id: ClientId, *, by: Actor) -> IssuedKey:
        """A new key and secret, told this once; those before end with this transaction. Raises NotFound (UNKNOWN)."""
        issued = IssuedKey(random_text(self._randomness), random_text(self._randomness))
        if not await store.save_key(
            uow,
            client_id,
            key_digest=digest_of(issued.consumer_key),
            secret_digest=digest_of(issued.consumer_secret),
        ):
            raise NotFound(BridgeProblem.UNKNOWN)
        access = await store.find_access(uow, client_id)
        assert access is not None, "its key was saved just now"
        await self._note(uow, "bridge.key_issued", access, by, generation=str(access.generation))
        return issued

    async def end(self, uow: UnitOfWork, client_id: ClientId, *, by: Actor) -> None:
        """End an access for good, at once on every node. Raises NotFound (UNKNOWN)."""
        access = await store.find_access(uow, client_id)
        if access is None or not await store.end_access(uow, client_id):
            raise NotFound(BridgeProblem.UNKNOWN)
        await self._note(uow, "bridge.access_ended", access, by)

    async def all(self, uow: UnitOfWork) -> tuple[BridgeAccess, ...]:
        """Every access, ended ones too."""
        return await store.find_all(uow)

    async def of_key(self, uow: UnitOfWork, consumer_key: str) -> BridgeAccess | None:
        """The access that this key was issued for, live or not."""
        return await store.find_by_key(uow, digest_of(consumer_key))

    async def of_program(self, uow: UnitOfWork, client_id: ClientId) -> BridgeAccess | None:
        """The access of this program, live or not."""
        return await store.find_access(uow, client_id)

    async def is_of_live_program(self, uow: UnitOfWork, access: BridgeAccess) -> bool:
        """True while the program behind it, and its agency, are answered at the other doors."""
        return await self._clients.live(uow, access.client_id) is not None

    async def _foreign(self, uow: UnitOfWork, access: BridgeAccess) -> BridgeTerm | None:
        """Which term names what is not the agency's own."""
        client = await self._clients.get(uow, access.client_id)
        if client is None or client.agency_id != access.agency_id or client.first_party:
            return BridgeTerm.PROGRAM
        services = await self._agencies.services_named(uow, [access.service_id])
        service = services.get(access.service_id)
        is_own = service is not None and service.agency_id == access.agency_id
        return None if is_own and access.service_id in client.services else BridgeTerm.SERVICE

    async def _note(self, uow: UnitOfWork, event: str, access: BridgeAccess, by: Actor, **details: str) -> None:
        await self._audit.append(
            uow,
            AuditEvent(event=event, actor=by, agency_id=access.agency_id, client_id=access.client_id, details=details),
        )


def digest_of(secret: str) -> str:
    """What is kept of a key or secret of 256 random bits: nothing to guess, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def is_secret_of(access: BridgeAccess, secret: str) -> bool:
    """True for the secret that was issued with the access's key."""
    return access.secret_digest is not None and compare_digest(access.secret_digest, digest_of(secret))
