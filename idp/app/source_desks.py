"""The registries by the very service that was asked for, as the bridge needs them: the same lines, other clients."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from connectors.contracts.civil_records import NameHistory
from connectors.contracts.identifiers import CitizenId
from connectors.contracts.registry import RegistryAnswer
from connectors.contracts.registry_desk import Asker, RegistryDesk, Source
from connectors.dbd.profile_v7 import DbdV7Client
from connectors.dopa.ikno import IknoClient, Profile
from connectors.dopa.ikno_house import IknoHouseClient
from connectors.dopa.linkage import LinkageClient
from connectors.dopa.linkage_services import FIRST_NAME_CHANGES, NAME_CHANGES, SURNAME_CHANGES, LinkageService
from idp.app.desks import Desks

_PROFILES: Final[Mapping[Source, Profile]] = {
    Source.SIMPLE: Profile.SIMPLE,
    Source.NORMAL: Profile.NORMAL,
    Source.FULL: Profile.FULL,
    Source.EXTRA: Profile.EXTRA,
}
_REGISTERS: Final[Mapping[Source, LinkageService]] = {
    Source.LINKAGE: NAME_CHANGES,
    Source.LINKAGE_FIRST_NAMES: FIRST_NAME_CHANGES,
    Source.LINKAGE_SURNAMES: SURNAME_CHANGES,
}


@dataclass(frozen=True, slots=True)
class SourceDesks:
    """What the registries have in several services comes from the one that is named."""

    desks: Desks

    def of(self, asker: Asker, source: Source) -> RegistryDesk:
        """The clients of this asker."""
        desk, clock = self.desks.of(asker), self.desks.clock
        population, linkage = self.desks.sessions_of(asker)
        if source in _PROFILES:
            return replace(
                desk,
                population=IknoClient(session=population, clock=clock, profile=_PROFILES[source]),
                houses=IknoHouseClient(session=population, clock=clock),
            )
        if source in _REGISTERS:
            client = LinkageClient(session=linkage, clock=clock)
            names = _Register(client, _REGISTERS[source])
            return replace(desk, population=client, houses=client, names=names, extracts=client)
        if source is Source.DBD_V7:
            return replace(desk, companies=DbdV7Client(session=self.desks.companies, clock=clock))
        return desk


@dataclass(frozen=True, slots=True)
class _Register:
    """One of the registers of changed names; implements NameRegistry."""

    client: LinkageClient
    service: LinkageService

    async def name_changes(
        self, citizen_id: CitizenId, *, deadline_seconds: float, idempotency_key: str | None = None
    ) -> RegistryAnswer[NameHistory]:
        """Every change in this register."""
        return await self.client.name_changes(
            citizen_id, deadline_seconds=deadline_seconds, idempotency_key=idempotency_key, service=self.service
        )
