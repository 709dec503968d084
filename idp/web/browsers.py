"""The browser cookie: an unguessable id that forms and flows are bound to.

It names no person and ends with the browser session.
"""

import re

from starlette.requests import Request
from starlette.responses import Response

from idp.kernel.randomness import Randomness, random_text, system_randomness

_BROWSER_ID = re.compile(r"[A-Za-z0-9_-]{43}")


class BrowserIds:
    """Reads and gives browser ids for one door.

    `door` keeps the cookies of doors on one registrable domain apart; over https the `__Host-` prefix makes sure that
    no other host can plant one (RFC 6265bis 4.1.3.2).
    """

    def __init__(self, *, door: str, https: bool, randomness: Randomness = system_randomness) -> None:
        self._cookie = f"__Host-{door}-browser" if https else f"{door}-browser"
        self._https = https
        self._randomness = randomness

    def known(self, request: Request) -> str | None:
        """The id this browser showed, None when it showed none or something that is not ours."""
        shown = request.cookies.get(self._cookie, "")
        return shown if _BROWSER_ID.fullmatch(shown) else None

    def of(self, request: Request) -> str:
        """The id of this browser, a new one when it has none: then the answer must go through `remember`."""
        known = self.known(request)
        if known is not None:
            return known
        if not hasattr(request.state, "new_browser_id"):
            request.state.new_browser_id = random_text(self._randomness)
        return str(request.state.new_browser_id)

    def remember(self, request: Request, response: Response) -> None:
        """Set the cookie if `of` made a new id for this request."""
        if hasattr(request.state, "new_browser_id"):
            response.set_cookie(
                self._cookie,
                request.state.new_browser_id,
                path="/",
                secure=self._https,
                httponly=True,
                samesite="lax",
            )
