"""Forms that only our own pages can send.

Two independent checks (ASVS 3.5.1-3.5.3): the browser's own word about where the request comes from (Origin,
Sec-Fetch-Site) and a token that binds the form to this browser and this transaction.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Protocol

from starlette.requests import Request

from idp.kernel.errors import Refused
from idp.kernel.randomness import Randomness, system_randomness
from idp.web.browsers import BrowserIds
from idp.web.forms import Form
from idp.web.model import WebProblem

CSRF_FIELD = "csrf"
MAC_BYTES = 32


class RefusalLog(Protocol):
    """Where a refusal of a caller that nobody has proven leaves its line."""

    def note(self, event: str, **fields: str | int) -> None:
        """One line; `fields` are codes, never what the caller sent."""


class Csrf:
    """Makes and checks form tokens for one door. `origin` is the door's own, from settings, never from a request."""

    def __init__(
        self,
        *,
        key: bytes,
        browsers: BrowserIds,
        origin: str,
        refusals: RefusalLog | None = None,
        randomness: Randomness = system_randomness,
    ) -> None:
        if len(key) < 32:
            raise ValueError("the form key is shorter than 32 bytes")
        self._key = key
        self.browsers = browsers
        self._origin = origin
        self._refusals = refusals
        self._randomness = randomness

    def token(self, browser_id: str, form: str) -> str:
        """A token of `form` (its name and, where it has one, its transaction: `consent:FLOW`) in this browser.

        Spelled differently each time, under a mask of its own: how well a page that holds it compresses tells nothing
        of it (BREACH).
        """
        mask = self._randomness(MAC_BYTES)
        masked = _under(mask, self._mac(browser_id, form))
        return base64.urlsafe_b64encode(mask + masked).rstrip(b"=").decode()

    def page_token(self, request: Request, form: str, *, is_of_post: bool = True) -> str:
        """A token of `form` on the page that answers this request.

        Where somebody acts for an agency, it is good for that post alone: another tab may choose another one meanwhile.
        What the person does for no agency (`is_of_post=False`), like signing out, is the same in every post.
        """
        return self.token(self.browsers.of(request), _of_post(form, _post(request) if is_of_post else ""))

    def check_origin(self, request: Request) -> None:
        """Refuse a request that the browser says another site sent. Raises Refused(FORM_NOT_OURS).

        Programs without these headers pass: a cookie that rides along unasked exists in browsers only, and they send
        them.
        """
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        if (origin is not None and origin != self._origin) or site not in (None, "same-origin", "none"):
            raise self._refused(request, "sent by another site")

    def check(self, request: Request, form_data: Form, *, form: str, is_of_post: bool = True) -> None:
        """Refuse a form that this browser did not get from us, or got for another post than it would act in now.

        Raises Refused(FORM_NOT_OURS), Refused(FORM_OF_ANOTHER_POST).
        """
        self.check_origin(request)
        browser_id = self.browsers.known(request)
        if browser_id is None:
            raise self._refused(request, "no browser cookie")
        sent, post = _unmasked(form_data.one(CSRF_FIELD)), _post(request) if is_of_post else ""
        if hmac.compare_digest(sent, self._mac(browser_id, _of_post(form, post))):
            return
        others: tuple[str, ...] = getattr(request.state, "could_act_for", ()) if is_of_post else ()
        if any(hmac.compare_digest(sent, self._mac(browser_id, _of_post(form, other))) for other in others):
            raise self._refused(request, "token of another post", WebProblem.FORM_OF_ANOTHER_POST)
        raise self._refused(request, "token of another form or browser")

    def _mac(self, browser_id: str, form: str) -> bytes:
        return hmac.digest(self._key, f"{form}\x1f{browser_id}".encode(), hashlib.sha256)

    def _refused(self, request: Request, reason: str, code: WebProblem = WebProblem.FORM_NOT_OURS) -> Refused:
        if self._refusals is not None:
            route = request.scope.get("route")
            self._refusals.note("form.refused", route=getattr(route, "name", ""), reason=reason)
        return Refused(code, reason)


def _post(request: Request) -> str:
    """For which post of somebody's the request acts, as the door's gate found; empty where there is none."""
    return str(getattr(request.state, "acts_for", ""))


def _of_post(form: str, post: str) -> str:
    return f"{form}\x1e{post}" if post else form


def _unmasked(token: str) -> bytes:
    """What stands under the mask of a token; nothing where it is none."""
    try:
        sealed = base64.b64decode(token.encode() + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""
    # one spelling: neither padding nor other bits behind the last byte
    is_ours = len(sealed) == 2 * MAC_BYTES and base64.urlsafe_b64encode(sealed).rstrip(b"=") == token.encode()
    return _under(sealed[:MAC_BYTES], sealed[MAC_BYTES:]) if is_ours else b""


def _under(mask: bytes, text: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mask, text, strict=True))
