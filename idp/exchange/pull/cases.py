"""Case numbers: what an agency writes there may say something about a person, so it is judged and kept sealed."""

import re
import unicodedata
from typing import Final

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from idp.exchange.pull.model import Disclosure
from idp.keys.envelope import PersonalData, WrappedKey
from idp.keys.sealing import SealBroken
from idp.storage.storage import UnitOfWork

_THIRTEEN_DIGITS: Final = re.compile(r"(?<![0-9])[0-9](?:[-.\s\u2010-\u2015]?[0-9]){12}(?![0-9])")
_NO_DIGIT: Final = re.compile(r"[^0-9]")


def is_fit_case(case: str) -> bool:
    """False when it cannot be shown as it is, or holds a citizen's number in any usual spelling."""
    return case.isprintable() and not _holds_citizen_number(case)


async def seal_case(personal: PersonalData, uow: UnitOfWork, record: Disclosure) -> bytes | None:
    """The case number as the disclosure record keeps it: under the data key of whose data it was about."""
    if record.case is None:
        return None
    return await personal.seal(
        uow, record.chain.owner_id or record.agency_id, table="disclosure", column="sealed_case", row=record.id,
        value=record.case.encode(),
    )  # fmt: skip


def case_sealed_with(personal: PersonalData, key: WrappedKey, record: Disclosure) -> bytes | None:
    """As `seal_case`, with the data key of whose data it was about, which was read before. Raises SealBroken."""
    if record.case is None:
        return None
    return personal.seal_with(key, table="disclosure", column="sealed_case", row=record.id, value=record.case.encode())


async def open_case(
    personal: PersonalData, uow: UnitOfWork, *, owner: str, disclosure_id: str, sealed: bytes | None
) -> str | None:
    """The case number of a record; None when there is none, or its owner's key was destroyed."""
    if sealed is None:
        return None
    try:
        case = await personal.open(
            uow, owner, table="disclosure", column="sealed_case", row=disclosure_id, sealed=sealed
        )
    except SealBroken:
        return None
    return case.decode()


def _holds_citizen_number(case: str) -> bool:
    text = "".join(str(unicodedata.decimal(character, character)) for character in case)
    return any(_is_citizen_number(_NO_DIGIT.sub("", found.group())) for found in _THIRTEEN_DIGITS.finditer(text))


def _is_citizen_number(text: str) -> bool:
    try:
        CitizenId.parse(text)
    except InvalidIdentifier:
        return False
    return True
