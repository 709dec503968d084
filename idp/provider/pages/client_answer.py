"""The last step of a flow: the browser carries the answer to the client."""

from collections.abc import Sequence
from typing import assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from idp.protocol.response_mode import ClientAnswer, GoTo, PostForm
from idp.provider.pages.flows import origin_of
from idp.web.pages import Pages

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


def answer_client(pages: Pages, request: Request, answer: ClientAnswer, *, ui_locales: Sequence[str] = ()) -> Response:
    """A redirect, or a page whose form posts itself and has a button where no script runs."""
    match answer:
        case GoTo(location):
            # RFC 9700 §4.12: "Authorization servers that redirect a request that potentially contains the user's
            # credentials therefore MUST NOT use the HTTP 307 status code for redirection. … SHOULD use HTTP status code
            # 303 (See Other)."
            return RedirectResponse(location, 303, headers=NO_STORE)
        case PostForm(action, members):
            response = pages.render(
                request,
                "form_post.html",
                form_action=(origin_of(action),),
                ui_locales=ui_locales,
                action=action,
                members=members,
            )
            # Form Post Response Mode §4: what the page carries must not be kept by caches.
            response.headers.update(NO_STORE)
            return response
        case never:
            assert_never(never)
