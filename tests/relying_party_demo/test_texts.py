import re
from importlib.resources import files

import pytest

from relying_party_demo.jobs import asking
from relying_party_demo.texts import LANGUAGES, Texts, moment, whole

TEMPLATES = [
    file.read_text("utf-8")
    for file in files("relying_party_demo.jobs").joinpath("templates").iterdir()
    if file.name.endswith(".html")
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_a_page_says_exists(language: str) -> None:
    texts = Texts("relying_party_demo.jobs")
    said = {key for template in TEMPLATES for key in re.findall(r'say\("([a-z_0-9.]+)"\)', template)}
    fields = {f"field_{name}" for names in asking.FIELDS.values() for name in names}
    for key in said | fields | set(asking.FIELDS) | {"attempt_unknown", "foreign_form", "paper_unknown"}:
        assert texts.say(key, language)


def test_moments_are_bangkok_time_in_the_era_of_the_language() -> None:
    assert moment("2026-11-22T18:30:00+00:00", "th") == "23 พ.ย. 2569 01.30 น."
    assert moment("2026-11-22T18:30:00Z", "en") == "23 Nov 2026, 01:30"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (50000, "50,000"),
        ("5000000.00", "5,000,000.00"),
        ("0005548000039", '<span class="whole">0005548000039</span>'),
        ("นาย <b>", '<span class="whole">นาย</span> <span class="whole">&lt;b&gt;</span>'),
    ],
)
def test_values_are_grouped_and_words_stay_whole(value: object, shown: str) -> None:
    assert whole(value) == shown
