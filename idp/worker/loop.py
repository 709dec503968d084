"""Running the jobs for ever, each in its own rhythm; a job that fails is logged and tried again, it never ends the
worker.
"""

import asyncio
from collections.abc import Sequence

import structlog

from idp.worker.jobs import EXPECTED_FAILURES, Job

logger = structlog.get_logger("worker")
LONGEST_REST_SECONDS = 60.0


async def run_jobs(jobs: Sequence[Job], stop: asyncio.Event) -> None:
    """Run until `stop` is set; the jobs under way are finished, then those that have to leave nothing waiting run."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_run_job(job, stop), name=job.name)
    for job in jobs:
        if job.runs_at_the_end:
            await _run_once(job)


async def _run_job(job: Job, stop: asyncio.Event) -> None:
    rest = job.every_seconds
    while not stop.is_set():
        rest = job.every_seconds if await _run_once(job) else min(max(rest, 1.0) * 2, LONGEST_REST_SECONDS)
        try:
            await asyncio.wait_for(stop.wait(), timeout=rest)
        except TimeoutError:
            continue


async def _run_once(job: Job) -> bool:
    try:
        await job.run()
    except EXPECTED_FAILURES as error:
        logger.warning("worker.job_failed", job=job.name, error=type(error).__name__)
        return False
    return True
