"""Token revocation, RFC 7009 §2.1."""

from collections.abc import Mapping

from idp.protocol.parameters import required


def parse_revocation_request(parameters: Mapping[str, str]) -> str:
    """The token to revoke; raises InvalidRequestError without one. The hint is not used: our tokens say their kind."""
    return required(parameters, "token")
