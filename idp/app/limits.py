"""Which doors' entries have a limit, and for whom: the table of rate limits of a deployment."""

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from idp.audit.security_log import SecurityLog
from idp.protocol.client_assertion import claimed_client_id
from idp.protocol.client_secret import parse_basic
from idp.protocol.errors import OAuth2Error
from idp.settings import Settings
from idp.storage.profile import Profile
from idp.web.addresses import CallerAddresses
from idp.web.browsers import BrowserIds
from idp.web.errors import ErrorAnswers
from idp.web.forms import field_values, read_body
from idp.web.model import WebProblem
from idp.web.programs import oauth_refusal
from idp.web.rate_limits import Allowance, CallerName, Limit, RateLimits, every_refusal
from idp.web.routes import Entry

HIGH: Final = 100
"""How much more the conformance profile allows: testers send in a minute what a client sends in a day."""

GUESSES: Final = frozenset({"invalid_client", "invalid_grant", "unauthorized_client", "invalid_dpop_proof"})

SIGNALS_SET_UP: Final = (
    "stream_created",
    "stream_updated",
    "stream_replaced",
    "stream_deleted",
    "stream_status_changed",
    "stream_subject_added",
    "stream_subject_removed",
    "stream_verified",
    "webhook_put",
    "webhook_deleted",
    "webhook_keys_changed",
    "webhook_tested",
    "signal_retried",
)
"""The entries by which programs change what they are told."""

_CLIENT_ID = re.compile(rb"(?:^|&)client_id=([^&]{1,512})")
_ASSERTION = re.compile(rb"(?:^|&)client_assertion=([^&]{1,8192})")


class DoorLimits:
    """The limits of one process, made once; each door puts its own before its entries."""

    def __init__(
        self,
        settings: Settings,
        *,
        security_log: SecurityLog,
        browsers: BrowserIds,
        errors: ErrorAnswers,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._limits = RateLimits(security_log, monotonic)
        self._addresses = CallerAddresses(
            trusted_proxies=settings.trusted_proxies, header=settings.client_address_header
        )
        self._browsers = browsers
        self._errors = errors

    def provider(self, entries: Sequence[Entry], *, person: CallerName) -> tuple[Entry, ...]:
        """The issuer's entries behind their limits. `person` is who is signed in, on whichever device."""
        client, address, browser = self._client, self._address, self._browser
        refusals, codes = self._a_minute("token_refusals_a_minute"), self._a_minute("user_codes_a_minute")
        sign_ins = _limit("sign-ins", self._a_minute("sign_ins_a_minute"), address)
        user_codes = (
            *_limit("user-codes-of-browser", codes, browser, counts=every_refusal),
            *_limit("user-codes", 3 * codes, address, counts=every_refusal),
        )
        # each asks the company registry, or names a person by a number: a registry is not flooded through these pages
        of_companies = _limit("companies", 3 * self._a_minute("sign_ins_a_minute"), address)
        # held open for long by many stations behind one address; what they send is signed, nothing can be guessed
        agents = _limit(
            "agent-refusals",
            self._a_minute("agent_refusals_a_minute"),
            address,
            counts=every_refusal,
            is_held_open=True,
        )
        # sealing costs a processor and the time-stamp authority: nobody keeps the others from their papers
        papers = _limit("receipt-papers", self._a_minute("receipt_papers_a_minute"), person)
        # an agency's programs come from few addresses: high enough for them, low enough that none starves the others
        programs = _limit("programs-of-address", self._a_minute("program_requests_a_minute"), address)
        for_programs = {
            "par": (*_limit("pushed-requests", self._a_minute("pushed_requests_a_minute"), client), *programs),
            "introspect": programs,
            "revoke": programs,
            "userinfo": programs,
            "backchannel_authentication": programs,
            "token": (
                *_limit("token-refusals-of-client", refusals, client, counts=_is_guess),
                *_limit("token-refusals", 10 * refusals, address, counts=_is_guess),
            ),
            "register_client": _limit("registrations", self._a_minute("registrations_a_minute"), address),
            "agent_poll": agents,
            "agent_answer": agents,
            "agent_home": agents,
            "agent_home_answer": agents,
            "agent_kiosk": agents,
            "agent_pair": _limit("pairing-codes", self._a_minute("pairings_a_minute"), address, counts=every_refusal),
            "agent_keys": agents,
            "agent_progress": agents,
        }
        for_people = {
            "consent_receipt_pdf": papers,
            "access_report_pdf": papers,
            "activity_csv": papers,
            "activity_json": papers,
            "sign_in_passkey": sign_ins,
            "signed_in_pin": sign_ins,
            "signed_in_card": sign_ins,
            "recover_code": sign_ins,
            "unfreeze_passkey": sign_ins,
            "freeze_link_used": sign_ins,
            "passkey_owner": sign_ins,
            "enrol_thaid_leave": sign_ins,
            "enrol_reader_start": sign_ins,
            "enrol_reader_number": sign_ins,
            "enrol_reader_retry": sign_ins,
            "enrol_reader_pin_chosen": sign_ins,
            "kiosk_bind": user_codes,
            "enrol_thaid_callback": (
                *sign_ins,
                *_limit("thaid-answers-of-browser", self._a_minute("thaid_answers_a_minute"), browser),
            ),
            "actor_chosen": of_companies,
            "company_found": of_companies,
            "company": of_companies,
            "company_mandate": of_companies,
            "company_mandate_given": of_companies,
            "company_mandate_ended": of_companies,
            "signatures": of_companies,
            "signature": of_companies,
            "signed": of_companies,
            "company_request": of_companies,
            "company_request_decision": of_companies,
            "mandate_given": of_companies,
            "device_request": user_codes,
            "device_decision": user_codes,
            "other_device_begun": sign_ins,
            "phone_opened": user_codes,
            "phone_passkey": sign_ins,
        }
        rows = self._limits.before(entries, for_programs, too_many=_oauth_answer)
        return self._limits.before(rows, for_people, too_many=self._answer)

    def gateway(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """The data exchange's entries behind their limits."""
        files = _limit("files-to-verify", self._a_minute("files_a_minute"), self._address)
        papers = _limit("papers-to-compare", self._a_minute("files_a_minute"), self._address)
        return self._limits.before(entries, {"verify_file": files, "verify_paper": papers}, too_many=self._answer)

    def exchange(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Pulls that wait say themselves when to look again; photos are seen by people, one after the other."""
        programs = _limit("waiting-of-address", self._a_minute("program_requests_a_minute"), self._address)
        polls = _limit("polls-of-pull", self._a_minute("pull_polls_a_minute"), self._pull)
        photos = _limit("photos-of-address", self._a_minute("photos_a_minute"), self._address)
        # all officers of a portal come from its address: each visit has its own
        visits = _limit("photos-of-visit", self._a_minute("photos_a_minute"), self._visit)
        limited = {
            "waiting_pull": (*polls, *programs),
            "waiting_pull_cancelled": programs,
            **dict.fromkeys(("photo_requested", "photo_request", "photo_agreed", "photo"), photos),
            **dict.fromkeys(("card_session_photo", "card_session_copy"), visits),
        }
        return self._limits.before(entries, limited, too_many=self._answer)

    def signals(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Where programs set up what they are told: each call writes; a poll looks for what waits, and is held open."""
        set_up = _limit("signals-of-address", self._a_minute("program_requests_a_minute"), self._address)
        polls = _limit("polls-of-stream", self._a_minute("signal_polls_a_minute"), self._stream)
        limited = {**dict.fromkeys(SIGNALS_SET_UP, set_up), "stream_polled": polls}
        return self._limits.before(entries, limited, too_many=self._answer)

    def agency(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """Where programs look after what their agency has: each change is written, each list reads the store."""
        looked_after = _limit("agency-of-address", self._a_minute("program_requests_a_minute"), self._address)
        own = [entry.name for entry in entries if entry.name == "agency" or entry.name.startswith("agency_")]
        return self._limits.before(entries, dict.fromkeys(own, looked_after), too_many=self._answer)

    def _a_minute(self, setting: str) -> int:
        """What the operator set; else the default, which is none for measuring and high for testers."""
        settings = self._settings
        usual: int = getattr(settings, setting)
        if setting in settings.model_fields_set:
            return usual
        match settings.profile:
            case Profile.BENCH:
                return 0
            case Profile.CONFORMANCE:
                return usual * HIGH
            case _:
                return usual

    async def _address(self, request: Request) -> str | None:
        return self._addresses.of(request)

    async def _stream(self, request: Request) -> str | None:
        """The stream that is polled, from one address: nobody elsewhere uses up what its program may do."""
        return f"{request.path_params['stream_id']} {self._addresses.of(request)}"

    async def _pull(self, request: Request) -> str | None:
        """The pull that is looked at, from one address: nobody elsewhere uses up what its program may do."""
        return f"{request.path_params['pull_id']} {self._addresses.of(request)}"

    async def _visit(self, request: Request) -> str | None:
        """The card session, from one address: nobody elsewhere uses up what its program may do."""
        return f"{request.path_params['session_id']} {self._addresses.of(request)}"

    async def _browser(self, request: Request) -> str | None:
        return self._browsers.known(request)

    async def _client(self, request: Request) -> str | None:
        """The client that is claimed, at its address: from elsewhere nobody can use up what it may do.

        All that name none, or in a spelling that is not read here, count as one caller of their address.
        """
        claimed = claimed_client(await read_body(request), next(iter(field_values(request, b"authorization")), ""))
        return f"{claimed or ''} {self._addresses.of(request)}"

    def _answer(self, request: Request, seconds: int) -> Response:
        return self._errors.answer(request, WebProblem.TOO_MANY_REQUESTS, headers={"retry-after": str(seconds)})


def _limit(
    name: str,
    a_minute: int,
    caller: CallerName,
    *,
    counts: Callable[[Response], bool] | None = None,
    is_held_open: bool = False,
) -> tuple[Limit, ...]:
    """One limit, or none (0)."""
    if not a_minute:
        return ()
    return (Limit(name, Allowance(a_minute), caller=caller, counts=counts, is_held_open=is_held_open),)


def claimed_client(body: bytes, authorization: str) -> str | None:
    """The `client_id` that a request names, in whichever way; not proven, and read without parsing the body."""
    try:
        if authorization:
            return parse_basic(authorization)[0]
        if named := _CLIENT_ID.search(body):
            return unquote_plus(named[1].decode("latin-1"))
        if assertion := _ASSERTION.search(body):
            return claimed_client_id(assertion[1].decode("latin-1"))
    except OAuth2Error:
        return None
    return None


def _is_guess(response: Response) -> bool:
    """An answer of the token endpoint that a guesser collects.

    Not: a nonce to come back with, or a question that is still open, as clients in order meet all day.
    """
    if response.status_code not in (400, 401):
        return False
    return json.loads(bytes(response.body)).get("error") in GUESSES


def _oauth_answer(_request: Request, seconds: int) -> Response:
    said = f"too many requests; wait {seconds} seconds"
    return oauth_refusal("temporarily_unavailable", said, status=429, retry_after=seconds)
