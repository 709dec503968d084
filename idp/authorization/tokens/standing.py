"""Whether somebody still acts for the company for which tokens are asked: its registry is read at each use."""

from idp.kernel.assurance import Acr
from idp.kernel.errors import NotFound, Refused
from idp.representation.acting.service import Acting
from idp.representation.model import ActedFor
from idp.storage.storage import Storage


async def still_acts(storage: Storage, acting: Acting, acted: ActedFor | None, *, acr: Acr) -> bool:
    """By the registry as it is now, outside any unit of work; True where no company is concerned.

    Raises Unavailable: the registry is silent.
    """
    if acted is None or acted.organisation is None:
        return True
    try:
        facts = await acting.read(acted)
        async with storage.reading() as uow:
            await acting.expect_standing(uow, acted, facts, acr=acr)
    except (Refused, NotFound):
        return False
    return True
