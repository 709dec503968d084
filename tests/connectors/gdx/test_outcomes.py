"""Every code of the sheet has an outcome of its own kind (facts/thai-registries, sections 3.1 to 3.4, 4.2)."""

import pytest

from connectors.contracts.errors import (
    RecordNotFound,
    RegistryBusy,
    RegistryClosed,
    RegistryError,
    RegistryOutcome,
    RegistryRefused,
    RegistryUnavailable,
)
from connectors.gdx.faults import DOCUMENTED_CODES, fault_of

Told = RegistryOutcome

CODES: dict[str, tuple[type[RegistryError], RegistryOutcome]] = {
    "00001": (RecordNotFound, Told.NOT_FOUND),
    "00870": (RecordNotFound, Told.NOT_FOUND),
    "00101": (RegistryUnavailable, Told.UNAVAILABLE),
    "00115": (RegistryRefused, Told.TOO_LARGE),
    "00410": (RegistryRefused, Told.BAD_QUESTION),
    "00815": (RecordNotFound, Told.NOT_FOUND),
    "90001": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "90002": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "90003": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "90005": (RegistryClosed, Told.OUT_OF_HOURS),
    "90007": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "90008": (RegistryBusy, Told.OVER_QUOTA),
    "90009": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "90010": (RegistryUnavailable, Told.UNAVAILABLE),
    "90011": (RegistryRefused, Told.BAD_QUESTION),
    "90026": (RegistryRefused, Told.NO_SESSION),
    "90027": (RegistryRefused, Told.NO_SESSION),
    "90028": (RegistryRefused, Told.NO_SESSION),
    "90043": (RegistryRefused, Told.NO_SESSION),
    "90045": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "90046": (RegistryRefused, Told.NO_RIGHT),
    "90048": (RegistryRefused, Told.NO_RIGHT),
    "90050": (RegistryRefused, Told.NO_RIGHT),
    "99702": (RecordNotFound, Told.NO_CHANGE),
    "99705": (RegistryRefused, Told.NO_RIGHT),
    "99706": (RecordNotFound, Told.NO_VALUE),
    "99707": (RecordNotFound, Told.NO_VALUE),
    "99708": (RegistryUnavailable, Told.UNEXPLAINED),
    "99709": (RegistryUnavailable, Told.UNEXPLAINED),
    "99983": (RegistryRefused, Told.TOO_LARGE),
    "99990": (RegistryRefused, Told.MISMATCH),
    "99992": (RecordNotFound, Told.NOT_FOUND),
    "99993": (RegistryUnavailable, Told.UNAVAILABLE),
    "99994": (RecordNotFound, Told.NOT_FOUND),
    "99999": (RegistryRefused, Told.NO_RIGHT),
    "X0001": (RegistryUnavailable, Told.UNAVAILABLE),
    "X0003": (RegistryUnavailable, Told.UNAVAILABLE),
    "A0000": (RegistryUnavailable, Told.NO_SESSION),
    "A0001": (RegistryRefused, Told.NO_SESSION),
    "AX001": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "AX002": (RegistryRefused, Told.ACCOUNT_REFUSED),
    "AX003": (RegistryRefused, Told.BAD_QUESTION),
    "2": (RegistryRefused, Told.MISMATCH),
    "4": (RegistryRefused, Told.MISMATCH),
    "5": (RegistryRefused, Told.BAD_QUESTION),
}
FAMILIES = dict.fromkeys(("99301", "99399", "99400", "99499", "99500"), (RegistryUnavailable, Told.UNEXPLAINED))
UNKNOWN = dict.fromkeys(("12345", "ZZZZZ", "1", "99600"), (RegistryUnavailable, Told.UNEXPLAINED))
STATUSES: dict[int, tuple[type[RegistryError], RegistryOutcome]] = {
    204: (RecordNotFound, Told.NOT_FOUND),
    400: (RegistryUnavailable, Told.UNAVAILABLE),
    401: (RegistryRefused, Told.NO_SESSION),
    403: (RegistryRefused, Told.ACCOUNT_REFUSED),
    404: (RegistryUnavailable, Told.UNAVAILABLE),
    405: (RegistryUnavailable, Told.UNAVAILABLE),
    429: (RegistryBusy, Told.BUSY),
    500: (RegistryUnavailable, Told.UNAVAILABLE),
    503: (RegistryUnavailable, Told.UNAVAILABLE),
}


def test_the_table_is_whole() -> None:
    assert CODES.keys() == DOCUMENTED_CODES


@pytest.mark.parametrize(("code", "expected"), (CODES | FAMILIES | UNKNOWN).items())
@pytest.mark.parametrize("status", [200, 400, 500])
def test_every_code_means_one_thing_in_whichever_form_it_comes(
    code: str, expected: tuple[type[RegistryError], RegistryOutcome], status: int
) -> None:
    ways = (
        fault_of(status, f"[{code}] 1009900000011 นาย"),
        fault_of(status, f"java.lang.RuntimeException: [{code}] what it says"),
        fault_of(status, "what it says", code=code),
    )
    for fault in ways:
        assert fault is not None
        assert (type(fault), fault.outcome) == expected
        assert fault.wire_code == code
        assert str(fault).isascii()
        assert not any(digit in str(fault).replace("20 KB", "") for digit in "0123456789")


@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
def test_every_status_means_one_thing(status: int, expected: tuple[type[RegistryError], RegistryOutcome]) -> None:
    fault = fault_of(status, "")
    assert fault is not None
    assert (type(fault), fault.outcome, fault.wire_code) == (*expected, str(status))


def test_success_is_no_fault_but_only_where_the_status_says_so_too() -> None:
    assert fault_of(200, "") is None
    assert fault_of(200, "[00000] Success") is None
    assert fault_of(200, "", code="00000") is None
    assert fault_of(500, "[00000] Success") is not None


def test_what_people_are_told_differs() -> None:
    """The issue's own list: these never fall together."""
    outcomes = [
        Told.NOT_FOUND, Told.NO_CHANGE, Told.NO_RIGHT, Told.OUT_OF_HOURS, Told.OVER_QUOTA, Told.BUSY,
        Told.WRONG_PERSON, Told.GARBAGE,
    ]  # fmt: skip
    assert len({outcome.value for outcome in outcomes}) == len(outcomes)
