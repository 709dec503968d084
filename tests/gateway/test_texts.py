"""Every code and every sentence has both languages."""

import re
import tomllib
from enum import StrEnum
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from idp.agencies.model import AgencyProblem
from idp.consent.model import ConsentProblem
from idp.exchange.model import ExchangeProblem

THAI = re.compile("[\u0e00-\u0e7f]")
MSGID = re.compile(r'_\("((?:[^"\\]|\\.)*)"\)')


@pytest.mark.parametrize(("file", "codes"), [("AGY", AgencyProblem), ("CON", ConsentProblem), ("EXC", ExchangeProblem)])
def test_each_code_has_its_entry_and_each_entry_its_code(file: str, codes: type[StrEnum]) -> None:
    entries = tomllib.loads((resources.files("idp.web") / "problems" / f"{file}.toml").read_text("utf-8"))
    assert set(entries) == {code.value for code in codes}
    for entry in entries.values():
        assert 400 <= entry["status"] < 600
        for name in ("title", "text", "next"):
            assert THAI.search(entry[f"{name}_th"])
            assert entry[f"{name}_en"].isascii()


def test_each_sentence_of_the_templates_is_translated_and_none_is_left_over() -> None:
    package = resources.files("idp.gateway")
    templates = [item for item in (package / "templates").iterdir() if item.name.endswith(".html")]
    used = {sentence for template in templates for sentence in MSGID.findall(template.read_text("utf-8"))}
    with (package / "locales" / "th.po").open("rb") as file:
        catalogue = read_po(file)
    translated = {message.id: message.string for message in catalogue if message.id}
    assert set(translated) == used
    assert all(THAI.search(str(text)) for text in translated.values())
