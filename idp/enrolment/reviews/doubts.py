"""A person does not recognise an access to their data: a case with a number, and an answer within 30 days."""

from collections.abc import Sequence

from idp.enrolment.reviews import rules, store
from idp.enrolment.reviews.model import ASKER, MOST_DOUBTS, CaseKind, CaseState, ReviewCase, ReviewProblem
from idp.enrolment.reviews.service import Reviews
from idp.kernel.errors import Refused
from idp.kernel.ids import ClientId, SubscriberId
from idp.storage.storage import UnitOfWork
from idp.subscribers.service import Subscribers

MOST_LISTED = 200


class Doubts:
    """Questions of persons about entries of their own history of accesses, and about programs that ask them."""

    def __init__(self, *, reviews: Reviews, subscribers: Subscribers) -> None:
        self._reviews = reviews
        self._subscribers = subscribers

    async def ask(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, entry_id: str, *, entry: str, text: str
    ) -> ReviewCase:
        """A case about an entry that this person reads; `entry` is what stands there, `text` what they say of it.

        Who asks again about the same entry gets the case that there is, however often a form is sent.
        Raises Refused (TEXT_NOT_POSSIBLE, TOO_MANY_OPEN).
        """
        words = rules.validate_text(text)
        # one after another, so that two taps or two nodes are not two cases
        await self._subscribers.hold(uow, subscriber_id)
        known = await self.about(uow, subscriber_id, entry_id)
        if known is not None:
            return known
        if len(await self._open(uow, subscriber_id)) >= MOST_DOUBTS:
            raise Refused(ReviewProblem.TOO_MANY_OPEN)
        return await self._reviews.open_for_person(uow, subscriber_id, CaseKind.DOUBT, entry_id, f"{entry}\n\n{words}")

    async def report_asker(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, client_id: ClientId, *, asker: str, text: str
    ) -> ReviewCase:
        """A case about a program that asks this person for data; `asker` is what was read of it, `text` what they say.

        While it is open, who reports again gets the case that there is. Raises Refused (TEXT_NOT_POSSIBLE,
        TOO_MANY_OPEN).
        """
        words = rules.validate_text(text)
        await self._subscribers.hold(uow, subscriber_id)
        known = await self.open_about_asker(uow, subscriber_id, client_id)
        if known is not None:
            return known
        if len(await self._open(uow, subscriber_id)) >= MOST_DOUBTS:
            raise Refused(ReviewProblem.TOO_MANY_OPEN)
        topic = f"{ASKER}{client_id}"
        return await self._reviews.open_for_person(uow, subscriber_id, CaseKind.DOUBT, topic, f"{asker}\n\n{words}")

    async def open_about_asker(
        self, uow: UnitOfWork, subscriber_id: SubscriberId, client_id: ClientId
    ) -> ReviewCase | None:
        """The open case of this person about this program, if there is one."""
        return next(
            (case for case in await self._open(uow, subscriber_id) if case.topic == f"{ASKER}{client_id}"), None
        )

    async def _open(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[ReviewCase]:
        asked = await store.of_person(uow, subscriber_id, CaseKind.DOUBT, limit=MOST_LISTED)
        return [case for case in asked if case.state is not CaseState.DECIDED]

    async def about(self, uow: UnitOfWork, subscriber_id: SubscriberId, entry_id: str) -> ReviewCase | None:
        """The case of this person about this entry, if there is one."""
        return await store.find_of_person(uow, subscriber_id, CaseKind.DOUBT, topic=entry_id)

    async def all_of(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> Sequence[ReviewCase]:
        """Everything that this person asked for: accesses not recognised and corrections, newest first."""
        asked = [
            *await store.of_person(uow, subscriber_id, CaseKind.DOUBT, limit=MOST_LISTED),
            *await store.of_person(uow, subscriber_id, CaseKind.CORRECTION, limit=MOST_LISTED),
        ]
        return sorted(asked, key=lambda case: case.id, reverse=True)
