"""What an address and a number may be; the code of a proof. Pure."""

import hmac
import re
from hashlib import sha256
from typing import Final

from connectors.contracts.identifiers import ascii_digits
from idp.kernel.errors import Refused
from idp.subscribers.contacts.model import CODE_DIGITS, ContactProblem, ContactProofId

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
"""The dot-atom of RFC 5322 §3.4.1 and a host name: no comma, no quote, no comment, so that it is one address."""
_LONGEST_EMAIL: Final = 254
_LONGEST_LOCAL: Final = 64
_THAI_NUMBER: Final = re.compile(r"0[1-9][0-9]{7,8}")
_ANY_NUMBER: Final = re.compile(r"\+[1-9][0-9]{7,14}")


def parse_email(text: str) -> str:
    """The address as it is written to: the host in small letters. Raises Refused (EMAIL_NOT_POSSIBLE)."""
    local, _, host = text.strip().rpartition("@")
    email = f"{local}@{host.lower()}"
    # RFC 5321 §4.5.3.1: at most 64 octets before the @, 254 in all
    if len(email) > _LONGEST_EMAIL or len(local) > _LONGEST_LOCAL or not _EMAIL.fullmatch(email):
        raise Refused(ContactProblem.EMAIL_NOT_POSSIBLE)
    return email


def parse_phone(text: str) -> str:
    """A telephone number in the form of E.164, empty for none. Raises Refused (PHONE_NOT_POSSIBLE)."""
    number = re.sub(r"[\s().-]", "", ascii_digits(text))
    if not number:
        return ""
    if _THAI_NUMBER.fullmatch(number):
        return f"+66{number[1:]}"
    if _ANY_NUMBER.fullmatch(number):
        return number
    raise Refused(ContactProblem.PHONE_NOT_POSSIBLE)


def code_of(key: bytes, proof_id: ContactProofId) -> str:
    """The code of a proof: every node that holds the key finds it, and no table has it."""
    digest = hmac.digest(key, proof_id.encode(), sha256)
    # 2**64 is so much more than 10**8 that no code is likelier than another by more than one in 10**11
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def is_code(typed: str, expected: str) -> bool:
    """Whether this was typed, in Thai digits or others, with or without spaces."""
    code = re.sub(r"[\s-]", "", ascii_digits(typed))
    return hmac.compare_digest(code.encode(), expected.encode())
