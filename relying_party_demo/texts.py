"""An agency's words, Thai first: one table, `texts.toml` beside its templates, of sentences in both languages."""

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from typing import Final

from markupsafe import Markup

LANGUAGES: Final = ("th", "en")
BANGKOK: Final = timezone(timedelta(hours=7))
BUDDHIST_ERA: Final = 543
MONTHS: Final = {
    "th": ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}

_MONEY: Final = re.compile(r"[0-9]+\.[0-9]{2}")


class Texts:
    """Sentences of one package by key and language. A missing key or language is a mistake and raises KeyError."""

    def __init__(self, package: str) -> None:
        table = files(package).joinpath("templates", "texts.toml").read_text("utf-8")
        self._sentences: dict[str, dict[str, str]] = tomllib.loads(table)

    def say(self, key: str, language: str) -> str:
        """The sentence of this key in this language."""
        return self._sentences[key][language]


def moment(wire: str, language: str) -> str:
    """An ISO 8601 moment as people in Thailand write it: Bangkok time, Buddhist era in Thai."""
    here = datetime.fromisoformat(wire).astimezone(BANGKOK)
    month = MONTHS[language][here.month - 1]
    if language == "th":
        return f"{here.day} {month} {here.year + BUDDHIST_ERA} {here:%H.%M} น."
    return f"{here.day} {month} {here.year}, {here:%H:%M}"


def moment_at(seconds: float, language: str) -> str:
    """Seconds since the epoch, written the same way."""
    return moment(datetime.fromtimestamp(seconds, UTC).isoformat(), language)


def whole(value: object) -> Markup:
    """A value of a registry as people read it: counts and money in groups of three, words of names never broken."""
    if isinstance(value, int) or (isinstance(value, str) and _MONEY.fullmatch(value)):
        number, _, hundredths = str(value).partition(".")
        return Markup("{:,}{}").format(int(number), f".{hundredths}" if hundredths else "")
    return Markup(" ").join(Markup('<span class="whole">{}</span>').format(word) for word in str(value).split())
