"""Which language a page speaks, and its gettext catalogues.

Message ids are the English texts; `locales/th.po` of each door holds the Thai ones. English is what is written in the
templates.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGE_COOKIE = "lang"


class Language(StrEnum):
    """The languages that are complete. A new one is a catalogue and a row here."""

    TH = "th"
    EN = "en"

    @property
    def other(self) -> "Language":
        """The language the toggle offers."""
        return Language.EN if self is Language.TH else Language.TH


DEFAULT_LANGUAGE = Language.TH


def chosen_language(request: Request) -> Language | None:
    """The language asked for in this address by `?lang=`, None when none is."""
    return _known(request.query_params.get("lang", ""))


def page_language(request: Request, *, preferred: Sequence[str] = ()) -> Language:
    """The language of the answer.

    In this order: `?lang=`, the cookie, `preferred` (what a service asked for), the query's `ui_locales` (OpenID
    Connect Core 3.1.2.1), Accept-Language, Thai.
    """
    asked = (
        request.query_params.get("lang", ""),
        request.cookies.get(LANGUAGE_COOKIE, ""),
        *preferred,
        *request.query_params.get("ui_locales", "").split(),
        *_accepted(request.headers.get("accept-language", "")),
    )
    return next((language for language in map(_known, asked) if language is not None), DEFAULT_LANGUAGE)


def load_translations(packages: Sequence[str]) -> Mapping[Language, NullTranslations]:
    """The catalogues `locales/th.po` of these packages, earlier ones first. ValueError when one is not sound."""
    thai: NullTranslations = NullTranslations()
    for package in reversed(packages):
        if compiled := _compiled(package):
            translations = GNUTranslations(BytesIO(compiled))
            translations.add_fallback(thai)
            thai = translations
    return {Language.TH: thai, Language.EN: NullTranslations()}


@cache
def _compiled(package: str) -> bytes:
    """The package's catalogue as gettext reads it, nothing where it has none; made once, doors share packages."""
    source = resources.files(package) / "locales" / "th.po"
    if not source.is_file():
        return b""
    with source.open("rb") as stream:
        catalogue = read_po(stream, locale="th", abort_invalid=True)
    written = BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def _known(tag: str) -> Language | None:
    primary = tag[:16].partition("-")[0].lower()
    return next((language for language in Language if language.value == primary), None)


def _accepted(header: str) -> list[str]:
    """Language tags of an Accept-Language header, best first; weights that are no number count as nothing."""
    ranked: list[tuple[float, str]] = []
    for part in header[:256].split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = parameters.strip().removeprefix("q=") if parameters else "1"
        try:
            ranked.append((float(weight), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(ranked, key=lambda pair: -pair[0]) if weight > 0]
