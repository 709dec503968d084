"""The platform's pages of one deployment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from idp.app.door_kit import DoorKit
from idp.app.key_calendar import DeploymentKeys
from idp.app.rooms import Rooms
from idp.approvals.model import Decider
from idp.audit.model import Actor
from idp.exchange.health.model import JUDGED_MINUTES, Minute, ServiceView
from idp.exchange.health.service import RegistryHealth
from idp.portal.platform.catalogue_pages import CataloguePages
from idp.portal.platform.gate import PlatformGate
from idp.portal.platform.inbox_pages import InboxPages
from idp.portal.platform.model import ServiceHealth, ServiceMinute, ServiceState, Shutter
from idp.portal.platform.rights_pages import RightsPages
from idp.portal.platform.state_pages import StatePages
from idp.portal.staff import StaffGate
from idp.settings import Settings
from idp.storage.storage import UnitOfWork

PlatformPages = tuple[InboxPages, RightsPages, CataloguePages, StatePages]


@dataclass(frozen=True, slots=True)
class HealthOfRegistries:
    """What the data exchange knows of the registries (fulfils `idp.portal.platform.model.RegistriesHealth`)."""

    health: RegistryHealth

    async def services(self, uow: UnitOfWork) -> Sequence[ServiceHealth]:
        """Every service, with how it does now."""
        since = uow.now - timedelta(minutes=JUDGED_MINUTES)
        return [
            ServiceHealth(
                service=one.service,
                datasets=one.datasets,
                state=_state(one, [minute for minute in one.minutes if minute.at >= since]),
                last_answer=one.last_answer,
                minutes=tuple(
                    ServiceMinute(minute.at, minute.answered, minute.turned_away, minute.failed + minute.rested)
                    for minute in one.minutes
                ),
                waiting=one.waiting,
                shutter=None if one.shutter is None else Shutter(one.shutter.since, one.shutter.by, one.shutter.reason),
            )
            for one in await self.health.services(uow)
        ]

    async def shut(self, uow: UnitOfWork, service: str, *, reason: str, by: Decider) -> None:
        """As the room does."""
        await self.health.shut(uow, service, reason=reason, by=Actor(by.kind, by.member_id), agency_id=by.agency_id)

    async def open(self, uow: UnitOfWork, service: str, *, by: Decider) -> None:
        """As the room does."""
        await self.health.open(uow, service, by=Actor(by.kind, by.member_id), agency_id=by.agency_id)


def _state(view: ServiceView, lately: Sequence[Minute]) -> ServiceState:
    if view.shutter is not None:
        return ServiceState.SHUT
    if not lately:
        return ServiceState.QUIET
    if lately[-1].rested:
        return ServiceState.RESTING
    heard = sum(minute.answered + minute.turned_away for minute in lately)
    failed = sum(minute.failed for minute in lately)
    return ServiceState.FAILING if failed > heard else ServiceState.ANSWERS


def platform_pages(kit: DoorKit, gate: StaffGate, rooms: Rooms, settings: Settings) -> PlatformPages:
    """What waits, who may have what, what there is, how the registries and the keys stand."""
    ground = rooms.ground
    platform = PlatformGate(gate=gate, agreements=rooms.agreements)
    return (
        InboxPages(
            pages=kit.pages,
            storage=ground.storage,
            gate=gate,
            agencies=rooms.agencies,
            approvals=rooms.representation.approvals,
        ),
        RightsPages(
            pages=kit.pages,
            storage=ground.storage,
            gate=platform,
            agencies=rooms.agencies,
            agreements=rooms.agreements,
            audit=ground.audit,
        ),
        CataloguePages(pages=kit.pages, gate=gate),
        StatePages(
            pages=kit.pages,
            csrf=kit.csrf,
            problems=kit.problems,
            storage=ground.storage,
            gate=platform,
            registries=HealthOfRegistries(rooms.registries_health),
            keys=DeploymentKeys(
                storage=ground.storage,
                signing_keys=ground.signing_keys,
                root_keys=ground.root_keys,
                keys_folder=settings.home / "keys",
                trust=settings.home / "trust",
                tls_certificate=settings.tls_certificate,
            ),
        ),
    )
