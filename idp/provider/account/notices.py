"""My account: what the citizen was told of what happened to the digital ID."""

from starlette.requests import Request
from starlette.responses import Response

from idp.kernel.errors import NotFound
from idp.kernel.ids import is_id
from idp.notices.model import NoticeId
from idp.notices.rules import TEXTS
from idp.notices.service import Notices
from idp.provider.pages.session_cookie import Citizens, to_sign_in
from idp.storage.storage import Storage
from idp.web.model import WebProblem
from idp.web.pages import Pages
from idp.web.routes import Access, Entry

NOTICES_PAGE = 20


class NoticePages:
    """`/account/notices`: the newest first, further back page by page."""

    def __init__(self, *, pages: Pages, storage: Storage, citizens: Citizens, notices: Notices) -> None:
        self._pages = pages
        self._storage = storage
        self._citizens = citizens
        self._notices = notices

    def entries(self) -> tuple[Entry, ...]:
        """The one page."""
        return (Entry("/account/notices", ("GET",), self._list, Access.CITIZEN, "notices"),)

    async def _list(self, request: Request) -> Response:
        citizen = await self._citizens.find(request)
        if citizen is None:
            return to_sign_in(request)
        before = request.query_params.get("before")
        if before and not is_id("ntc", before):
            raise NotFound(WebProblem.NOT_FOUND)
        async with self._storage.reading() as uow:
            told = await self._notices.of(
                uow, citizen.subscriber.id, before=NoticeId(before) if before else None, limit=NOTICES_PAGE + 1
            )
        return self._pages.render(
            request,
            "account/notices.html",
            rows=[(notice, TEXTS[notice.topic]) for notice in told[:NOTICES_PAGE]],
            older=told[NOTICES_PAGE - 1].id if len(told) > NOTICES_PAGE else None,
        )
