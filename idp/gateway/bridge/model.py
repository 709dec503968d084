"""Records of the bridge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.identifiers import CitizenId
from idp.agencies.model import Standing
from idp.kernel.ids import AgencyId, ClientId, MemberId, ServiceId


class BridgeProblem(StrEnum):
    """Why an access is not made; texts in `idp/web/problems/BRG.toml`."""

    UNKNOWN = "BRG-01"
    NOT_POSSIBLE = "BRG-02"
    ENDED = "BRG-03"


class BridgeTerm(StrEnum):
    """Which term of an access cannot be."""

    CALLER = "neither a certificate nor an address from which it calls"
    CERTIFICATE = "not a SHA-256 thumbprint of a certificate"
    ADDRESSES = "not a network, or one of more than 65536 addresses"
    AGENTS = "the name of an agent is a citizen number, or no name"
    CASE = "the case is empty, too long, or holds a citizen number"
    ENDS = "it ends later than two years from now"
    PROGRAM = "not a program of this agency"
    SERVICE = "not a service of this agency that the program is registered for"


@dataclass(frozen=True, slots=True)
class BridgeAccess:
    """One program's access, until `ends_at`.

    `certificate` is the thumbprint (`x5t#S256`) of the one client certificate that is taken, `addresses` the networks
    from which it may call; where both are given, both must fit. `agents` are the AgentIDs that are names: of a member,
    or of the program itself (None), who has no session with the population registry. `service_id` and `case` stand
    for questions about companies; `{day}` in the case is the day. The digests are None until a key was issued;
    `generation` counts the keys.
    """

    client_id: ClientId
    agency_id: AgencyId
    service_id: ServiceId
    case: str
    ends_at: datetime
    certificate: str | None
    addresses: tuple[str, ...]
    agents: Mapping[str, MemberId | None]
    status: Standing = Standing.ACTIVE
    key_digest: str | None = None
    secret_digest: str | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class IssuedKey:
    """Consumer-Key and consumer secret: told once, kept as digests."""

    consumer_key: str
    consumer_secret: str


class BridgeReason(StrEnum):
    """Why a call went no further than the bridge, as the log says it."""

    KEY_UNKNOWN = "consumer_key_unknown"
    OTHER_ADDRESS = "address_not_listed"
    OTHER_CERTIFICATE = "certificate_not_agreed"
    ACCESS_ENDED = "access_ended"
    PROGRAM_ENDED = "program_ended"
    WRONG_SECRET = "consumer_secret_wrong"
    AGENT_UNKNOWN = "agent_unknown"
    TOKEN_UNKNOWN = "token_unknown"
    NOT_OFFERED = "service_not_offered"
    MALFORMED = "malformed_request"
    OTHER_PURPOSE = "service_not_of_this_program"
    NO_OFFICER = "agent_is_no_officer"
    NO_CARD_SESSION = "no_card_session_of_this_agent"
    OTHER_PERSON = "not_the_person_of_the_card"


@dataclass(frozen=True, slots=True)
class Agent:
    """As whom a program calls: a look-up officer, or itself."""

    member_id: MemberId | None


class WireRefusal(Exception):
    """A call that the bridge itself refuses, before anything is pulled.

    `access` is None where nobody was proven; `about` is whose number was named, where nothing was open about them.
    """

    def __init__(
        self,
        reason: BridgeReason,
        outcome: RegistryOutcome,
        *,
        access: BridgeAccess | None,
        agent: Agent | None = None,
        about: CitizenId | None = None,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.outcome = outcome
        self.access = access
        self.agent = agent
        self.about = about


class Family(StrEnum):
    """Who words an answer without a record, and how."""

    IKNO = "ikno"
    LINKAGE = "linkage"
    DBD = "dbd"
    DBD_V7 = "dbd_v7"
