"""Pure decisions about grants: how long one lasts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from idp.consent.model import ConsentRecord
from idp.protocol.scopes import OFFLINE_ACCESS

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
