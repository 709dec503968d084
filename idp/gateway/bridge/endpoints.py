"""The addresses of GDX, answered by the exchange. None of them is logged, traced or repeated in an error."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.contracts.errors import RegistryOutcome
from connectors.contracts.identifiers import CitizenId, InvalidIdentifier, JuristicId
from idp.exchange.counter.model import CounterView
from idp.exchange.decision.model import Ready
from idp.gateway.bridge.answers import WireAnswers
from idp.gateway.bridge.asking import BridgePulls, outcome_of
from idp.gateway.bridge.callers import Caller, Callers
from idp.gateway.bridge.model import BridgeReason, Family, WireRefusal
from idp.gateway.bridge.open_now import OpenAtCounters
from idp.gateway.bridge.refusals import BridgeRefusals
from idp.gateway.bridge.services import (
    DBD,
    DBD_NOT_OFFERED,
    DBD_V7,
    IKNO,
    IKNO_NOT_OFFERED,
    LINKAGE,
    CompanyService,
    PersonService,
)
from idp.kernel.errors import TuatonError
from idp.stations.model import StationState
from idp.web.model import WebProblem
from idp.web.routes import Access, Endpoint, Entry

VALIDATE: Final = "/ws/auth/validate"
IKNO_BASE: Final = "/ws/dopa/"
LINK: Final = "/ws/dopa/linkage/v1/link"
PERMISSION: Final = "/ws/dopa/linkage/v1/agent/permission"
DBD_BASE: Final = "/ws/dbd/juristic/v4/profile/"
V7: Final = "/ws/dbd/juristic/v7/general/profile"
LARGEST_BODY: Final = 4096
LARGEST_QUERY: Final = 2048

Act = Callable[[Caller, Request, dict[str, str]], Awaitable[Response]]


class _ByNumber(msgspec.Struct):
    """The body of version 7; its other members are nobody's business here."""

    OrganizationJuristicID: Annotated[str, msgspec.Meta(max_length=32)] = ""


class BridgeEndpoints:
    """`/ws/auth/validate`, `/ws/dopa/…`, `/ws/dbd/…`."""

    def __init__(
        self,
        *,
        callers: Callers,
        pulls: BridgePulls,
        open_now: OpenAtCounters,
        refusals: BridgeRefusals,
        answers: WireAnswers,
    ) -> None:
        self._callers = callers
        self._pulls = pulls
        self._open_now = open_now
        self._refusals = refusals
        self._answers = answers

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        return (
            Entry(VALIDATE, ("GET",), self.log_in, Access.CLIENT, "validate"),
            Entry(
                PERMISSION,
                ("GET",),
                self._row("permission", Family.IKNO, self._permission),
                Access.CLIENT,
                "permission",
            ),
            Entry(LINK, ("GET", "POST"), self._row("link", Family.LINKAGE, self._link), Access.CLIENT, "link"),
            *(self._ikno(path, service) for path, service in IKNO.items()),
            *(self._closed(IKNO_BASE + path, Family.IKNO) for path in IKNO_NOT_OFFERED),
            *(self._dbd(path, service) for path, service in DBD.items()),
            *(self._closed(DBD_BASE + path, Family.DBD) for path in DBD_NOT_OFFERED),
            Entry(V7, ("POST",), self._row("v7", Family.DBD_V7, self._v7), Access.CLIENT, "v7"),
        )

    async def log_in(self, request: Request) -> Response:
        """A token for a program and its agent."""
        try:
            token = await self._callers.log_in(request, _query(request))
        except WireRefusal as refusal:
            await self._refusals.note("validate", refusal)
            return self._answers.refusal(refusal, Family.IKNO)
        return self._answers.record({"Result": token})

    def _ikno(self, path: str, service: PersonService) -> Entry:
        async def act(caller: Caller, _request: Request, parameters: dict[str, str]) -> Response:
            # a house by its own number is nobody's data whom a card or a handle names
            if "AddressID" in parameters:
                raise _refused(caller, BridgeReason.NOT_OFFERED, RegistryOutcome.NO_RIGHT)
            return await self._person(caller, parameters.get("CitizenID", ""), service, Family.IKNO)

        return Entry(IKNO_BASE + path, ("GET",), self._row(path, Family.IKNO, act), Access.CLIENT, path)

    def _dbd(self, path: str, service: CompanyService) -> Entry:
        async def act(caller: Caller, _request: Request, parameters: dict[str, str]) -> Response:
            return await self._company(caller, parameters.get("JuristicID", ""), service, parameters, Family.DBD)

        name = f"dbd/{path}"
        return Entry(DBD_BASE + path, ("GET",), self._row(name, Family.DBD, act), Access.CLIENT, name)

    def _closed(self, path: str, family: Family) -> Entry:
        """A service of the wire that this house does not offer this way."""

        async def act(caller: Caller, _request: Request, _parameters: dict[str, str]) -> Response:
            raise _refused(caller, BridgeReason.NOT_OFFERED, RegistryOutcome.NO_RIGHT)

        return Entry(path, ("GET",), self._row(path, family, act), Access.CLIENT, path)

    async def _link(self, caller: Caller, request: Request, parameters: dict[str, str]) -> Response:
        service = LINKAGE.get((parameters.get("OfficeID", ""), parameters.get("ServiceID", "")))
        if service is None:
            raise _refused(caller, BridgeReason.NOT_OFFERED, RegistryOutcome.NO_RIGHT)
        if request.method == "POST":
            parameters = texts_of(await request.body()) or {}
        return await self._person(caller, parameters.get("CitizenID", ""), service, Family.LINKAGE)

    async def _v7(self, caller: Caller, request: Request, _parameters: dict[str, str]) -> Response:
        try:
            asked = msgspec.json.decode(await request.body(), type=_ByNumber)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _refused(caller, BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION) from None
        return await self._company(caller, asked.OrganizationJuristicID, DBD_V7, {}, Family.DBD_V7)

    async def _permission(self, caller: Caller, _request: Request, parameters: dict[str, str]) -> Response:
        """Whose session there is and how it stands: of the agent as whom the program calls, and of nobody else."""
        try:
            officer = CitizenId.parse(parameters.get("CitizenID", ""))
        except InvalidIdentifier:
            raise _refused(caller, BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION) from None
        if not await self._callers.is_agent(caller, officer):
            raise _refused(caller, BridgeReason.AGENT_UNKNOWN, RegistryOutcome.NO_SESSION)
        view = await self._open_now.state(caller)
        state = _state(view)
        # whose card is in the reader leaves by a pull alone
        return self._answers.record(
            {
                "AgentID": None if state is StationState.AGENT_NOT_AVAILABLE else officer.digits,
                "CitizenID": None,
                "SessionState": state.value,
            }
        )

    async def _person(self, caller: Caller, digits: str, service: PersonService, family: Family) -> Response:
        try:
            about = CitizenId.parse(digits)
        except InvalidIdentifier:
            raise _refused(caller, BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION) from None
        told = await self._pulls.person(caller, about, service.wants, service.source, any_of=service.any_of)
        return self._answered(service.render(told, about), family)

    async def _company(
        self, caller: Caller, digits: str, service: CompanyService, parameters: Mapping[str, str], family: Family
    ) -> Response:
        try:
            about = JuristicId.parse(digits)
        except InvalidIdentifier:
            raise _refused(caller, BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION) from None
        if not service.accepts(parameters):
            raise _refused(caller, BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION)
        told = await self._pulls.company(caller, about, service.wants, service.source)
        return self._answered(service.render(told, about, parameters), family)

    def _answered(self, rendered: dict[str, Any] | RegistryOutcome, family: Family) -> Response:
        if isinstance(rendered, RegistryOutcome):
            return self._answers.outcome(rendered, family)
        return self._answers.record(rendered)

    def _row(self, name: str, family: Family, act: Act) -> Endpoint:
        """The endpoint of one row: who calls, the act, and whether the caller is still let in when it is done."""

        async def endpoint(request: Request) -> Response:
            try:
                # 1. who calls
                caller = await self._callers.caller(request)
                # 2. what is asked, each parameter once
                parameters = _query(request)
                if parameters is None:
                    raise _refused(caller, BridgeReason.MALFORMED, RegistryOutcome.BAD_QUESTION)
                # 3. the pull
                answer = await act(caller, request, parameters)
                # 4. an access that ended while a registry was asked gets nothing
                await self._callers.still_let_in(request)
            except WireRefusal as refusal:
                await self._refusals.note(name, refusal)
                return self._answers.refusal(refusal, family)
            except TuatonError as error:
                if error.code is WebProblem.TOO_LARGE:
                    return self._answers.too_large()
                return self._answers.outcome(outcome_of(error), family)
            return answer

        return endpoint


def _state(view: CounterView | None) -> StationState:
    """Green only once the card was read: what is asked then is answered."""
    if view is None or view.is_over:
        return StationState.AGENT_NOT_AVAILABLE
    is_green = view.light.state is StationState.CITIZEN_AVAILABLE
    is_ready = isinstance(view.state, Ready)
    return view.light.state if not is_green or is_ready else StationState.AGENT_AVAILABLE


def _query(request: Request) -> dict[str, str] | None:
    return texts_of(request.scope["query_string"])


def texts_of(encoded: bytes) -> dict[str, str] | None:
    """Names and values of a query or form; None when it is too long, no text, or names one of them twice."""
    if len(encoded) > LARGEST_QUERY:
        return None
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=32)
    except ValueError:
        return None
    found = dict(pairs)
    # of two with one name nobody knows which one another reader takes
    return found if len(found) == len(pairs) else None


def _refused(caller: Caller, reason: BridgeReason, outcome: RegistryOutcome) -> WireRefusal:
    return WireRefusal(reason, outcome, access=caller.access, agent=caller.agent)
