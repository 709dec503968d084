"""Rendering: Jinja2 with autoescape and strict undefined names, one environment for each language."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from gettext import NullTranslations
from types import CodeType
from typing import Any
from urllib.parse import urlencode

from jinja2 import BytecodeCache, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from jinja2.bccache import Bucket
from starlette.requests import Request
from starlette.responses import HTMLResponse

from connectors.contracts.thai_dates import thai_long_date, thai_long_date_time
from idp.web.answer_fields import content_security_policy
from idp.web.assets import Assets
from idp.web.compression import reads_gzip
from idp.web.csrf import Csrf
from idp.web.languages import (
    LANGUAGE_COOKIE,
    Language,
    chosen_language,
    load_translations,
    page_language,
)
from idp.web.moments import english_long_date, english_long_date_time
from idp.web.text_size import TEXT_SIZE, chosen_text_size, page_text_size

ONE_YEAR_SECONDS = 365 * 24 * 3600
GZIP_LEVEL = 6
GOVUK_COMPONENTS = (
    "button",
    "checkboxes",
    "details",
    "error-summary",
    "fieldset",
    "input",
    "inset-text",
    "notification-banner",
    "pagination",
    "panel",
    "radios",
    "select",
    "summary-list",
    "table",
    "tag",
    "task-list",
    "textarea",
    "warning-text",
)


class _CompiledOnce(BytecodeCache):
    """The code of templates, compiled once in a process: languages and doors differ in what they give it, not in it."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of this very source, where there is one."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _CompiledOnce()


@dataclass(frozen=True, slots=True)
class Brand:
    """What the header and footer of a door say.

    `help_*` is one line: whom to ask, the same place on every page (WCAG 3.2.6).
    """

    name_th: str
    name_en: str
    help_th: str
    help_en: str
    help_phone: str = ""
    help_mail: str = ""
    home_url: str = "/"
    demonstration: bool = True


class Pages:
    """Renders the pages of one door.

    `template_packages` are `(package, folder)` pairs, searched in order before the kit's own templates; their
    catalogues are the `locales/th.po` beside each folder. Templates see, besides their own context: `_`, `ngettext`,
    `lang`, `brand`, `asset(name)`, `csrf(form)` (`is_of_post=false` for what is done for no agency), `language_url`,
    `text_size_url`, `request_state`, the `govuk…` components and the filters `local` (the field of a record in this
    language), `moment` and `day`.
    """

    def __init__(
        self,
        *,
        template_packages: Sequence[tuple[str, str]],
        assets: Assets,
        brand: Brand,
        csrf: Csrf,
        https: bool,
    ) -> None:
        packages = (*template_packages, ("idp.web", "templates"))
        self._loader = ChoiceLoader([PackageLoader(package, folder) for package, folder in packages])
        self._assets = assets
        self._brand = brand
        self._csrf = csrf
        self._https = https
        translations = load_translations([package for package, _ in packages])
        self._environments = {
            language: self._environment(language, catalogue) for language, catalogue in translations.items()
        }

    def render(
        self,
        request: Request,
        template: str,
        *,
        status_code: int = 200,
        form_action: Sequence[str] = (),
        image_sources: Sequence[str] = (),
        frame_sources: Sequence[str] = (),
        frame_ancestors: str = "'none'",
        ui_locales: Sequence[str] = (),
        judged: Sequence[str] = (),
        is_public: bool = False,
        **context: Any,
    ) -> HTMLResponse:
        """The page in the language of the request.

        `form_action` names the origins outside ours that a form of the page may end at, `image_sources` those of its
        pictures, `frame_sources` and `frame_ancestors` who may be in its frames and in whose it may be (see
        `content_security_policy`).
        `ui_locales` are the languages a service asked for; what the citizen chose here comes before them.

        A page is compressed only where no length tells a secret (BREACH): either it has none, because it `is_public`,
        the same for everybody who asks with this address; or nothing stands in it that another site may choose, because
        the address names what is there and has no parameters but those the page `judged`.
        """
        language = page_language(request, preferred=ui_locales)
        size = page_text_size(request)
        body = (
            self._environments[language]
            .get_template(template)
            .render(
                **context,
                csrf=partial(self._csrf.page_token, request),
                language_url=_same_page(request, lang=language.other.value),
                text_size=size.value,
                text_size_url=_same_page(request, text_size=size.other.value),
                request_path=request.url.path,
                request_state=request.state,
            )
        )
        response = HTMLResponse(
            body,
            status_code,
            headers={
                "content-security-policy": content_security_policy(
                    form_action=form_action,
                    image_sources=image_sources,
                    frame_sources=frame_sources,
                    frame_ancestors=frame_ancestors,
                ),
                "content-language": language.value,
                "vary": "cookie, accept-language, accept-encoding",
            },
        )
        if is_public or (status_code < 400 and not _reflects(request, judged)):
            _compress(request, response)
        self._csrf.browsers.remember(request, response)
        if chosen_language(request) is not None:
            response.set_cookie(
                LANGUAGE_COOKIE, language.value, max_age=ONE_YEAR_SECONDS, secure=self._https, samesite="lax"
            )
        if chosen_text_size(request) is not None:
            response.set_cookie(
                TEXT_SIZE, size.value, max_age=ONE_YEAR_SECONDS, secure=self._https, samesite="lax", httponly=True
            )
        return response

    def language(self, request: Request, *, ui_locales: Sequence[str] = ()) -> Language:
        """The language that `render` would use."""
        return page_language(request, preferred=ui_locales)

    def _environment(self, language: Language, translations: NullTranslations) -> Environment:
        environment = Environment(
            loader=self._loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=_COMPILED,
        )
        # The extension adds this method while it is loaded.
        install: Callable[..., None] = vars(environment)["install_gettext_translations"]
        install(translations, newstyle=True)
        environment.globals.update(govuk_components())
        environment.globals.update(lang=language.value, brand=self._brand, asset=self._assets.url)
        environment.filters.update(_language_filters(language))
        return environment


@cache
def govuk_components() -> Mapping[str, Any]:
    """The macros of govuk-frontend-jinja by name (`govukButton`, …), ready to call in any template.

    They come from an environment of their own: options they do not get are simply not there, while an undefined name in
    a template of ours stays an error.
    """
    # The library's templates import each other under the library's own name.
    loader = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    library = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    components = (
        (f"govuk{name.title().replace('-', '')}", f"govuk_frontend_jinja/components/{name}/macro.html")
        for name in GOVUK_COMPONENTS
    )
    return {macro: getattr(library.get_template(path).module, macro) for macro, path in components}


def _language_filters(language: Language) -> Mapping[str, Callable[..., str]]:
    def local(record: object, field: str) -> str:
        """The `_th` or `_en` field of a bilingual record."""
        return str(getattr(record, f"{field}_{language.value}"))

    def moment(at: datetime) -> str:
        return _unbroken(thai_long_date_time(at)) if language is Language.TH else english_long_date_time(at)

    def day(at: datetime) -> str:
        return _unbroken(thai_long_date(at)) if language is Language.TH else english_long_date(at)

    return {"local": local, "moment": moment, "day": day}


def _unbroken(thai_date: str) -> str:
    """The same date with no-break spaces where a line must not end: before the year and the full stop of the hour."""
    for pair in ("พ.ศ. ", "เวลา ", " น."):
        thai_date = thai_date.replace(pair, pair.replace(" ", "\N{NO-BREAK SPACE}"))
    return thai_date


def _reflects(request: Request, judged: Sequence[str]) -> bool:
    """Another site may choose words that stand in the answer: what a form sent, or parameters nobody judged."""
    # language and size are ours wherever they are shown again
    return request.method not in ("GET", "HEAD") or not set(request.query_params) <= {"lang", TEXT_SIZE, *judged}


def _compress(request: Request, response: HTMLResponse) -> None:
    if not reads_gzip(request):
        return
    response.body = gzip.compress(bytes(response.body), GZIP_LEVEL, mtime=0)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))


def _same_page(request: Request, **changed: str) -> str | None:
    """This page, read otherwise; None for answers to a POST, which no link can ask for again."""
    if request.method not in ("GET", "HEAD"):
        return None
    # how it is read already stands in a cookie; no word of another's choosing is repeated in its place
    left_out = {LANGUAGE_COOKIE, TEXT_SIZE} | ({"ui_locales"} if LANGUAGE_COOKIE in changed else set())
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in left_out]
    return f"{own_path(request)}?{urlencode([*kept, *changed.items()])}"


def own_path(request: Request) -> str:
    """The path of a request as a link has it: behind two slashes a browser reads the name of another host."""
    return "/" + request.url.path.lstrip("/")
