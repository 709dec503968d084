"""The parameters of grant management, of any shape: read in one way or refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.errors import InvalidGrantId, InvalidRequestError
from idp.protocol.grant_management import (
    MANAGED_ID,
    GrantAction,
    ManagedGrant,
    grant_status,
    parse_grant_management,
)

ACTIONS = st.sampled_from(("create", "replace", "merge", "update", "Create", "create ", "")) | st.text(max_size=8)
NAMES = st.text(st.sampled_from("aZ09-_/. \n\0\u0e01"), max_size=70)


@given(st.none() | ACTIONS, st.none() | NAMES)
def test_each_pair_is_read_in_one_way_or_refused(action: str | None, grant_id: str | None) -> None:
    pairs = (("grant_management_action", action), ("grant_id", grant_id), ("scope", "openid"))
    parameters = {name: value for name, value in pairs if value is not None}
    allowed = action is None and grant_id is None
    allowed |= action == "create" and grant_id is None
    if allowed:
        expected = None if action is None else ManagedGrant(GrantAction.CREATE)
        assert parse_grant_management(parameters) == expected
    elif action == "replace" and grant_id is not None and MANAGED_ID.fullmatch(grant_id):
        assert parse_grant_management(parameters) == ManagedGrant(GrantAction.REPLACE, grant_id)
    else:
        unknown = action == "replace" and grant_id is not None
        with pytest.raises(InvalidGrantId if unknown else InvalidRequestError):
            parse_grant_management(parameters)


def test_a_status_without_scope_or_resource_says_so() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    status = grant_status(
        scope=(), resources=(), claims=(), authorization_details=(), created_at=moment, expires_at=moment
    )
    assert (status["scopes"], status["created_at"]) == ([], "2026-01-02T03:04:05Z")
