"""Forms that only our own pages can send.

Two independent checks (ASVS 3.5.1-3.5.3): the browser's own word about where the request comes from (Origin,
Sec-Fetch-Site) and a token that binds the form to this browser and this transaction.
"""

import base64
import hashlib
import hmac

from starlette.requests import Request

from idp.kernel.errors import Refused
from idp.web.browsers import BrowserIds
from idp.web.forms import Form
from idp.web.model import WebProblem

CSRF_FIELD = "csrf"


class Csrf:
    """Makes and checks form tokens for one door. `origin` is the door's own, from settings, never from a request."""

    def __init__(self, *, key: bytes, browsers: BrowserIds, origin: str) -> None:
        if len(key) < 32:
            raise ValueError("the form key is shorter than 32 bytes")
        self._key = key
        self.browsers = browsers
        self._origin = origin

    def token(self, browser_id: str, form: str) -> str:
        """The token of `form` (its name and, where it has one, its transaction: `consent:FLOW`) in this browser."""
        mac = hmac.digest(self._key, f"{form}\x1f{browser_id}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def check_origin(self, request: Request) -> None:
        """Refuse a request that the browser says another site sent. Raises Refused(FORM_NOT_OURS).

        Programs without these headers pass: a cookie that rides along unasked exists in browsers only, and they send
        them.
        """
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        if (origin is not None and origin != self._origin) or site not in (None, "same-origin", "none"):
            raise Refused(WebProblem.FORM_NOT_OURS, "sent by another site")

    def check(self, request: Request, form_data: Form, *, form: str) -> None:
        """Refuse a form that this browser did not get from us. Raises Refused(FORM_NOT_OURS)."""
        self.check_origin(request)
        browser_id = self.browsers.known(request)
        if browser_id is None:
            raise Refused(WebProblem.FORM_NOT_OURS, "no browser cookie")
        if not hmac.compare_digest(form_data.one(CSRF_FIELD).encode(), self.token(browser_id, form).encode()):
            raise Refused(WebProblem.FORM_NOT_OURS, "token of another form or browser")
