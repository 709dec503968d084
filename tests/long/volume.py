"""A store filled as years of use would fill it: officers, rights, what waits, and a log with its whole tree."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from idp.agencies.member_store import member
from idp.agencies.store import agency, agreement, service
from idp.app.issuer_agency import ISSUER_CODE
from idp.app.rooms import Rooms
from idp.authorization.client_registration.store import client
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import AgencyId, SubscriberId, new_id
from idp.oversight.owners.store import add_up_days
from tests.long.agency_volume import OWNED, SPAN, AgencyVolume, Sizes
from tests.long.log_volume import RARE, fill_log
from tests.long.writing import Sealer, settle, writing

__all__ = ["RARE", "Volume", "fill", "sizes_for"]

MOST_AGENCIES: Final = 2_000
MOST_RIGHTS: Final = 20_000
MOST_FURTHER: Final = 50_000


@dataclass(frozen=True)
class Volume:
    """What there is afterwards. `large` is the agency with a tenth of everything, which owns data too, `small` one
    with little; `citizen` somebody of whom much was disclosed, `right` one of the large agency.
    """

    officers: int
    entries: int
    large: AgencyId
    small: AgencyId
    small_code: str
    actor: str
    citizen: SubscriberId
    right: str
    began: datetime


def sizes_for(*, officers: int, entries: int) -> Sizes:
    """In proportion; at a million officers and ten million entries the most of each."""
    return Sizes(
        agencies=max(3, min(MOST_AGENCIES, officers // 50)),
        rights=max(3, min(MOST_RIGHTS, officers // 50)),
        waiting=max(3, min(MOST_RIGHTS, officers // 50) // 4),
        further=max(3, min(MOST_FURTHER, officers // 20)),
        disclosures=max(3, entries // 4),
    )


async def fill(rooms: Rooms, *, officers: int, entries: int) -> Volume:
    """Make it. The store must be new but for what the house itself sows."""
    storage, dice = rooms.ground.storage, random.Random(7)  # noqa: S311 - made-up data, the same every time
    now, sizes = storage.clock.now(), sizes_for(officers=officers, entries=entries)
    agencies = [new_id("agc", now=now, randomness=dice.randbytes) for _ in range(sizes.agencies)]
    made = AgencyVolume(agencies, Sealer(rooms, dice), dice, now)
    async with writing(storage.engine, disclosure, member) as connection:
        await made.agencies(connection, await _any_row(connection, service))
        members = await made.officers(connection, officers)
        platform = (await connection.execute(select(agency.c.id).where(agency.c.code == ISSUER_CODE))).scalar_one()
        await made.rights(connection, sizes.rights, sizes.waiting, platform)
        await made.further(connection, sizes.further, members, await _any_row(connection, client))
        holders = await connection.execute(select(member.c.subscriber_id).where(member.c.id.in_(members[:100])))
        people = [row.subscriber_id for row in holders]
        of_large = select(agreement.c.id).where(agreement.c.agency_id == agencies[0], agreement.c.dataset == OWNED)
        granted = of_large.where(agreement.c.officers_need_grant)
        right = (await connection.execute(granted.limit(1))).scalar_one()
        await made.disclosures(connection, sizes.disclosures, members, people)
    async with storage.unit_of_work() as uow:
        await add_up_days(uow)
    await fill_log(storage, entries, agencies, members, dice)
    await settle(storage.engine)
    small = sizes.agencies - 1
    return Volume(
        officers,
        entries,
        large=AgencyId(agencies[0]),
        small=AgencyId(agencies[small]),
        small_code=f"volume-{small}",
        actor=members[0],
        citizen=SubscriberId(people[0]),
        right=right,
        began=now - SPAN,
    )


async def _any_row(connection: AsyncConnection, table: Table) -> dict[str, Any]:
    """A row of this table as it stands in the store, past the types of its columns."""
    rows = await connection.exec_driver_sql(f"SELECT * FROM {table.name} LIMIT 1")  # noqa: S608 - a table of ours
    return dict(rows.mappings().one())
