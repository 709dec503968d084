"""Pure decisions about grants: how long one lasts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.authorization.client_registration.model import Client
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


def manages_grants(client: Client) -> bool:
    """It registered for managing its grants, so that each has a name for it also when the request did not ask so."""
    # Grant Management §5.1: "Grant management is restricted to confidential only clients due to security reasons."
    return not client.is_public and not GRANT_MANAGEMENT_SCOPES.isdisjoint(client.scopes)
