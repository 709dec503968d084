"""What every agency's pages share: languages, templates, strict headers, cookies, forms from this site alone."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from relying_party_demo.texts import LANGUAGES, Texts, moment, moment_at, whole

LONGEST_TYPED: Final = 120
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # under "no-referrer" browsers would send our own forms with `Origin: null`
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Site:
    """One agency's web site: its package holds `templates/` with the pages and `texts.toml`."""

    def __init__(self, package: str, *, base_url: str) -> None:
        self._texts = Texts(package)
        self._base_url = base_url
        self._templates = Environment(loader=PackageLoader(package), autoescape=True, undefined=StrictUndefined)
        self._templates.filters["moment"] = moment
        self._templates.filters["at"] = moment_at
        self._templates.filters["whole"] = whole

    def language(self, request: Request) -> str:
        """The language asked for just now, or last time, or the first of ours that the browser names; Thai otherwise.

        Browsers name the best one first, so that their weights need no reading.
        """
        named = request.headers.get("accept-language", "")[:256].lower().split(",")
        wanted = (
            request.query_params.get("lang", ""),
            request.cookies.get("lang", ""),
            *(tag.strip().partition(";")[0].partition("-")[0] for tag in named),
        )
        return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])

    def say(self, request: Request, key: str) -> str:
        """A sentence in the reader's language."""
        return self._texts.say(key, self.language(request))

    def render(
        self,
        request: Request,
        template: str,
        *,
        status_code: int = 200,
        form_ends_at: str = "",
        runs_scripts: bool = False,
        **context: object,
    ) -> HTMLResponse:
        """A page in the reader's language; `form_ends_at` is another origin to which the answer to its form leads,
        `runs_scripts` true where it brings a script of this site.
        """
        language = self.language(request)
        page = self._templates.get_template(template).render(
            say=lambda key: self._texts.say(key, language),
            language=language,
            other=next(other for other in LANGUAGES if other != language),
            path=request.url.path,
            # a page that answers a form or reports a problem has no address of its own to come back to
            readable_path=request.url.path if request.method == "GET" and status_code == 200 else "/",
            **context,
        )
        answer = HTMLResponse(page, status_code=status_code, headers=HEADERS)
        policy = HEADERS["Content-Security-Policy"]
        if form_ends_at:
            policy = policy.replace("form-action 'self'", f"form-action 'self' {form_ends_at}")
        if runs_scripts:
            policy += "; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"
        answer.headers["Content-Security-Policy"] = policy
        if "lang" in request.query_params:
            self.set_cookie(answer, "lang", language)
        return answer

    def redirect(self, where: str) -> RedirectResponse:
        """Go on elsewhere with a GET."""
        return RedirectResponse(where, status_code=303, headers=HEADERS)

    def paper(self, pdf: bytes, name: str) -> Response:
        """A paper to look at, or to keep under this name."""
        disposition = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
        return Response(pdf, media_type="application/pdf", headers={**HEADERS, **disposition})

    def set_cookie(self, answer: Response, name: str, value: str) -> None:
        """A cookie scripts cannot read and other sites' forms do not carry."""
        secure = urlsplit(self._base_url).scheme == "https"
        answer.set_cookie(name, value, httponly=True, samesite="lax", secure=secure, path="/")

    def sent_from_elsewhere(self, request: Request) -> bool:
        """Whether the browser says that another site sent this form."""
        return request.method == "POST" and request.headers.get("origin", self._base_url) != self._base_url


async def typed(request: Request) -> dict[str, str]:
    """What was typed into a form, each field in one line."""
    async with request.form() as form:
        return {name: " ".join(str(value).split())[:LONGEST_TYPED] for name, value in form.items()}


def number_of(text: str) -> str:
    """A number as the registries write it, without the hyphens and blanks of people."""
    return text.replace("-", "").replace(" ", "")
