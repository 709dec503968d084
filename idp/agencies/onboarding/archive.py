"""An application as a bundle for the archive: what was wanted, every paper that was sent, and what happened.

Nothing in it opens anything: invitations and passwords are in no application. It names people, as the application does.
"""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from idp.agencies.onboarding import store
from idp.agencies.onboarding.model import ApplicationId, OnboardingProblem, Paper
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.kernel.errors import NotFound
from idp.kernel.ids import AgencyId
from idp.keys.envelope import PersonalData
from idp.storage.storage import UnitOfWork


@dataclass(frozen=True, slots=True, repr=False)
class ArchiveFile:
    """One file of a bundle."""

    path: str
    content: bytes


class OnboardingArchive:
    """Takes applications out."""

    def __init__(self, *, personal: PersonalData, audit: AuditLog) -> None:
        self._personal = personal
        self._audit = audit

    async def bundle(
        self, uow: UnitOfWork, application_id: ApplicationId, *, by: Actor, **why: str
    ) -> tuple[ArchiveFile, ...]:
        """The files of one application, noted in the log with `why`: who took it out, and for what.

        Raises NotFound (UNKNOWN; also for what was never sent: a draft is nobody's but the applicant's), SealBroken.
        """
        row = await store.find_application(uow, application_id)
        if row is None or row.submitted_at is None:
            raise NotFound(OnboardingProblem.UNKNOWN)
        form = await self._open(uow, row.id, store.onboarding_application.name, row.id, row.sealed_wishes)
        papers = await store.find_papers(uow, application_id)
        files = [
            ArchiveFile("application.json", _json(_told(row) | {"form": json.loads(form)})),
            ArchiveFile("history.json", _json(await self._history(uow, application_id))),
            ArchiveFile("papers.json", _json([_described(one) for one in papers])),
        ]
        for one in papers:
            sealed = await store.find_content(uow, application_id, one.id)
            if sealed is not None:
                content = await self._open(uow, row.id, store.onboarding_paper.name, one.id, sealed)
                files.append(ArchiveFile(_path(one), content))
        entry = AuditEvent(
            event="onboarding.archived",
            actor=by,
            agency_id=None if row.agency_id is None else AgencyId(row.agency_id),
            details={"application": application_id, "papers": len(papers), **why},
        )
        await self._audit.append(uow, entry)
        return tuple(files)

    async def _history(self, uow: UnitOfWork, application_id: ApplicationId) -> list[dict[str, Any]]:
        lines = []
        for row in reversed(await store.find_events(uow, application_id, limit=None)):
            words = b""
            if row.sealed_words is not None:
                words = await self._open(uow, application_id, store.onboarding_event.name, row.id, row.sealed_words)
            line = {"at": row.at.isoformat(), "side": row.side, "what": row.kind, "words": words.decode()}
            lines.append(line)
        return lines

    async def _open(self, uow: UnitOfWork, owner: str, table: str, row: str, sealed: bytes) -> bytes:
        return await self._personal.open(uow, owner, table=table, column=store.SEALED, row=row, sealed=bytes(sealed))


def _told(row: Any) -> dict[str, Any]:
    """How the application stands; who applied stays a number of ours."""
    names = ("id", "agency_id", "service_id", "is_new", "state", "version", "content_version", "declared")
    moments = ("made_at", "submitted_at", "changed_at", "admin_seen_at")
    at = {name: getattr(row, name) for name in moments}
    return {name: getattr(row, name) for name in names} | {
        name: None if moment is None else moment.isoformat() for name, moment in at.items()
    }


def _described(paper: Paper) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(paper)
    return told | {"file": _path(paper)}


def _path(paper: Paper) -> str:
    return f"papers/{paper.given_at:%Y%m%d}-{paper.kind.value}-{paper.id}.pdf"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
