"""The exchange as doors and other callers see it."""

from collections.abc import Sequence

from idp.authorization.tokens.model import VerifiedAccessToken
from idp.catalogue.gdx import GdxDetail
from idp.exchange.changes import forget_digests, forget_digests_of
from idp.exchange.counter.service import Counters
from idp.exchange.decision.model import Reason
from idp.exchange.document.model import AwaitedDocument, FetchedDocument
from idp.exchange.document.service import Documents
from idp.exchange.model import Pull, Released
from idp.exchange.preview import Preview, Previews
from idp.exchange.pull.counting import drop_expired_counters
from idp.exchange.pull.service import Pulls
from idp.exchange.pull.store import forget_answers, forget_person
from idp.exchange.sources import Registries
from idp.exchange.waiting.model import WaitingPull
from idp.exchange.waiting.service import Accepted, WaitingPulls
from idp.kernel.assurance import Acr
from idp.kernel.ids import DocumentId, SubscriberId
from idp.storage.storage import UnitOfWork


class Exchange:
    """Pulls, the documents made by them, and the owner's preview."""

    def __init__(
        self, *, pulls: Pulls, documents: Documents, previews: Previews, counters: Counters, waiting: WaitingPulls
    ) -> None:
        self._pulls = pulls
        self._counters = counters
        self._waiting = waiting
        self._documents = documents
        self._previews = previews

    async def pull(self, pull: Pull, *, registries: Registries | None = None) -> Released:
        """Release one data set now, asking `registries` where they are given; see `Pulls.pull` for what it raises."""
        return await (self._pulls if registries is None else self._pulls.asking(registries)).pull(pull)

    async def pull_or_wait(self, pull: Pull) -> Released | Accepted:
        """Release one data set, or accept it for later; see `WaitingPulls.pull` for what it raises."""
        return await self._waiting.pull(pull)

    async def waiting(self, waiting_id: str, access_token: VerifiedAccessToken) -> Released | WaitingPull:
        """How a pull that waits stands, or its answer; see `WaitingPulls.look` for what it raises."""
        return await self._waiting.look(waiting_id, access_token)

    async def cancel(self, waiting_id: str, access_token: VerifiedAccessToken) -> None:
        """End a pull that waits. Raises NotFound."""
        await self._waiting.cancel(waiting_id, access_token)

    async def advance_waiting(self) -> int:
        """Try the pulls that wait and are due, for the worker; gives how many."""
        return await self._waiting.advance()

    async def finish_documents(self) -> int:
        """Time-stamps that could not be had, and what makes documents last, for the worker; gives how many."""
        return await self._documents.finish_due()

    async def require_recipient(self, access_token: VerifiedAccessToken) -> None:
        """Raises Refused for a program without a key that files can be encrypted to."""
        await self._documents.require_recipient(access_token.client_id)

    async def refuse_ended(self, pull: Pull) -> None:
        """Record a pull with a token whose grant has ended; see `Pulls.refuse_ended`."""
        await self._pulls.refuse_ended(pull)

    async def refuse_unread(self, access_token: VerifiedAccessToken, reason: Reason) -> None:
        """Record a request of a proven client that cannot be judged; see `Pulls.refuse_unread`."""
        await self._pulls.refuse_unread(access_token, reason)

    async def refuse_ended_document(self, access_token: VerifiedAccessToken) -> None:
        """Record a document asked for with a token whose grant has ended."""
        await self._documents.refuse_ended(access_token)

    async def preview(self, subscriber_id: SubscriberId, details: Sequence[GdxDetail], *, acr: Acr) -> Preview:
        """The owner's own values before consenting; see `Previews.preview`."""
        return await self._previews.preview(subscriber_id, details, acr=acr)

    async def fetch_document(
        self, document_id: DocumentId, access_token: VerifiedAccessToken
    ) -> FetchedDocument | AwaitedDocument:
        """A sealed document for its client; see `Documents.fetch` for what it raises."""
        return await self._documents.fetch(document_id, access_token)

    async def forget_expired(self, uow: UnitOfWork) -> int:
        """Retention, for the worker: drop kept answers and documents whose time is over; gives how many.

        Records and hashes stay.
        """
        dropped = await forget_answers(uow) + await self._documents.drop_expired(uow)
        dropped += await self._counters.forget_expired(uow)
        return dropped + await drop_expired_counters(uow) + await forget_digests(uow)

    async def forget_person(self, uow: UnitOfWork, subscriber_id: SubscriberId) -> None:
        """An identity was closed: documents and kept answers about the person go. Records and hashes stay."""
        await forget_person(uow, subscriber_id)
        await forget_digests_of(uow, subscriber_id)
        await self._documents.drop_of(uow, subscriber_id)
        await self._waiting.forget_person(uow, subscriber_id)
