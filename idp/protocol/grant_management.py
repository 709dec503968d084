"""Grant Management for OAuth 2.0, draft 03 (OpenID FAPI working group): parameters, and what a client is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from idp.protocol.errors import InvalidGrantId, InvalidRequestError

MANAGED_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a `grant_id` looks like. §5.5: a "URL safe string value"."""


class GrantAction(StrEnum):
    """What a request does with grants: a fresh one, or one in the place of an older one under the same `grant_id`."""

    CREATE = "create"
    REPLACE = "replace"


SUPPORTED_ACTIONS: Final = ("query", "revoke", *GrantAction)
"""For the metadata (§7.1): no `merge`. A merged grant would stand on several consents, each with its own end."""


@dataclass(frozen=True, slots=True)
class ManagedGrant:
    """What a request says of grants: `grant_id` is the one to be replaced."""

    action: GrantAction
    grant_id: str | None = None


def parse_grant_management(parameters: Mapping[str, str]) -> ManagedGrant | None:
    """The two parameters of §5.2, None where there is neither. Raises InvalidRequestError, or InvalidGrantId.

    Whether `grant_id` names a grant of the client is not judged here.
    """
    action, grant_id = parameters.get("grant_management_action"), parameters.get("grant_id")
    if action is None:
        # §5.4: a request that names a grant, and does not say what to do with it, is an invalid_request.
        if grant_id is not None:
            raise InvalidRequestError("grant_id needs a grant_management_action")
        return None
    # §5.4: "In case the AS does not support a grant management action requested by the client": invalid_request
    if action not in tuple(GrantAction):
        raise InvalidRequestError("the grant_management_action is not supported")
    if action == GrantAction.CREATE:
        # §5.4: a fresh grant has no grant_id yet.
        if grant_id is not None:
            raise InvalidRequestError("a grant_id is not for the grant_management_action create")
        return ManagedGrant(GrantAction.CREATE)
    # §5.2: replace "requires the client to specify a grant id using the grant_id parameter".
    if grant_id is None:
        raise InvalidRequestError("the grant_management_action replace needs a grant_id")
    # §5.4: "In case the grant_id is unknown or invalid": invalid_grant_id
    if not MANAGED_ID.fullmatch(grant_id):
        raise InvalidGrantId()
    return ManagedGrant(GrantAction.REPLACE, grant_id)


def grant_status(
    *,
    scope: Sequence[str],
    resources: Sequence[str],
    claims: Sequence[str],
    authorization_details: Sequence[Mapping[str, Any]],
    created_at: datetime,
    expires_at: datetime,
) -> dict[str, Any]:
    """The answer to a query (§6.4): what was granted, and from when until when (RFC 3339, UTC, whole seconds).

    §6: "The Grant Management API will not expose any tokens associated with a certain grant", and nothing about whom
    it is from: "Adding user identity data to the status data would weaken the privacy protection OAuth offers for users
    towards a client."
    """
    scopes: dict[str, Any] = {"scope": " ".join(scope), **({"resource": list(resources)} if resources else {})}
    return {
        "scopes": [scopes] if scope else [],
        "claims": list(claims),
        "authorization_details": list(authorization_details),
        "created_at": _rfc3339(created_at),
        "expires_at": _rfc3339(expires_at),
    }


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
