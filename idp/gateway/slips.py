"""The slip that a person takes home from a counter, as a page to print or a sealed PDF."""

from starlette.requests import Request
from starlette.responses import Response

from idp.exchange.bases.slip import COMPLAINT, Slips
from idp.exchange.counter.model import CounterProblem, CounterSessionId
from idp.gateway.tokens import GatewayTokens
from idp.kernel.errors import NotFound
from idp.kernel.ids import is_id
from idp.web.pages import Pages
from idp.web.qr import qr_picture
from idp.web.routes import Access, Entry


class SlipEndpoints:
    """`GET /card-sessions/{session_id}/slip`: for the program that opened the session, during it and after."""

    def __init__(self, *, pages: Pages, slips: Slips, tokens: GatewayTokens) -> None:
        self._pages = pages
        self._slips = slips
        self._tokens = tokens

    def entries(self) -> tuple[Entry, ...]:
        """The route table."""
        path = "/card-sessions/{session_id}/slip"
        return (Entry(path, ("GET",), self.slip, Access.ACCESS_TOKEN, "card_session_slip"),)

    async def slip(self, request: Request) -> Response:
        """A page for who accepts HTML, a sealed PDF for everybody else."""
        token = await self._tokens.verified(request)
        session_id: str = request.path_params["session_id"]
        if not is_id("cds", session_id):
            raise NotFound(CounterProblem.UNKNOWN)
        slip = await self._slips.slip(
            CounterSessionId(session_id), agency_id=token.agency_id, client_id=token.client_id
        )
        if "text/html" in request.headers.get("accept", ""):
            page = self._pages.render(request, "slip.html", slip=slip, qr=qr_picture(slip.see_at), complaint=COMPLAINT)
            page.headers["dpop-nonce"] = self._tokens.nonce()
            return page
        sealed = await self._slips.paper(slip)
        headers = {
            "content-disposition": f'attachment; filename="slip-{session_id}.pdf"',
            "dpop-nonce": self._tokens.nonce(),
        }
        return Response(sealed.pdf, media_type="application/pdf", headers=headers)
