"""The parameter `acting_for` of an authorization request, of this issuer: may the person act for another?

A client that does not send it is never given a token about anybody else than who signed in.
"""

from enum import StrEnum

from idp.protocol.errors import InvalidRequestError


class ActingFor(StrEnum):
    """What the client is prepared for: the person's choice, a company alone, or another person alone."""

    CHOOSE = "choose"
    COMPANY = "company"
    PERSON = "person"


def parse_acting_for(value: str | None) -> ActingFor | None:
    """The parameter, None when it was not sent. Raises InvalidRequestError."""
    if value is None:
        return None
    if value not in {one.value for one in ActingFor}:
        raise InvalidRequestError("acting_for must be choose, company or person")
    return ActingFor(value)
