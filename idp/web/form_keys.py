"""Keys of forms: what is sent twice from one page is done once, whichever nodes take it."""

from datetime import datetime, timedelta
from typing import Final

from idp.kernel.errors import Refused
from idp.kernel.ids import is_id, made_at, new_id
from idp.kernel.randomness import Randomness
from idp.storage.spent import SpentKind, spend
from idp.storage.storage import UnitOfWork
from idp.web.csrf import CSRF_FIELD
from idp.web.forms import Form
from idp.web.model import WebProblem

FIELD: Final = "form_key"
_PREFIX: Final = "frm"
LASTS: Final = timedelta(hours=12)
"""Longer than anybody's session: whoever comes later has a fresh page."""
CLOCKS_DIFFER: Final = timedelta(minutes=1)


def fresh(*, now: datetime, randomness: Randomness) -> str:
    """The key of a page that is shown now."""
    return new_id(_PREFIX, now=now, randomness=randomness)


async def is_first(uow: UnitOfWork, key: str, *, by: str, words: tuple[str, ...]) -> bool:
    """True once for these words of this person from the page with this key; other words are another act.

    Raises Refused (FORM_NOT_OURS) for what is no key, or one of long ago.
    """
    try:
        age = uow.now - made_at(key) if is_id(_PREFIX, key) else LASTS
    except ValueError:
        age = LASTS
    if not -CLOCKS_DIFFER <= age < LASTS:
        raise Refused(WebProblem.FORM_NOT_OURS, "no key of a page, or an old one")
    secret = "\x1f".join((key, *words))
    return await spend(uow, kind=SpentKind.FORM_KEY, scope=by, secret=secret, expires_at=uow.now - age + LASTS)


def words_of(form: Form) -> tuple[str, ...]:
    """What was typed and ticked, apart from what the page itself added."""
    return tuple(text for name, text in form.pairs if name not in {CSRF_FIELD, FIELD})
