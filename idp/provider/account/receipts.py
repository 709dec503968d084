"""My account: the receipt of a consent, as a signed token for programs and as a sealed PDF for people."""

from starlette.requests import Request
from starlette.responses import Response

from idp.consent.model import ConsentProblem
from idp.consent.receipts.paper import ReceiptPapers
from idp.consent.receipts.service import Receipts
from idp.consent.service import Consents
from idp.kernel.errors import NotFound
from idp.kernel.ids import ConsentId, is_id
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.routes import Access, Entry


class ReceiptPages:
    """`/account/consents/{consent_id}/receipt.jwt` and `.pdf`: the citizen's own alone."""

    def __init__(
        self,
        *,
        storage: Storage,
        citizens: Citizens,
        consents: Consents,
        receipts: Receipts,
        papers: ReceiptPapers,
    ) -> None:
        self._storage = storage
        self._citizens = citizens
        self._consents = consents
        self._receipts = receipts
        self._papers = papers

    def entries(self) -> tuple[Entry, ...]:
        """The two files."""
        one = "/account/consents/{consent_id}/receipt"
        return (
            Entry(f"{one}.jwt", ("GET",), self._jwt, Access.CITIZEN, "consent_receipt"),
            Entry(f"{one}.pdf", ("GET",), self._pdf, Access.CITIZEN, "consent_receipt_pdf"),
        )

    async def _jwt(self, request: Request) -> Response:
        consent_id = await self._own(request)
        if consent_id is None:
            return to_sign_in(request)
        receipt = await self._receipts.latest(consent_id)
        headers = {"content-disposition": f'attachment; filename="{receipt.id}.jwt"'}
        return Response(receipt.jwt, media_type="application/jwt", headers=headers)

    async def _pdf(self, request: Request) -> Response:
        consent_id = await self._own(request)
        if consent_id is None:
            return to_sign_in(request)
        sealed = await self._papers.paper(consent_id)
        headers = {"content-disposition": f'attachment; filename="{consent_id}.pdf"'}
        return Response(sealed.pdf, media_type="application/pdf", headers=headers)

    async def _own(self, request: Request) -> ConsentId | None:
        """The consent of the address, None without a session. Raises NotFound for what is not the citizen's."""
        citizen = await self._citizens.find(request)
        if citizen is None:
            return None
        text: str = request.path_params["consent_id"]
        if not is_id("con", text):
            raise NotFound(ConsentProblem.UNKNOWN)
        async with self._storage.reading() as uow:
            record = await self._consents.own(uow, ConsentId(text), subscriber_id=citizen.subscriber.id)
        return record.id
