"""From a call of the wire to pulls of the exchange: the same decision, the same records, the registry's own answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from connectors.contracts.documents import Delivery
from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.identifiers import CitizenId, JuristicId
from connectors.contracts.registry_desk import DeskOfSource, Source
from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Agreement
from idp.agencies.service import Agencies
from idp.authorization.client_registration.service import Clients
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import MAX_USES, GdxDetail, JuristicSubject, Subject
from idp.catalogue.model import Basis
from idp.exchange.decision.model import Reason
from idp.exchange.decision.rules import channel_of
from idp.exchange.model import ExchangeProblem, Pull, PullFormat
from idp.exchange.outcomes import REASONS
from idp.exchange.service import Exchange
from idp.exchange.sources import Registries
from idp.gateway.bridge import rules
from idp.gateway.bridge.callers import Caller
from idp.gateway.bridge.model import BridgeReason, WireRefusal
from idp.gateway.bridge.noted import Noted, noting_desk
from idp.gateway.bridge.open_now import OpenAtCounters
from idp.kernel.errors import TuatonError, Unavailable
from idp.kernel.ids import ClientId, ServiceId, new_id
from idp.kernel.randomness import Randomness, random_text
from idp.storage.storage import Storage, UnitOfWork

_OF_DECISION: Final = MappingProxyType(
    {
        Reason.COUNTER_UNKNOWN: RegistryOutcome.NO_SESSION,
        Reason.COUNTER_OVER: RegistryOutcome.NO_SESSION,
        Reason.CARD_NOT_READ: RegistryOutcome.NO_SESSION,
        Reason.CARD_REMOVED: RegistryOutcome.NO_SESSION,
        Reason.STATION_AWAY: RegistryOutcome.NO_SESSION,
        Reason.OFFICER_NOT_SIGNED_IN: RegistryOutcome.NO_SESSION,
        Reason.CARD_NOT_VALID: RegistryOutcome.MISMATCH,
        Reason.QUOTA: RegistryOutcome.OVER_QUOTA,
        Reason.USES_UP: RegistryOutcome.OVER_QUOTA,
        Reason.OUT_OF_HOURS: RegistryOutcome.OUT_OF_HOURS,
        Reason.CHANGED_MEANWHILE: RegistryOutcome.UNAVAILABLE,
        Reason.MALFORMED: RegistryOutcome.BAD_QUESTION,
        Reason.CASE_MISSING: RegistryOutcome.BAD_QUESTION,
    }
)
_OF_REGISTRY: Final = MappingProxyType({reason: outcome for outcome, reason in REASONS.items()})


@dataclass(frozen=True, slots=True)
class Want:
    """Fields of one data set that an answer of the wire needs; without `needed` there is no answer.

    What only `accompanies` other data sets is not asked for by itself.
    """

    dataset: str
    fields: tuple[str, ...]
    needed: str | None = None
    accompanies: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What the registries said, and which fields of which data set may go on."""

    noted: Noted
    granted: Mapping[str, frozenset[str]]

    def of(self, dataset: str) -> frozenset[str]:
        """The fields of this data set that left; none where it was not agreed."""
        return self.granted.get(dataset, frozenset())


class BridgePulls:
    """Pulls for programs that cannot: token, detail and key of each pull are made here, of what was proven."""

    def __init__(
        self,
        *,
        storage: Storage,
        exchange: Exchange,
        agencies: Agencies,
        clients: Clients,
        open_now: OpenAtCounters,
        desk_of: DeskOfSource,
        randomness: Randomness,
    ) -> None:
        self._storage = storage
        self._exchange = exchange
        self._agencies = agencies
        self._clients = clients
        self._open_now = open_now
        self._desk_of = desk_of
        self._randomness = randomness

    async def person(
        self, caller: Caller, citizen_id: CitizenId, wants: Sequence[Want], source: Source, *, any_of: bool = False
    ) -> Told:
        """Data of the person whose card is in the reader of this agent's card session, or whom a handle names.

        With `any_of` the first of `wants` that is agreed will do. Raises WireRefusal, and TuatonError as
        `Exchange.pull` does.
        """
        opened = await self._open_now.about(caller, citizen_id)
        rest = _Rest(opened.subject, opened.service_id, opened.basis, opened.case)
        return await self._pull(caller, rest, wants, source, any_of=any_of)

    async def company(self, caller: Caller, juristic_id: JuristicId, wants: Sequence[Want], source: Source) -> Told:
        """Data of a company, by duty and with the agency's own account. Raises TuatonError as `Exchange.pull` does."""
        today = self._storage.clock.now().astimezone(BANGKOK).date()
        access = caller.access
        rest = _Rest(JuristicSubject(juristic_id.digits), access.service_id, Basis.DUTY, rules.case_on(access, today))
        return await self._pull(caller, rest, wants, source)

    async def _pull(
        self, caller: Caller, rest: "_Rest", wants: Sequence[Want], source: Source, *, any_of: bool = False
    ) -> Told:
        async with self._storage.reading() as uow:
            await self._expect_own_purpose(uow, caller, rest)
            details = await self._details(uow, caller, rest, wants)
            details = details[:1] if any_of else details
            token = self._token(uow, caller, details)
        noted = Noted()
        registries = Registries(
            desk_of=lambda asker: noting_desk(self._desk_of(asker, source), noted), clock=self._storage.clock.now
        )
        granted: dict[str, frozenset[str]] = {}
        # one refusal refuses the call: what was recorded before it as released is more than left, never less
        for detail in details:
            released = await self._exchange.pull(self._pull_of(token, detail), registries=registries)
            granted[detail.dataset] = frozenset(released.payload["fields"])
        return Told(noted, granted)

    async def _expect_own_purpose(self, uow: UnitOfWork, caller: Caller, rest: "_Rest") -> None:
        """What the issuer judges of a detail before there is a token. Raises WireRefusal."""
        client = await self._clients.get(uow, caller.access.client_id)
        if client is None or rest.service_id not in client.services:
            raise WireRefusal(
                BridgeReason.OTHER_PURPOSE, RegistryOutcome.NO_RIGHT, access=caller.access, agent=caller.agent
            )

    async def _details(
        self, uow: UnitOfWork, caller: Caller, rest: "_Rest", wants: Sequence[Want]
    ) -> tuple[GdxDetail, ...]:
        """What is asked of what is agreed; where nothing is, all of the first, which the decision refuses."""
        services = await self._agencies.services_named(uow, [rest.service_id])
        service = services.get(rest.service_id)
        uses = 1 if service is None else max(1, min(service.uses, MAX_USES))
        agreed = [
            (
                want,
                await self._agencies.agreement_for(
                    uow, caller.access.agency_id, rest.service_id, want.dataset, uow.now,
                    channel=channel_of(rest.subject),
                ),
            )
            for want in wants
        ]  # fmt: skip
        asked = [(want, fields) for want, one in agreed if (fields := _fields(want, one, rest.basis))]
        if all(want.accompanies for want, _ in asked):
            asked = [(wants[0], wants[0].fields)]
        return tuple(_detail(want.dataset, fields, rest, uses) for want, fields in asked)

    def _token(self, uow: UnitOfWork, caller: Caller, details: tuple[GdxDetail, ...]) -> VerifiedAccessToken:
        """As a token of the program's own would be; each call has its own, as each of the wire is one."""
        client_id: ClientId = caller.access.client_id
        return VerifiedAccessToken(
            token_id=new_id("brt", now=uow.now, randomness=self._randomness),
            client_id=client_id,
            agency_id=caller.access.agency_id,
            grant_id=None,
            subscriber_id=None,
            sub=client_id,
            details=details,
            scope=(),
            consent_id=None,
            acr=None,
            jkt=None,
        )

    def _pull_of(self, token: VerifiedAccessToken, detail: GdxDetail) -> Pull:
        return Pull(
            access_token=token,
            dataset=detail.dataset,
            format=PullFormat.JSON,
            delivery=Delivery.SEALED,
            case=None,
            idempotency_key=random_text(self._randomness),
        )


@dataclass(frozen=True, slots=True)
class _Rest:
    """What a call rests on."""

    subject: Subject
    service_id: ServiceId
    basis: Basis
    case: str


def _fields(want: Want, agreement: Agreement | None, basis: Basis) -> tuple[str, ...]:
    if agreement is None or basis not in agreement.bases:
        return ()
    opened = DATASETS[want.dataset].opened_by(basis)
    fields = tuple(name for name in want.fields if name in agreement.fields and name in opened)
    return fields if want.needed is None or want.needed in fields else ()


def _detail(dataset: str, fields: Iterable[str], rest: _Rest, uses: int) -> GdxDetail:
    return GdxDetail(
        dataset=dataset,
        subject=rest.subject,
        purpose=rest.service_id,
        basis=rest.basis,
        case=rest.case,
        fields=tuple(fields),
        formats=("json",),
        uses=uses,
        valid_until=None,
    )


def outcome_of(error: TuatonError) -> RegistryOutcome:
    """What the wire says for an error of the exchange; what has no word of its own is no right."""
    if error.code is ExchangeProblem.MALFORMED:
        return RegistryOutcome.BAD_QUESTION
    try:
        reason = Reason(error.detail)
    except ValueError:
        return RegistryOutcome.UNAVAILABLE if isinstance(error, Unavailable) else RegistryOutcome.NO_RIGHT
    return _OF_REGISTRY.get(reason) or _OF_DECISION.get(reason, RegistryOutcome.NO_RIGHT)
