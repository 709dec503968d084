"""Who calls: a program by its key, from where it was agreed, with a token that holds there and nowhere else."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request

from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from idp.agencies.model import Member
from idp.agencies.service import Agencies
from idp.exchange.counter.rules import may_look_up
from idp.gateway.bridge import rules
from idp.gateway.bridge.accesses import BridgeAccesses, is_secret_of
from idp.gateway.bridge.model import Agent, BridgeAccess, BridgeReason, WireRefusal
from idp.kernel.ids import MemberId
from idp.keys.sealing import SealBroken, SealExpired, TokenSealer
from idp.protocol.errors import InvalidRequestError
from idp.storage.storage import Storage, UnitOfWork
from idp.subscribers.service import Subscribers
from idp.web.addresses import CallerAddresses
from idp.web.client_certificates import ClientCertificates

TOKEN_LIFETIME: Final = timedelta(minutes=60)
"""The gateway's tokens last 60 idle minutes (facts/thai-registries, section 3.2); these end then, used or not."""
_TOKEN: Final = "bridge-token"
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """A proven program, and as whom it calls."""

    access: BridgeAccess
    agent: Agent


class Callers:
    """Reads keys, secrets and tokens of requests; nothing that was refused is read further."""

    def __init__(
        self,
        *,
        storage: Storage,
        accesses: BridgeAccesses,
        agencies: Agencies,
        subscribers: Subscribers,
        sealer: TokenSealer,
        certificates: ClientCertificates,
        addresses: CallerAddresses,
    ) -> None:
        self._storage = storage
        self._accesses = accesses
        self._agencies = agencies
        self._subscribers = subscribers
        self._sealer = sealer
        self._certificates = certificates
        self._addresses = addresses

    async def log_in(self, request: Request, parameters: dict[str, str] | None) -> str:
        """A token for the program and agent of `/ws/auth/validate`. Raises WireRefusal."""
        async with self._storage.reading() as uow:
            access = await self._consumer(uow, request)
            if parameters is None:
                raise WireRefusal(BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION, access=access)
            if not is_secret_of(access, parameters.get("ConsumerSecret", "")):
                raise WireRefusal(BridgeReason.WRONG_SECRET, RegistryOutcome.ACCOUNT_REFUSED, access=access)
            agent = await self._agent(uow, access, parameters.get("AgentID", ""))
            expires_at = min(uow.now + TOKEN_LIFETIME, access.ends_at)
        said = self._bound_to(request, access) | {"member": agent.member_id}
        return self._sealer.seal(_TOKEN, said, expires_at=expires_at)

    async def caller(self, request: Request) -> Caller:
        """The program and agent of a call with key and token. Raises WireRefusal."""
        async with self._storage.reading() as uow:
            access = await self._consumer(uow, request)
            said = self._opened(_only(request, "token"), access)
            if {name: said.get(name) for name in ("client", "generation", "host", "x5t")} != self._bound_to(
                request, access
            ):
                raise WireRefusal(BridgeReason.TOKEN_UNKNOWN, RegistryOutcome.NO_SESSION, access=access)
            agent = Agent(None if said["member"] is None else MemberId(said["member"]))
            if not await self._still_counts(uow, access, agent):
                raise WireRefusal(BridgeReason.TOKEN_UNKNOWN, RegistryOutcome.NO_SESSION, access=access, agent=agent)
        return Caller(access, agent)

    async def is_agent(self, caller: Caller, citizen_id: CitizenId) -> bool:
        """True when this is the number of the officer as whom the program calls."""
        async with self._storage.reading() as uow:
            members = await self._members_with(uow, citizen_id.digits)
        return any(member.id == caller.agent.member_id for member in members)

    async def still_let_in(self, request: Request) -> None:
        """The access once more, before an answer goes out: it may have ended meanwhile. Raises WireRefusal."""
        async with self._storage.reading() as uow:
            await self._consumer(uow, request)

    async def _consumer(self, uow: UnitOfWork, request: Request) -> BridgeAccess:
        key = _only(request, "consumer-key")
        access = await self._accesses.of_key(uow, key) if key else None
        if access is None:
            raise WireRefusal(BridgeReason.KEY_UNKNOWN, RegistryOutcome.ACCOUNT_REFUSED, access=None)
        why_not = rules.why_not(
            access, host=self._addresses.exact(request), thumbprint=self._thumbprint(request), now=uow.now
        )
        if why_not is not None:
            raise WireRefusal(why_not, RegistryOutcome.ACCOUNT_REFUSED, access=access)
        # a program that is answered nowhere else has no card asked for here, nor a token to wait with
        if not await self._accesses.is_of_live_program(uow, access):
            raise WireRefusal(BridgeReason.PROGRAM_ENDED, RegistryOutcome.ACCOUNT_REFUSED, access=access)
        return access

    def _thumbprint(self, request: Request) -> str | None:
        try:
            certificate = self._certificates.of(request.scope)
        except InvalidRequestError:
            return None
        return None if certificate is None else certificate.thumbprint

    def _opened(self, token: str, access: BridgeAccess) -> dict[str, Any]:
        try:
            return self._sealer.open(_TOKEN, token, now=self._storage.clock.now())
        except (SealBroken, SealExpired) as error:
            raise WireRefusal(BridgeReason.TOKEN_UNKNOWN, RegistryOutcome.NO_SESSION, access=access) from error

    def _bound_to(self, request: Request, access: BridgeAccess) -> dict[str, Any]:
        """What a token holds for: this key of this program, and the certificate or else the address that shows it."""
        by_certificate = access.certificate is not None
        return {
            "client": access.client_id,
            "generation": access.generation,
            "host": None if by_certificate else self._addresses.exact(request),
            "x5t": access.certificate,
        }

    async def _still_counts(self, uow: UnitOfWork, access: BridgeAccess, agent: Agent) -> bool:
        """Whom a token was made for may be no officer any more, or the system's name taken out of the access."""
        if agent.member_id is None:
            return None in access.agents.values()
        return may_look_up(await self._agencies.live_member(uow, agent.member_id), agency_id=access.agency_id)

    async def _agent(self, uow: UnitOfWork, access: BridgeAccess, agent_id: str) -> Agent:
        if agent_id in access.agents:
            member_id = access.agents[agent_id]
            if member_id is None:
                return Agent(None)
            found = await self._agencies.live_member(uow, member_id)
            members: tuple[Member, ...] = () if found is None else (found,)
        else:
            members = await self._members_with(uow, agent_id)
        officer = next((one for one in members if may_look_up(one, agency_id=access.agency_id)), None)
        if officer is None:
            raise WireRefusal(BridgeReason.AGENT_UNKNOWN, RegistryOutcome.ACCOUNT_REFUSED, access=access)
        return Agent(officer.id)

    async def _members_with(self, uow: UnitOfWork, digits: str) -> tuple[Member, ...]:
        """The memberships of the person with this number; none for what is no number."""
        try:
            citizen_id = CitizenId.parse(digits)
        except InvalidIdentifier:
            return ()
        person = await self._subscribers.find_by_citizen_id(uow, citizen_id)
        return () if person is None else await self._agencies.members_of(uow, person.id)


def _only(request: Request, name: str) -> str:
    """The one header of this name; "" for none, several, or one that is longer than any of ours."""
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 and len(values[0]) <= _LONGEST else ""
