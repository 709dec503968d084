"""The words of e-submission: every sentence that a page or the program says exists in both languages."""

import re
from importlib.resources import files

import pytest

from relying_party_demo.efiling import asking, pages
from relying_party_demo.texts import LANGUAGES, Texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_exists(language: str) -> None:
    texts = Texts("relying_party_demo.efiling")
    folder = files("relying_party_demo.efiling").joinpath("templates")
    templates = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".html")]
    said = {key for template in templates for key in re.findall(r'say\("([a-z_0-9]+)"\)', template)}
    source = files(pages.__package__ or "").joinpath("pages.py").read_text("utf-8")
    said |= set(re.findall(r'problem\(request, "[0-9]+", "([a-z_]+)"', source))
    said |= {f"form_{form}" for form in pages.FORMS} | set(asking.FIELDS)
    said |= {"attempt_unknown", "foreign_form", "page_unknown"}
    assert len(said) > 50
    for key in said:
        assert texts.say(key, language)
