"""Who opens something at a counter, what the service may have there, and what is put on record about it."""

from collections.abc import Sequence
from typing import Final

from idp.agencies.model import Agreement, Member
from idp.agencies.service import Agencies
from idp.audit.log import AuditLog
from idp.audit.model import Actor, ActorKind, AuditEvent
from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.card_photo import CARD_PHOTO
from idp.catalogue.datasets import DATASETS
from idp.catalogue.model import Channel, SubjectSource
from idp.exchange.bases.model import Ground
from idp.exchange.bases.service import Bases
from idp.exchange.counter import rules
from idp.exchange.counter.model import CounterProblem, OpenedFor, Supervision
from idp.exchange.counter.supervision import supervision_of
from idp.exchange.pull.cases import is_fit_case
from idp.kernel.assurance import Aal
from idp.kernel.errors import Refused
from idp.kernel.ids import ServiceId
from idp.protocol.scopes import LOOK_UP
from idp.storage.storage import UnitOfWork

_UNSUPERVISED: Final = {
    Supervision.NOBODY: CounterProblem.NO_SUPERVISOR,
    Supervision.OVERDUE: CounterProblem.REVIEWS_OVERDUE,
}


class CounterOfficers:
    """Every method joins the caller's unit of work."""

    def __init__(self, *, agencies: Agencies, bases: Bases, audit: AuditLog) -> None:
        self._agencies = agencies
        self._bases = bases
        self._audit = audit

    async def officer_of(self, uow: UnitOfWork, token: VerifiedAccessToken) -> Member:
        """The look-up officer who signed in to this program of his own agency. Raises Refused (NOT_AN_OFFICER)."""
        by_person = token.subscriber_id is not None and token.acted_for is None and not token.actors
        strong = token.acr is not None and token.acr.aal >= Aal.AAL2_2
        if token.subscriber_id is None or not (by_person and strong) or LOOK_UP not in token.scope:
            raise Refused(CounterProblem.NOT_AN_OFFICER)
        members = await self._agencies.members_of(uow, token.subscriber_id)
        officer = next((one for one in members if rules.may_look_up(one, agency_id=token.agency_id)), None)
        if officer is None:
            raise Refused(CounterProblem.NOT_AN_OFFICER)
        return officer

    async def opened_for(
        self, uow: UnitOfWork, token: VerifiedAccessToken, service_id: ServiceId, case: str
    ) -> tuple[OpenedFor, Member]:
        """For what this officer opens something.

        Raises Refused (NOT_AN_OFFICER, NO_SUPERVISOR, REVIEWS_OVERDUE, CASE_NOT_FIT).
        """
        officer = await self.officer_of(uow, token)
        unsupervised = _UNSUPERVISED.get(await supervision_of(uow, officer.agency_id))
        if unsupervised is not None:
            raise Refused(unsupervised)
        if not is_fit_case(case):
            raise Refused(CounterProblem.CASE_NOT_FIT)
        return OpenedFor(officer.agency_id, token.client_id, officer.id, service_id, case), officer

    async def rights(self, uow: UnitOfWork, opened: OpenedFor, source: SubjectSource) -> Sequence[Agreement]:
        """What the service may have at a counter about whoever is named this way."""
        found = [
            await self._agencies.agreement_for(
                uow, opened.agency_id, opened.service_id, dataset.id, uow.now, channel=Channel.COUNTER
            )
            for dataset in DATASETS.values()
            if source in dataset.subjects
        ]
        return [agreement for agreement in found if agreement is not None]

    async def may_have_photo(self, uow: UnitOfWork, opened: OpenedFor) -> bool:
        """True when an agreement in force lets the service have the photo off the card, on screen or in the copy."""
        right = await self._agencies.agreement_for(
            uow, opened.agency_id, opened.service_id, CARD_PHOTO.id, uow.now, channel=Channel.COUNTER
        )
        return right is not None

    async def state_ground(self, uow: UnitOfWork, anchor: str, opened: OpenedFor, ground: Ground) -> None:
        """Put the ground on record. Raises as `Bases.open` does."""
        await self._bases.open(
            uow,
            ground,
            anchor=anchor,
            agency_id=opened.agency_id,
            service_id=opened.service_id,
            by=Actor(ActorKind.MEMBER, opened.member_id),
            client_id=opened.client_id,
        )

    async def note(self, uow: UnitOfWork, event: str, opened: OpenedFor, **details: str) -> None:
        """An entry of the log about what the officer did."""
        await self._audit.append(
            uow,
            AuditEvent(
                event=event,
                actor=Actor(ActorKind.MEMBER, opened.member_id),
                agency_id=opened.agency_id,
                client_id=opened.client_id,
                details={"service": opened.service_id, **details},
            ),
        )
