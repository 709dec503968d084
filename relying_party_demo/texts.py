"""An agency's words, Thai first: one table, `texts.toml` beside its templates, of sentences in both languages."""

import tomllib
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("th", "en")
BANGKOK: Final = timezone(timedelta(hours=7))
BUDDHIST_ERA: Final = 543
MONTHS: Final = {
    "th": ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}


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
