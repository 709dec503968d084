"""An agency's words, Thai first: one table, `texts.toml` beside its templates, of sentences in both languages."""

import tomllib
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("th", "en")


class Texts:
    """Sentences of one package by key and language. A missing key or language is a mistake and raises KeyError."""

    def __init__(self, package: str) -> None:
        table = files(package).joinpath("templates", "texts.toml").read_text("utf-8")
        self._sentences: dict[str, dict[str, str]] = tomllib.loads(table)

    def say(self, key: str, language: str) -> str:
        """The sentence of this key in this language."""
        return self._sentences[key][language]
