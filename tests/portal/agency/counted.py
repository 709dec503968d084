"""What an agency asked for in the last days, as the exchange and the follow-up keep it."""

from dataclasses import replace
from datetime import UTC, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import insert, update

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Member, PaperReplaced
from idp.agencies.store import agreement
from idp.audit.model import SYSTEM
from idp.exchange.papers import paper_count
from idp.exchange.pull.store import disclosure
from idp.kernel.ids import new_id
from idp.kernel.randomness import system_randomness
from idp.oversight.followup.store import oversight_sample
from idp.storage.storage import UnitOfWork
from tests.portal.auditing.house import PortalHouse
from tests.provider.oidc.world import SERVICE


async def asked(
    uow: UnitOfWork,
    of: Member,
    *,
    outcome: str = "released",
    days_ago: int = 0,
    times: int = 1,
    by_officer: bool = True,
) -> None:
    """A pull of the agency, by this officer or by a program."""
    at = uow.now - timedelta(days=days_ago)
    row: dict[str, Any] = {
        "id": new_id("dis", now=at, randomness=system_randomness),
        "agency_id": of.agency_id,
        "client_id": "jobs",
        "service_id": SERVICE,
        "officer_id": of.id if by_officer else None,
        "access_token_id": "t",
        "dataset": "dopa.person",
        "fields": [],
        "basis": "consent",
        "outcome": outcome,
        "at": at,
        "audit_entry_id": "aud",
        "times": times,
    }
    await uow.execute(insert(disclosure).values(row))


async def noticed(uow: UnitOfWork, of: Member, *flags: str) -> None:
    """A look-up of this officer that the follow-up flagged."""
    row = {
        "id": new_id("smp", now=uow.now, randomness=system_randomness),
        "agency_id": of.agency_id,
        "day": uow.now.astimezone(BANGKOK).date().isoformat(),
        "about": token_hex(8),
        "anchor": "anchor",
        "officer_id": of.id,
        "officer_person": of.subscriber_id,
        "service_id": SERVICE,
        "person": "pseudonym-of-the-person",
        "result": "released",
        "flags": list(flags),
        "why": "flagged",
        "at": uow.now.astimezone(UTC),
    }
    await uow.execute(insert(oversight_sample).values(row))


async def papers_replaced(portal: PortalHouse, months: dict[str, int]) -> None:
    """A service that asks for no copy any more, and how many it did not ask for."""
    paper = PaperReplaced(
        "สำเนาบัตรประจำตัวประชาชน", "Copy of the ID card", "พ.ร.บ. ตัวอย่าง มาตรา 1", "Act 1", "dopa.person"
    )
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        service = await portal.rooms.agencies.service(uow, SERVICE)
        changed = replace(service, title_th="ขึ้นทะเบียนผู้หางาน", title_en="Job-seekers", papers_replaced=(paper,))
        await portal.rooms.agencies.change_service(uow, changed, by=SYSTEM)
        for month, count in months.items():
            row = {"service_id": SERVICE, "month": month, "dataset": "dopa.person", "releases": count, "papers": count}
            await uow.execute(insert(paper_count).values(row))


async def ending(portal: PortalHouse, *, days: int) -> None:
    """The agency's right to persons ends so soon."""
    async with portal.rooms.ground.storage.unit_of_work() as uow:
        until = uow.now + timedelta(days=days)
        await uow.execute(update(agreement).where(agreement.c.dataset == "dopa.person").values(valid_until=until))
