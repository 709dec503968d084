"""Applications as both sides find and change them: opened, and changed by one conditional statement each time."""

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from idp.agencies import agreement_store, member_store
from idp.agencies import rules as agency_rules
from idp.agencies.accounts.model import AccountTest
from idp.agencies.accounts.service import CompanyAccounts
from idp.agencies.onboarding import store
from idp.agencies.onboarding.model import (
    Application,
    ApplicationId,
    ApplicationState,
    Declaration,
    EventKind,
    Facts,
    Happened,
    OnboardingProblem,
    Paper,
    PaperId,
    PaperKind,
    PaperState,
    Side,
    Wishes,
)
from idp.agencies.onboarding.ports import Readers
from idp.audit.log import AuditLog
from idp.audit.model import Actor, AuditEvent
from idp.catalogue.model import Channel
from idp.kernel.errors import Conflict, NotFound
from idp.kernel.ids import AgencyId, ServiceId, SubscriberId, new_id
from idp.kernel.randomness import Randomness
from idp.keys.envelope import PersonalData, WrappedKey
from idp.keys.sealing import SealBroken
from idp.storage.storage import UnitOfWork

_APPLICATION: Final = "onboarding_application"
_PAPER: Final = "onboarding_paper"
_EVENT: Final = "onboarding_event"
_SEALED: Final = store.SEALED


class Applications:
    """Finds, opens and changes applications; who may is asked before. Joins the caller's unit of work."""

    def __init__(
        self,
        *,
        personal: PersonalData,
        accounts: CompanyAccounts,
        readers: Readers,
        audit: AuditLog,
        randomness: Randomness,
    ) -> None:
        self._personal = personal
        self._accounts = accounts
        self._readers = readers
        self._audit = audit
        self._randomness = randomness

    async def begin(
        self, uow: UnitOfWork, *, applicant: SubscriberId, agency_id: AgencyId | None, wishes: Wishes, once: str
    ) -> Application:
        """A new draft; the one that this very form made where it was sent before. Raises NotFound (another's form)."""
        application_id = ApplicationId(new_id("onb", now=uow.now, randomness=self._randomness))
        values: dict[str, Any] = {
            "id": application_id,
            "applicant": applicant,
            "agency_id": agency_id,
            "is_new": agency_id is None,
            "state": ApplicationState.DRAFT.value,
            "version": 1,
            "content_version": 1,
            "sealed_wishes": await self._seal(uow, application_id, _APPLICATION, application_id, _packed(wishes)),
            "declared": [],
            "once": once,
            "made_at": uow.now,
            "changed_at": uow.now,
        }
        is_first = await store.insert_application(uow, values)
        row = await store.find_by_once(uow, once)
        if row is None or row.applicant != applicant:
            raise NotFound(OnboardingProblem.UNKNOWN)
        application = await self._opened(uow, row)
        if is_first:
            await self.happened(uow, application, EventKind.BEGUN, Side.APPLICANT)
        return application

    async def get(self, uow: UnitOfWork, application_id: ApplicationId) -> Application:
        """One application. Raises NotFound (UNKNOWN), SealBroken."""
        row = await store.find_application(uow, application_id)
        if row is None:
            raise NotFound(OnboardingProblem.UNKNOWN)
        return await self._opened(uow, row)

    async def of(self, uow: UnitOfWork, person: SubscriberId, agency_ids: list[AgencyId]) -> tuple[Application, ...]:
        """Those of a person and of the agencies they administer, newest first."""
        return tuple([await self._opened(uow, row) for row in await store.find_own(uow, person, agency_ids)])

    async def in_states(
        self, uow: UnitOfWork, states: frozenset[ApplicationState], *, limit: int
    ) -> tuple[Application, ...]:
        """Those in these states, longest waiting first."""
        rows = await store.find_in_states(uow, states, limit=limit)
        keys = await self._personal.keys(uow, [row.id for row in rows])
        return tuple(self._opened_with(keys.get(row.id), row) for row in rows)

    async def change(self, uow: UnitOfWork, application: Application, **values: Any) -> None:
        """Save columns in place of the version that was read. Raises Conflict (CHANGED_MEANWHILE)."""
        if not await store.change_application(uow, application.id, of=application.version, values=values):
            raise Conflict(OnboardingProblem.CHANGED_MEANWHILE)

    async def save(self, uow: UnitOfWork, application: Application, wishes: Wishes) -> None:
        """Save another content of the form. Raises Conflict (CHANGED_MEANWHILE)."""
        sealed = await self._seal(uow, application.id, _APPLICATION, application.id, _packed(wishes))
        await self.change(uow, application, sealed_wishes=sealed, content_version=application.content_version + 1)

    async def keep_paper(
        self, uow: UnitOfWork, application: Application, kind: PaperKind, *, reference_no: str, content: bytes
    ) -> Paper:
        """Keep a paper, sealed."""
        paper = Paper(
            id=PaperId(new_id("onp", now=uow.now, randomness=self._randomness)),
            application_id=application.id,
            kind=kind,
            reference_no=reference_no,
            given_at=uow.now,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content_version=application.content_version,
            state=PaperState.GIVEN,
        )
        await store.insert_paper(uow, paper, sealed=await self._seal(uow, application.id, _PAPER, paper.id, content))
        return paper

    async def papers(self, uow: UnitOfWork, application: Application) -> dict[PaperKind, Paper]:
        """The newest paper of each kind: it stands in place of those before it."""
        return {paper.kind: paper for paper in await store.find_papers(uow, application.id)}

    async def paper_count(self, uow: UnitOfWork, application: Application) -> int:
        """How many papers were sent, those that were replaced as well."""
        return len(await store.find_papers(uow, application.id))

    async def content(self, uow: UnitOfWork, application: Application, paper_id: PaperId) -> bytes:
        """What a paper of this application holds. Raises NotFound (UNKNOWN), SealBroken."""
        sealed = await store.find_content(uow, application.id, paper_id)
        if sealed is None:
            raise NotFound(OnboardingProblem.UNKNOWN)
        return await self._personal.open(uow, application.id, table=_PAPER, column=_SEALED, row=paper_id, sealed=sealed)

    async def facts(self, uow: UnitOfWork, application: Application) -> Facts:
        """What stands in the house for it."""
        papers, agency_id = await self.papers(uow, application), application.agency_id
        if agency_id is None:
            return Facts(papers, (), 0, account_is_accepted=False, rights_in_force=0)
        account = await self._accounts.state(uow, agency_id)
        return Facts(
            papers=papers,
            members=await member_store.find_live_members_at(uow, agency_id, now=uow.now),
            readers=await self._readers.count(uow, agency_id),
            account_is_accepted=account is not None and account.tested is AccountTest.ACCEPTED,
            rights_in_force=await self._rights_in_force(uow, application, agency_id),
        )

    async def happened(
        self, uow: UnitOfWork, application: Application, kind: EventKind, side: Side, *, words: str = ""
    ) -> None:
        """Add a line to the timeline."""
        event_id = new_id("one", now=uow.now, randomness=self._randomness)
        sealed = await self._seal(uow, application.id, _EVENT, event_id, words.encode()) if words else None
        await store.insert_event(uow, event_id, application.id, kind, side, sealed)

    async def timeline(self, uow: UnitOfWork, application: Application) -> tuple[Happened, ...]:
        """What happened, newest first."""
        lines = []
        for row in await store.find_events(uow, application.id):
            words = b""
            if row.sealed_words is not None:
                words = await self._personal.open(
                    uow, application.id, table=_EVENT, column=_SEALED, row=row.id, sealed=bytes(row.sealed_words)
                )
            lines.append(Happened(EventKind(row.kind), Side(row.side), row.at, words.decode()))
        return tuple(lines)

    async def record(self, uow: UnitOfWork, event: str, application: Application, by: Actor, **details: str) -> None:
        """Write down who did what, without a word of what the form says."""
        entry = AuditEvent(
            event=f"onboarding.{event}",
            actor=by,
            agency_id=application.agency_id,
            details={"application": application.id, **details},
        )
        await self._audit.append(uow, entry)

    async def forget(self, uow: UnitOfWork, application_id: ApplicationId) -> None:
        """Forget it with all that was sent; the key it was sealed with is destroyed, also in backups."""
        await store.delete_application(uow, application_id)
        await self._personal.destroy(uow, application_id)

    async def _rights_in_force(self, uow: UnitOfWork, application: Application, agency_id: AgencyId) -> int:
        """How many of the rights that are wanted the owners gave; the service may still be closed."""
        given = {
            (one.dataset, one.channel)
            for one in await agreement_store.find_agreements(uow, agency_id=agency_id)
            if one.service_id == application.service_id and agency_rules.is_in_force(one, now=uow.now)
        }
        return sum((one.dataset, Channel(one.channel)) in given for one in application.wishes.rights)

    async def _opened(self, uow: UnitOfWork, row: Row[Any]) -> Application:
        return self._opened_with((await self._personal.keys(uow, [row.id])).get(row.id), row)

    def _opened_with(self, key: WrappedKey | None, row: Row[Any]) -> Application:
        if key is None:
            raise SealBroken(f"{_APPLICATION}.{_SEALED}")
        place = {"table": _APPLICATION, "column": _SEALED, "row": row.id}
        packed = self._personal.open_with(key, **place, sealed=bytes(row.sealed_wishes))
        return Application(
            id=ApplicationId(row.id),
            applicant=SubscriberId(row.applicant),
            agency_id=None if row.agency_id is None else AgencyId(row.agency_id),
            is_new=row.is_new,
            state=ApplicationState(row.state),
            version=row.version,
            content_version=row.content_version,
            wishes=msgspec.json.decode(packed, type=Wishes),
            declared=frozenset(Declaration(one) for one in row.declared),
            service_id=None if row.service_id is None else ServiceId(row.service_id),
            made_at=row.made_at,
            changed_at=row.changed_at,
            submitted_at=row.submitted_at,
            admin_seen_at=row.admin_seen_at,
        )

    async def _seal(self, uow: UnitOfWork, application_id: ApplicationId, table: str, row: str, value: bytes) -> bytes:
        return await self._personal.seal(uow, application_id, table=table, column=_SEALED, row=row, value=value)


def _packed(wishes: Wishes) -> bytes:
    return msgspec.json.encode(wishes)
