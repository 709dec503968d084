"""Pure decisions of the bridge: what an access may say, and whether a caller is the one that was agreed."""

import re
from datetime import date, datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_network
from typing import Final

from idp.agencies.model import Standing
from idp.exchange.pull.cases import is_fit_case
from idp.gateway.bridge.model import BridgeAccess, BridgeReason, BridgeTerm
from idp.web.addresses import lies_in

LONGEST_ACCESS: Final = timedelta(days=731)
"""The bridge is a way to the API, not a place to stay."""
SMALLEST_PREFIX: Final = {4: 16, 6: 48}
LONGEST_CASE: Final = 64
MOST_NAMED: Final = 64
DAY: Final = "{day}"
_DAY_LENGTH: Final = len("2026-01-01")
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_AGENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}")


def impossible_term(access: BridgeAccess, *, now: datetime) -> BridgeTerm | None:
    """The first term that cannot be, None when all can. Whose program and service it is, the store knows."""
    possible = {
        BridgeTerm.CALLER: access.certificate is not None or bool(access.addresses),
        BridgeTerm.CERTIFICATE: access.certificate is None or _THUMBPRINT.fullmatch(access.certificate) is not None,
        BridgeTerm.ADDRESSES: len(access.addresses) <= MOST_NAMED and all(map(_is_narrow, access.addresses)),
        BridgeTerm.AGENTS: len(access.agents) <= MOST_NAMED and all(map(_is_name, access.agents)),
        BridgeTerm.CASE: _is_case(access.case, now=now),
        BridgeTerm.ENDS: access.ends_at <= now + LONGEST_ACCESS,
    }
    return next((term for term, is_possible in possible.items() if not is_possible), None)


def why_not(access: BridgeAccess, *, host: str, thumbprint: str | None, now: datetime) -> BridgeReason | None:
    """Why somebody who shows this access's key is not let in; None when they are. Deny by default."""
    networks = [ip_network(network) for network in access.addresses]
    if networks and not lies_in(host, networks):
        return BridgeReason.OTHER_ADDRESS
    if access.certificate is not None and not compare_digest(access.certificate.encode(), (thumbprint or "").encode()):
        return BridgeReason.OTHER_CERTIFICATE
    if not networks and access.certificate is None:
        return BridgeReason.OTHER_ADDRESS
    # the end is said only to the caller that was agreed: nobody else learns that a key was one
    return None if is_live(access, now=now) else BridgeReason.ACCESS_ENDED


def is_live(access: BridgeAccess, *, now: datetime) -> bool:
    """True while it may be used; the program behind it has its own end, which is judged beside this."""
    return access.status is Standing.ACTIVE and access.key_digest is not None and now < access.ends_at


def case_on(access: BridgeAccess, day: date) -> str:
    """The case number of a question about a company."""
    return access.case.replace(DAY, day.isoformat())


def _is_narrow(text: str) -> bool:
    try:
        network = ip_network(text)
    except ValueError:
        return False
    return network.prefixlen >= SMALLEST_PREFIX[network.version]


def _is_name(text: str) -> bool:
    # a person's number, however spelled: those are known by the members' own records, and stand in no file
    return _AGENT.fullmatch(text) is not None and not text.isdigit() and is_fit_case(text)


def _is_case(text: str, *, now: datetime) -> bool:
    whole = text.replace(DAY, "0" * _DAY_LENGTH)
    # digits beside the day may be somebody's number on one of the days
    days = ((now + timedelta(days=ahead)).date() for ahead in range(LONGEST_ACCESS.days + 1 if DAY in text else 1))
    is_fit = all(is_fit_case(text.replace(DAY, day.isoformat())) for day in days)
    return bool(text.strip()) and len(whole) <= LONGEST_CASE and is_fit
