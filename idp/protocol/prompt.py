"""The `prompt` parameter: OpenID Connect Core §3.1.2.1."""

from enum import StrEnum

from idp.protocol.errors import InvalidRequestError
from idp.protocol.parameters import words


class Prompt(StrEnum):
    """What the person must, or must not, be asked."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


def parse_prompt(prompt: str | None) -> tuple[Prompt, ...]:
    """The values in the order given; raises InvalidRequestError when one is unknown or they contradict each other."""
    values = words(prompt)
    if not set(Prompt).issuperset(values):
        raise InvalidRequestError("prompt has an unknown value")
    # §3.1.2.1: "If this parameter contains none with any other value, an error is returned."
    if Prompt.NONE in values and len(values) > 1:
        raise InvalidRequestError("prompt none stands alone")
    return tuple(Prompt(value) for value in values)
