"""Pure decisions about grants: how long one lasts, and which of its refresh tokens may be used."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.authorization.client_registration.model import Client
from idp.authorization.grants.model import Grant
from idp.consent.model import ConsentRecord
from idp.protocol.scopes import GRANT_MANAGEMENT_SCOPES, OFFLINE_ACCESS

LONGEST_GRANT = timedelta(days=90)
PLAIN_SIGN_IN = timedelta(hours=12)


def grant_end(consent: ConsentRecord | None, scope: Sequence[str], *, with_details: bool, now: datetime) -> datetime:
    """When a grant given now ends: 90 days from now or with its consent, whichever is earlier.

    Where this grant lets the client neither have data sets (`with_details`) nor act while the person is away
    (`offline_access`), it is a plain sign-in and lasts 12 hours, whatever else its consent was given for.
    """
    if consent is None:
        return now + PLAIN_SIGN_IN
    lasts = with_details or OFFLINE_ACCESS in scope
    return min(consent.valid_until, now + (LONGEST_GRANT if lasts else PLAIN_SIGN_IN))


def is_repeatable(grant: Grant, client: Client, *, generation: int, now: datetime) -> bool:
    """The refresh token of this generation gives tokens though none follows it: one of a client whose tokens do not
    rotate; or the one before the present, within its client's grace.
    """
    if client.is_fapi:
        return generation == grant.generation
    grace = timedelta(seconds=client.refresh_grace_seconds)
    return (
        generation == grant.generation - 1
        and grant.rotated_at is not None
        # either way round: a call that began later may have rotated it first, and the clocks of nodes differ
        and abs(now - grant.rotated_at) < grace
    )


def manages_grants(client: Client) -> bool:
    """It registered for managing its grants, so that each has a name for it also when the request did not ask so."""
    # Grant Management §5.1: "Grant management is restricted to confidential only clients due to security reasons."
    return not client.is_public and not GRANT_MANAGEMENT_SCOPES.isdisjoint(client.scopes)
