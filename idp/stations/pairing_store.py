"""The table of pairing codes that wait for their agents, and its SQL. No code lies here, only digests."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, and_, delete, select, update

from idp.audit.model import Actor, ActorKind
from idp.kernel.ids import AgencyId, StationId
from idp.stations.model import PairingOffer, PlannedStation, StationMode
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import Instant, metadata
from idp.storage.storage import UnitOfWork

station_pairing = Table(
    "station_pairing",
    metadata,
    Column("locator", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("station_id", Text, nullable=False),
    Column("agency_id", Text, nullable=False, index=True),
    Column("name_th", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("replaces", Text),
    Column("made_by_kind", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("tries_left", Integer, nullable=False),
)


async def insert_offer(uow: UnitOfWork, offer: PairingOffer, *, tries: int) -> bool:
    """True when no other code begins like this one."""
    planned = offer.planned
    statement = (
        insert_on_conflict(station_pairing, uow.dialect)
        .values(
            locator=offer.locator,
            digest=offer.digest,
            station_id=offer.station_id,
            agency_id=offer.agency_id,
            name_th=planned.name_th,
            name_en=planned.name_en,
            site=planned.site,
            mode=planned.mode.value,
            replaces=planned.replaces,
            made_by_kind=offer.made_by.kind.value,
            made_by=offer.made_by.id,
            expires_at=offer.expires_at,
            tries_left=tries,
        )
        .on_conflict_do_nothing()
    )
    return await uow.changed(statement) == 1


async def use_a_try(uow: UnitOfWork, locator: str) -> PairingOffer | None:
    """The offer, one try poorer; None when there is none, or its time or its tries are over.

    One statement takes the try: of many guesses at once no more than the allowed ones are compared.
    """
    alive = and_(
        station_pairing.c.locator == locator,
        station_pairing.c.tries_left > 0,
        station_pairing.c.expires_at > uow.now,
    )
    one_less = update(station_pairing).where(alive).values(tries_left=station_pairing.c.tries_left - 1)
    if await uow.changed(one_less) != 1:
        return None
    row = await uow.first(select(station_pairing).where(station_pairing.c.locator == locator))
    if row is None:
        return None
    return PairingOffer(
        locator=row.locator,
        digest=row.digest,
        station_id=StationId(row.station_id),
        agency_id=AgencyId(row.agency_id),
        planned=PlannedStation(
            row.name_th,
            row.name_en,
            row.site,
            StationMode(row.mode),
            None if row.replaces is None else StationId(row.replaces),
        ),
        made_by=Actor(ActorKind(row.made_by_kind), row.made_by),
        expires_at=row.expires_at,
    )


async def take_offer(uow: UnitOfWork, offer: PairingOffer) -> bool:
    """True for the one agent that uses the code up."""
    this = and_(station_pairing.c.locator == offer.locator, station_pairing.c.digest == offer.digest)
    return await uow.changed(delete(station_pairing).where(this)) == 1


async def withdraw_offers(uow: UnitOfWork, station_id: StationId) -> int:
    """Every waiting code for this station is void; gives how many there were."""
    return await uow.changed(delete(station_pairing).where(station_pairing.c.station_id == station_id))


async def forget_expired_offers(uow: UnitOfWork) -> int:
    """Throw away codes whose time is over; gives how many."""
    return await uow.changed(delete(station_pairing).where(station_pairing.c.expires_at <= uow.now))


async def waiting_offers(uow: UnitOfWork, agency_id: AgencyId) -> int:
    """How many codes of this agency wait."""
    mine = and_(station_pairing.c.agency_id == agency_id, station_pairing.c.expires_at > uow.now)
    return len(await uow.all(select(station_pairing.c.locator).where(mine)))
