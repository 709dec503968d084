"""What the gateway's statuses and the registries' codes mean (facts/thai-registries, sections 3.2, 3.3)."""

import re
from typing import Final

from connectors.contracts.errors import (
    RecordNotFound,
    RegistryBusy,
    RegistryClosed,
    RegistryError,
    RegistryRefused,
    RegistryUnavailable,
)

_CODE: Final = re.compile(r"\[([0-9A-Z]{1,5})\]", re.ASCII)

_MEANINGS: Final[dict[str, tuple[type[RegistryError], str]]] = {
    "00815": (RecordNotFound, "record not found"),
    "90005": (RegistryClosed, "outside the registry's hours"),
    "90008": (RegistryBusy, "out of quota"),
    "90001": (RegistryRefused, "invalid user"),
    "90002": (RegistryRefused, "invalid password"),
    "90003": (RegistryRefused, "password expired"),
    "90007": (RegistryRefused, "invalid secret"),
    "90009": (RegistryRefused, "invalid smart card"),
    "90026": (RegistryRefused, "no user logged in"),
    "90027": (RegistryRefused, "no user logged in"),
    "90028": (RegistryRefused, "no user logged in"),
    "90043": (RegistryRefused, "invalid session"),
    "90045": (RegistryRefused, "invalid PIN"),
    "90046": (RegistryRefused, "no permission"),
    "90048": (RegistryRefused, "no permission"),
    # the one code stands for both; waiting for a quota that is really a missing right would wait for ever
    "90050": (RegistryRefused, "out of quota or no permission"),
    "99705": (RegistryRefused, "no right to name changes"),
    "99999": (RegistryRefused, "the officer may not use this command"),
    "A0001": (RegistryRefused, "logged out"),
    "AX001": (RegistryRefused, "authentication failed"),
    "AX002": (RegistryRefused, "wrong passcode"),
    "00101": (RegistryUnavailable, "the registry timed out"),
    "90010": (RegistryUnavailable, "the gateway cannot reach the registry"),
    "X0001": (RegistryUnavailable, "the registry's proxy is unreachable"),
    "X0003": (RegistryUnavailable, "the registry's gateway is unreachable"),
    "A0000": (RegistryUnavailable, "authentication still in progress"),
}
_STATUSES: Final[dict[int, tuple[type[RegistryError], str]]] = {
    204: (RecordNotFound, "record not found"),
    401: (RegistryRefused, "the session is not accepted"),
    403: (RegistryRefused, "the consumer is not accepted"),
    429: (RegistryBusy, "too many requests"),
}


def fault_of(status: int, message: str) -> RegistryError | None:
    """The error that an answer means, or None for a plain 200.

    A code says more than the status; a code or status that nobody knows means that nothing is known.
    """
    found = _CODE.search(message)
    if found is not None:
        code = found.group(1)
        kind, meaning = _MEANINGS.get(code, (RegistryUnavailable, "a code nobody documented"))
        return kind(meaning, wire_code=code)
    if status == 200:
        return None
    kind, meaning = _STATUSES.get(status, (RegistryUnavailable, "a status that is no answer"))
    return kind(meaning, wire_code=str(status))
