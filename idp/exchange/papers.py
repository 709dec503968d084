"""Papers that nobody was asked for: each release that stands for one is counted, by service and month, of nobody.

Rules: cabinet resolution of 2 October 2561 and the guideline on reducing copies (facts/thai-registries, sections 0 and
3.5).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text, select

from connectors.contracts.thai_dates import BANGKOK
from idp.agencies.model import Service
from idp.agencies.store import service
from idp.kernel.ids import ServiceId
from idp.storage.dialects import insert_on_conflict
from idp.storage.metadata import metadata
from idp.storage.storage import UnitOfWork

paper_count = Table(
    "paper_count",
    metadata,
    Column("service_id", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("releases", Integer, nullable=False),
    Column("papers", Integer, nullable=False),
    PrimaryKeyConstraint("service_id", "month", "dataset"),
)


@dataclass(frozen=True, slots=True)
class PaperCount:
    """How many papers one data set stood for in one month (YYYY-MM in Bangkok), by how many releases."""

    service_id: ServiceId
    month: str
    dataset: str
    releases: int
    papers: int


async def count_papers(uow: UnitOfWork, service_id: ServiceId, dataset: str) -> None:
    """Count one release, in the transaction that discloses; nothing where the data set stands for no paper."""
    row = await uow.first(select(service.c.papers_replaced).where(service.c.id == service_id))
    papers = 0 if row is None else sum(paper["dataset"] == dataset for paper in row.papers_replaced)
    if papers == 0:
        return
    statement = insert_on_conflict(paper_count, uow.dialect).values(
        service_id=service_id, month=month_of(uow.now), dataset=dataset, releases=1, papers=papers
    )
    await uow.execute(
        statement.on_conflict_do_update(
            index_elements=["service_id", "month", "dataset"],
            set_={"releases": paper_count.c.releases + 1, "papers": paper_count.c.papers + papers},
        )
    )


def month_of(now: datetime) -> str:
    """The month in Bangkok in which a release is counted."""
    return now.astimezone(BANGKOK).strftime("%Y-%m")


def papers_for(of: Service, dataset: str) -> int:
    """For how many of the papers of a service one release of this data set stands."""
    return sum(paper.dataset == dataset for paper in of.papers_replaced)


async def papers_counted(uow: UnitOfWork, service_ids: Collection[ServiceId]) -> tuple[PaperCount, ...]:
    """What these services did not ask for, the newest month first."""
    newest = paper_count.c.month.desc(), paper_count.c.service_id, paper_count.c.dataset
    rows = await uow.all(select(paper_count).where(paper_count.c.service_id.in_(service_ids)).order_by(*newest))
    return tuple(
        PaperCount(ServiceId(row.service_id), row.month, row.dataset, row.releases, row.papers) for row in rows
    )
