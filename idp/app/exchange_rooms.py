"""The data exchange of one deployment: pulls, documents and the values on the consent page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.namings.service import SecurityNamings
from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.app.issuer_agency import PREVIEW_SERVICE
from idp.app.outside import Outside
from idp.authorization.client_registration.key_sets import ClientKeySets
from idp.authorization.client_registration.store import find_live_client
from idp.consent.service import Consents
from idp.exchange.bases.service import Bases
from idp.exchange.bases.slip import Slips
from idp.exchange.changes import Changes
from idp.exchange.counter.card_check import CardJudge
from idp.exchange.counter.service import Counters
from idp.exchange.document.comparing import Comparing
from idp.exchange.document.service import Documents
from idp.exchange.health.photos import watched
from idp.exchange.health.service import RegistryHealth
from idp.exchange.on_card.records import OnCardRecords
from idp.exchange.on_card.service import OnCard
from idp.exchange.photo.records import PhotoRecords
from idp.exchange.photo.service import Photos
from idp.exchange.preview import Previews
from idp.exchange.pull.facts import FactsReader
from idp.exchange.pull.ledger import DisclosureLedger
from idp.exchange.pull.plain import PlainPulls
from idp.exchange.pull.service import Pulls
from idp.exchange.retention import KeptFor, Retention
from idp.exchange.service import Exchange
from idp.exchange.sources import Registries
from idp.exchange.waiting.service import WaitingPulls
from idp.kernel.ids import AgencyId, ClientId
from idp.representation.acting.service import Acting
from idp.settings import Settings
from idp.stations.desk import Desk
from idp.stations.service import Stations
from idp.storage.storage import Storage
from idp.subscribers.service import Subscribers


@dataclass(frozen=True, slots=True)
class ExchangeRooms:
    """`exchange` asks the others."""

    bases: Bases
    slips: Slips
    counters: Counters
    photos: Photos
    on_card: OnCard
    retention: Retention
    health: RegistryHealth
    documents: Documents
    comparing: Comparing
    previews: Previews
    exchange: Exchange


class KeysOfPrograms:
    """The key sets that programs registered (fulfils `idp.exchange.document.model.RecipientKeys`)."""

    def __init__(self, storage: Storage, key_sets: ClientKeySets) -> None:
        self._storage = storage
        self._key_sets = key_sets

    async def of(self, client_id: ClientId) -> Mapping[str, Any] | None:
        """The program's key set, fetched anew where it is due."""
        await self._key_sets.prepare(client_id)
        async with self._storage.reading() as uow:
            client = await find_live_client(uow, client_id)
        return None if client is None else self._key_sets.of(client)


def build_exchange_rooms(
    settings: Settings,
    ground: Ground,
    outside: Outside,
    *,
    agencies: Agencies,
    consents: Consents,
    subscribers: Subscribers,
    acting: Acting,
    accounts: CompanyAccounts,
    namings: SecurityNamings,
    stations: Stations,
    desk: Desk,
    key_sets: ClientKeySets,
    issuer_agency: AgencyId,
) -> ExchangeRooms:
    """Put them together; the issuer asks registries as the agency that it is."""
    storage, audit, randomness = ground.storage, ground.audit, ground.randomness
    health = RegistryHealth(storage=storage, personal=ground.personal, audit=audit)
    registries = Registries(desk_of=outside.desk_of, clock=ground.storage.clock.now, watch=health)
    documents = Documents(
        storage=storage,
        sealer=outside.sealer,
        recipients=KeysOfPrograms(storage, key_sets),
        personal=ground.personal,
        audit=audit,
        randomness=randomness,
        blind_index=ground.blind_index,
        verify_url=f"{settings.gateway_url}/verify",
    )
    changes = Changes(ground.root_keys)
    ledger = DisclosureLedger(
        storage=storage,
        consents=consents,
        documents=documents,
        audit=audit,
        personal=ground.personal,
        changes=changes,
        randomness=randomness,
    )
    plain = PlainPulls(
        storage=storage,
        subscribers=subscribers,
        accounts=accounts,
        personal=ground.personal,
        changes=changes,
        audit=audit,
        randomness=randomness,
    )
    bases = Bases(agencies=agencies, personal=ground.personal, audit=audit, randomness=randomness)
    counters = Counters(
        storage=storage,
        agencies=agencies,
        subscribers=subscribers,
        stations=stations,
        desk=desk,
        bases=bases,
        judge=CardJudge(card_status=outside.card_status, clock=ground.clock),
        personal=ground.personal,
        blind_index=ground.blind_index,
        audit=audit,
        randomness=randomness,
    )
    facts = FactsReader(
        agencies=agencies,
        consents=consents,
        subscribers=subscribers,
        acting=acting,
        counters=counters,
        bases=bases,
        accounts=accounts,
    )
    pulls = Pulls(
        storage=storage,
        agencies=agencies,
        plain=plain,
        facts=facts,
        ledger=ledger,
        registries=registries,
        documents=documents,
        audit=audit,
    )
    previews = Previews(
        storage=storage,
        agencies=agencies,
        subscribers=subscribers,
        registries=registries,
        audit=audit,
        randomness=randomness,
        issuer_id=issuer_agency,
        service_id=PREVIEW_SERVICE,
    )
    return ExchangeRooms(
        bases=bases,
        health=health,
        slips=Slips(
            storage=storage,
            agencies=agencies,
            bases=bases,
            personal=ground.personal,
            sealer=outside.sealer,
            issuer=settings.issuer,
        ),
        counters=counters,
        photos=Photos(
            storage=storage,
            agencies=agencies,
            namings=namings,
            subscribers=subscribers,
            counters=counters,
            bases=bases,
            records=PhotoRecords(audit=audit, personal=ground.personal, randomness=randomness),
            photos_of=watched(outside.photos_of, health),
            randomness=randomness,
        ),
        on_card=OnCard(
            storage=storage,
            agencies=agencies,
            counters=counters,
            stations=stations,
            bases=bases,
            facts=facts,
            ledger=ledger,
            documents=documents,
            records=OnCardRecords(audit=audit, personal=ground.personal, randomness=randomness),
            personal=ground.personal,
        ),
        retention=Retention(
            storage=storage,
            kept_for=KeptFor(
                openings=timedelta(days=settings.keep_openings_days),
                grounds=timedelta(days=settings.keep_grounds_days),
                pulls=timedelta(days=settings.keep_ended_pulls_days),
                printed_values=timedelta(days=settings.keep_printed_values_days),
            ),
        ),
        documents=documents,
        comparing=Comparing(storage=storage, blind_index=ground.blind_index),
        previews=previews,
        exchange=Exchange(
            pulls=pulls,
            documents=documents,
            previews=previews,
            counters=counters,
            waiting=WaitingPulls(
                storage=storage,
                pulls=pulls,
                agencies=agencies,
                personal=ground.personal,
                audit=audit,
                randomness=randomness,
            ),
        ),
    )
