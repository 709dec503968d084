"""What the gateway's statuses and the registries' codes mean (facts/thai-registries, sections 3.2, 3.3)."""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from connectors.contracts.errors import (
    RecordNotFound,
    RegistryBusy,
    RegistryClosed,
    RegistryError,
    RegistryOutcome,
    RegistryRefused,
    RegistryUnavailable,
)
from connectors.contracts.wire_faults import FaultWords, WireFault

_CODE: Final = re.compile(r"\[([0-9A-Z]{1,5})\]", re.ASCII)
_SUCCESS: Final = "00000"


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: type[RegistryError]
    text: str
    outcome: RegistryOutcome

    def error(self, wire_code: str) -> RegistryError:
        return self.kind(self.text, wire_code=wire_code, outcome=self.outcome)


def _down(text: str) -> _Meaning:
    return _Meaning(RegistryUnavailable, text, RegistryOutcome.UNAVAILABLE)


def _unexplained(text: str) -> _Meaning:
    return _Meaning(RegistryUnavailable, text, RegistryOutcome.UNEXPLAINED)


def _refused(text: str, outcome: RegistryOutcome = RegistryOutcome.NO_RIGHT) -> _Meaning:
    return _Meaning(RegistryRefused, text, outcome)


def _account(text: str) -> _Meaning:
    return _refused(text, RegistryOutcome.ACCOUNT_REFUSED)


def _no_session(text: str) -> _Meaning:
    return _refused(text, RegistryOutcome.NO_SESSION)


def _bad_question(text: str) -> _Meaning:
    return _refused(text, RegistryOutcome.BAD_QUESTION)


def _absent(text: str, outcome: RegistryOutcome = RegistryOutcome.NOT_FOUND) -> _Meaning:
    return _Meaning(RecordNotFound, text, outcome)


_MEANINGS: Final = {
    "00001": _absent("no further record"),
    "00870": _absent("no further record"),
    "00101": _down("the registry timed out"),
    "00115": _refused("the image is too big", RegistryOutcome.TOO_LARGE),
    "00410": _bad_question("no input"),
    "00815": _absent("record not found"),
    "90001": _account("invalid user"),
    "90002": _account("invalid password"),
    "90003": _account("password expired"),
    "90005": _Meaning(RegistryClosed, "outside the registry's hours", RegistryOutcome.OUT_OF_HOURS),
    "90007": _account("invalid secret"),
    "90008": _Meaning(RegistryBusy, "out of quota", RegistryOutcome.OVER_QUOTA),
    "90009": _account("invalid smart card"),
    "90010": _down("the gateway cannot reach the registry"),
    "90011": _bad_question("incorrect input"),
    "90026": _no_session("no user logged in"),
    "90027": _no_session("no user logged in"),
    "90028": _no_session("no user logged in"),
    "90043": _no_session("invalid session"),
    "90045": _account("invalid PIN"),
    "90046": _refused("no permission"),
    "90048": _refused("no permission"),
    # the one code stands for both; waiting for a quota that is really a missing right would wait for ever
    "90050": _refused("out of quota or no permission"),
    "99702": _absent("the name was never changed", RegistryOutcome.NO_CHANGE),
    "99705": _refused("no right to name changes"),
    "99706": _absent("no middle name", RegistryOutcome.NO_VALUE),
    "99707": _absent("no romanised name", RegistryOutcome.NO_VALUE),
    "99708": _unexplained("a code about fingerprints"),
    "99709": _unexplained("a code about fingerprints"),
    "99983": _refused("the photo is over 20 KB", RegistryOutcome.TOO_LARGE),
    "99990": _refused("the data given do not fit", RegistryOutcome.MISMATCH),
    "99992": _absent("card not found"),
    "99993": _down("the registry cannot get the image"),
    "99994": _absent("image not found"),
    "99999": _refused("the officer may not use this command"),
    "X0001": _down("the registry's proxy is unreachable"),
    "X0003": _down("the registry's gateway is unreachable"),
    "A0000": _Meaning(RegistryUnavailable, "authentication still in progress", RegistryOutcome.NO_SESSION),
    "A0001": _no_session("logged out"),
    "AX001": _account("authentication failed"),
    "AX002": _account("wrong passcode"),
    "AX003": _bad_question("incorrect input"),
    # the card-status service's codes, as IKNO-001-13 wraps them in a Java exception
    "2": _refused("the card is cancelled", RegistryOutcome.MISMATCH),
    "4": _refused("card and data do not fit", RegistryOutcome.MISMATCH),
    "5": _bad_question("the data to check are incomplete"),
}
_FAMILIES: Final = {
    "993": _unexplained("a code about photos of aliens"),
    "994": _unexplained("a code about marriages"),
    "995": _unexplained("a code about divorces"),
}
"""Known by their first three characters only; what each code says is not published."""
_UNKNOWN: Final = _unexplained("a code nobody documented")

_STATUSES: Final = {
    204: _absent("record not found"),
    400: _down("the gateway did not understand the question"),
    401: _no_session("the session is not accepted"),
    403: _account("the consumer is not accepted"),
    429: _Meaning(RegistryBusy, "too many requests", RegistryOutcome.BUSY),
}
_NO_ANSWER: Final = _down("a status that is no answer")

DOCUMENTED_CODES: Final = frozenset(_MEANINGS)
"""Every code with a meaning of its own; families and success are beside it."""

_FAULT_STATUS: Final = 500
_CHOSEN: Final = (
    "90010",
    "90005",
    "90008",
    "90046",
    "90026",
    "90001",
    "90011",
    "99990",
    "00115",
    "00815",
    "99702",
    "99707",
)
"""Of the codes that mean the same, the one to say where this house answers in the gateway's place."""
_UNSPOKEN: Final = (RegistryOutcome.GARBAGE, RegistryOutcome.UNEXPLAINED, RegistryOutcome.WRONG_PERSON)
"""What no code of the wire says: the program learns that the registry cannot be asked now."""


def _words() -> FaultWords:
    """The meanings above, read the other way."""
    told = {_MEANINGS[code].outcome: WireFault(_FAULT_STATUS, code, _MEANINGS[code].text) for code in _CHOSEN}
    busy = next(WireFault(status, "", said.text) for status, said in _STATUSES.items() if said.kind is RegistryBusy)
    unspoken = dict.fromkeys(_UNSPOKEN, told[RegistryOutcome.UNAVAILABLE])
    return FaultWords(
        of_outcome=MappingProxyType({**told, RegistryOutcome.BUSY: busy, **unspoken}),
        consumer_unknown=WireFault(403, "", "ForbiddenException: consumer not found"),
        consumer_ended=WireFault(403, "", "ForbiddenException: consumer expired"),
        token_unknown=WireFault(401, "", "UnauthorizedException: token not found"),
    )


FAULT_WORDS: Final = _words()
"""How each outcome is said on this wire; read by `fault_of`, it means the same again (a test says so)."""


def fault_of(status: int, message: str, *, code: str = "") -> RegistryError | None:
    """The error that an answer means, or None for a plain 200.

    `message` is IKNO's `[code] text`, `code` Linkage's own field. A code says more than the status; a code or status
    that nobody knows means that nothing is known.
    """
    found = _CODE.search(message)
    told = code or (found.group(1) if found is not None else "")
    if told and not (told == _SUCCESS and status == 200):
        meaning = _MEANINGS.get(told) or _FAMILIES.get(told[:3], _UNKNOWN)
        return meaning.error(told)
    if status == 200:
        return None
    return _STATUSES.get(status, _NO_ANSWER).error(str(status))
