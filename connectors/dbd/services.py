"""DBD's services behind the gateway: code, address, what they are asked by (facts/thai-registries, section 4.1).

DBD-008 is in no published list. RD-001 (ภ.พ.20, of the Revenue Department) stands in the same list without an address:
the one here is assumed, and a deployment gives its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from connectors.gdx.exchange import LARGEST_ANSWER
from connectors.gdx.question import Question

_BASE: Final = "/ws/dbd/juristic/v4/profile/"
_BY_NUMBER: Final = "JuristicID"
LARGEST_LIST: Final = 16 * LARGEST_ANSWER
"""Bytes; a list of five thousand holders is about one million."""
LARGEST_DOCUMENT: Final = 40 * LARGEST_ANSWER
"""Bytes of the answer; a scan of thirty million bytes, as text."""


@dataclass(frozen=True, slots=True)
class DbdService:
    """One service; `key` is the parameter that says what it is asked about."""

    code: str
    path: str
    key: str = _BY_NUMBER
    largest_answer: int = LARGEST_ANSWER
    listing: str = ""

    def question(self, about: str, more: Mapping[str, str], headers: Mapping[str, str]) -> Question:
        """The call about this."""
        return Question(
            self.path,
            {self.key: about, **more},
            headers=headers,
            listing=self.listing,
            largest_answer=self.largest_answer,
        )


def _document(number: int, path: str, key: str = _BY_NUMBER) -> DbdService:
    return DbdService(f"DBD-{number:03d}", _BASE + path, key, LARGEST_DOCUMENT)


def _record(number: int, path: str, key: str = _BY_NUMBER, listing: str = "ResultList") -> DbdService:
    return DbdService(f"DBD-{number:03d}", _BASE + path, key, LARGEST_LIST, listing)


DBD_SERVICES: Final = MappingProxyType(
    {
        service.code: service
        for service in (
            _record(1, "information"),
            _document(2, "information/pdf"),
            _record(3, "shareholder", listing=""),
            _document(4, "shareholder/pdf"),
            _document(5, "shareholder/image/pdf"),
            _document(6, "shareholder/image"),
            _record(7, "financial"),
            _document(9, "financial/image/pdf"),
            _document(10, "financial/image"),
            _document(11, "borikon/image/pdf"),
            _document(12, "borikon/image"),
            _document(13, "objective/image"),
            _document(14, "objective/pdf"),
            _record(15, "register", "CMNO"),
            _document(16, "register/pdf", "CMNO"),
            _record(17, "foreigner", "ID"),
            _document(18, "foreigner/pdf", "ID"),
            _record(19, "guarantee", "EsecureNo"),
            _document(20, "guarantee/pdf", "EsecureNo"),
            _record(21, "infobyname", "Name"),
            _record(22, "infobycommittee", "Name"),
        )
    }
)
VAT_REGISTRATION: Final = DbdService("RD-001", "/ws/rd/vat/v1/pp20", largest_answer=LARGEST_DOCUMENT)
"""The address is assumed; see above."""
