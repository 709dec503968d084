"""The device authorization grant, RFC 8628: codes as people type them, request and answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from idp.protocol.authorization_request import LONGEST_AUTHORIZATION_DETAILS
from idp.protocol.errors import InvalidRequestError
from idp.protocol.parameters import words

DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

# §6.1: "Further removing vowels to avoid randomly creating words results in the base 20 character set
# 'BCDFGHJKLMNPQRSTVWXZ'." Eight of them are 34 bits, which §5.1 makes safe by a short life and few tries.
USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
USER_CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class DeviceAuthorizationRequest:
    """What a device asks for (§3.1); `authorization_details` as RFC 9396 §2 has them, unjudged."""

    scope: tuple[str, ...]
    authorization_details: str | None


def parse_device_authorization_request(parameters: Mapping[str, str]) -> DeviceAuthorizationRequest:
    """The request of a client that has proven itself. Raises InvalidRequestError."""
    details = parameters.get("authorization_details")
    if details is not None and len(details) > LONGEST_AUTHORIZATION_DETAILS:
        raise InvalidRequestError("authorization_details is too long")
    return DeviceAuthorizationRequest(words(parameters.get("scope")), details)


def device_authorization_response(
    *, device_code: str, user_code: str, verification_uri: str, expires_in: int, interval: int
) -> Mapping[str, Any]:
    """The answer of §3.2; both times in seconds."""
    shown = displayed_user_code(user_code)
    return {
        "device_code": device_code,
        "user_code": shown,
        "verification_uri": verification_uri,
        "verification_uri_complete": f"{verification_uri}?{urlencode({'user_code': shown})}",
        "expires_in": expires_in,
        "interval": interval,
    }


def user_code_of(random_bytes: bytes) -> str:
    """A code of eight letters from at least 16 random bytes, each code as likely as any other."""
    number = int.from_bytes(random_bytes, "big")
    base = len(USER_CODE_LETTERS)
    return "".join(USER_CODE_LETTERS[number // base**place % base] for place in range(USER_CODE_LENGTH))


def displayed_user_code(user_code: str) -> str:
    """The code with a hyphen in the middle, as the device shows it."""
    middle = USER_CODE_LENGTH // 2
    return f"{user_code[:middle]}-{user_code[middle:]}"


def parse_user_code(typed: str) -> str | None:
    """The code somebody typed; None when it cannot be one.

    §6.1: "When processing the inputted user code, the server should strip dashes and other punctuation that it added
    for readability"; upper-casing and stripping all other characters are recommended beside it.
    """
    letters = "".join(letter for letter in typed[:64].upper() if letter in USER_CODE_LETTERS)
    return letters if len(letters) == USER_CODE_LENGTH else None
