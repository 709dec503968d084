"""My account: proof that a line of "who has seen my data" stands in the log, for who does not take our word."""

from typing import assert_never

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from idp.audit.checkpoint import read_note
from idp.audit.proving import NoSuchEntry, NotYet, Proof, Proven, prove_entry
from idp.kernel.errors import NotFound
from idp.kernel.ids import DisclosureId, SubscriberId, is_id
from idp.oversight.service import AccessHistory
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry


class ProofPages:
    """A page that says what is proven, and the file that proves it. Of the citizen's own entries alone."""

    def __init__(
        self, *, pages: Pages, storage: Storage, citizens: Citizens, history: AccessHistory, log_key: str
    ) -> None:
        self._pages = pages
        self._storage = storage
        self._citizens = citizens
        self._history = history
        self._log_key = log_key

    def entries(self) -> tuple[Entry, ...]:
        """The page and its file."""
        page = "/account/activity/{disclosure_id}/proof"
        return (
            Entry(page, ("GET",), self._page, Access.CITIZEN, "proof"),
            Entry(f"{page}.json", ("GET",), self._file, Access.CITIZEN, "proof_file"),
        )

    async def _page(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        disclosure_id = _disclosure_id(request)
        proof = await self._proof(citizen.subscriber.id, disclosure_id)
        proven = proof if isinstance(proof, Proven) else None
        return self._pages.render(
            request,
            "account/proof.html",
            disclosure_id=disclosure_id,
            leaf=None if proven is None else proven.proof.leaf_index + 1,
            size=None if proven is None else read_note(proven.proof.note).size,
            log_key=self._log_key,
        )

    async def _file(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        disclosure_id = _disclosure_id(request)
        match await self._proof(citizen.subscriber.id, disclosure_id):
            case Proven() as proven:
                named = {"content-disposition": f'attachment; filename="{disclosure_id}-proof.json"'}
                return JSONResponse(proven.document(log_key=self._log_key), headers=named)
            case NotYet() | NoSuchEntry():
                raise NotFound(WebProblem.NOT_FOUND)
            case never:
                assert_never(never)

    async def _proof(self, subscriber_id: SubscriberId, disclosure_id: DisclosureId) -> Proof:
        async with self._storage.reading() as uow:
            entry_id = await self._history.log_entry(uow, subscriber_id, disclosure_id)
            if entry_id is None:
                raise NotFound(WebProblem.NOT_FOUND)
            return await prove_entry(uow, entry_id)


def _disclosure_id(request: Request) -> DisclosureId:
    text: str = request.path_params["disclosure_id"]
    if not is_id("dis", text):
        raise NotFound(WebProblem.NOT_FOUND)
    return DisclosureId(text)
