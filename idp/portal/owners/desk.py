"""What the pages of owners have in common."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from idp.agencies.model import Role
from idp.agencies.service import Agencies
from idp.kernel.errors import Conflict, NotFound, Refused
from idp.kernel.randomness import Randomness
from idp.oversight.owners.service import OwnerUsage
from idp.portal.staff import StaffGate
from idp.storage.storage import Storage
from idp.web.csrf import Csrf
from idp.web.errors import ProblemCatalogue
from idp.web.forms import Form
from idp.web.pages import Pages

HOME: Final = "/my-data"
FORM: Final = "owners"
ROLES: Final = (Role.DATA_OWNER,)
REFUSALS: Final = (Refused, NotFound, Conflict)
TERMS: Final = (90, 365, 730)
"""Days for which something may be named."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every one of the pages needs."""

    pages: Pages
    csrf: Csrf
    problems: ProblemCatalogue
    storage: Storage
    gate: StaffGate
    agencies: Agencies
    usage: OwnerUsage
    randomness: Randomness


def until(form: Form, *, now: datetime) -> datetime:
    """When what is named now ends; `now` itself, which no room takes, where the form says nothing of it."""
    days = form.one("days")
    return now + timedelta(days=int(days)) if days in map(str, TERMS) else now
