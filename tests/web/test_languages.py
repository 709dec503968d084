"""Which language a page speaks; and that nothing is said in one language only."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx2
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

import idp
from idp.web.errors import ProblemCatalogue
from idp.web.languages import Language, page_language
from tests.web.error_table import PAGE, error_table

ROOT = Path(idp.__file__).parent
DOORS_WITH_TEMPLATES = sorted(folder.parent for folder in ROOT.rglob("templates"))
CODE = re.compile(r"[A-Z]{3,4}-\d\d")
THAI = re.compile(r"[\u0e00-\u0e7f]")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("", {}, "th"),
        ("?lang=en", {}, "en"),
        ("?lang=xx", {}, "th"),
        ("?lang=th", {"cookie": "lang=en"}, "th"),
        ("", {"cookie": "lang=en"}, "en"),
        ("?ui_locales=fr%20en-GB", {}, "en"),
        ("?ui_locales=en", {"cookie": "lang=th"}, "th"),
        ("", {"accept-language": "fr, en;q=0.5, th;q=0.4"}, "en"),
        ("", {"accept-language": "en;q=0"}, "th"),
        ("", {"accept-language": ";;q=x,,"}, "th"),
    ],
)
async def test_the_language_of_a_page(
    http: httpx2.AsyncClient, query: str, headers: dict[str, str], expected: str
) -> None:
    answer = await http.get(f"/nowhere{query}", headers=headers)
    assert answer.headers["content-language"] == expected
    assert f'<html lang="{expected}"' in answer.text


@pytest.mark.anyio
async def test_the_toggle_keeps_the_address_and_the_choice(http: httpx2.AsyncClient) -> None:
    page = await http.get("/nowhere?flow=a%26b&lang=th")
    assert 'href="/nowhere?flow=a%26b&amp;lang=en"' in page.text
    await http.get("/nowhere?lang=en")
    assert (await http.get("/nowhere")).headers["content-language"] == "en"
    assert 'id="language"' not in (await http.post("/token")).text


@given(st.text(max_size=300))
def test_no_header_breaks_the_choice(header: str) -> None:
    headers = [(b"accept-language", header.encode("latin-1", "replace"))]
    request = Request({"type": "http", "headers": headers, "query_string": b"", "method": "GET"})
    assert page_language(request) in Language


def messages(door: Path) -> Iterator[str | tuple[str, ...]]:
    found = extract_from_dir(
        str(door / "templates"),
        [("**.html", "jinja2")],
        options_map={"**.html": {"newstyle_gettext": "true"}},
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    )
    for _, _, message, _, _ in found:
        yield message


@pytest.mark.parametrize("door", DOORS_WITH_TEMPLATES, ids=lambda door: str(door.name))
def test_every_message_of_a_door_is_in_thai(door: Path) -> None:
    translated: dict[Any, Any] = {}
    # a folder of pages inside a door says the door's own words as well
    for folder in (door, door.parent, ROOT / "web"):
        catalogue = folder / "locales" / "th.po"
        if not catalogue.is_file():
            continue
        with catalogue.open("rb") as stream:
            translated |= {message.id: message for message in read_po(stream, locale="th", abort_invalid=True)}
    for message in messages(door):
        entry = translated.get(message)
        assert entry is not None, message
        texts = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
        assert all(THAI.search(text) for text in texts), message
        assert not entry.fuzzy, message


@pytest.mark.parametrize("door", DOORS_WITH_TEMPLATES, ids=lambda door: str(door.name))
def test_a_catalogue_holds_nothing_that_nobody_says(door: Path) -> None:
    with (door / "locales" / "th.po").open("rb") as stream:
        kept = {message.id for message in read_po(stream, locale="th") if message.id}
    assert kept - set(messages(door)) == set()


def test_an_english_text_has_one_thai_wording_at_the_portal() -> None:
    """The folders of the portal's pages are one catalogue at run time: of two wordings the first one would be read."""
    said: dict[Any, Any] = {}
    for catalogue in [ROOT / "web" / "locales" / "th.po", *sorted((ROOT / "portal").rglob("locales/th.po"))]:
        with catalogue.open("rb") as stream:
            for message in read_po(stream, locale="th"):
                if message.id:
                    assert said.setdefault(message.id, message.string) == message.string, (message.id, catalogue)


@pytest.mark.parametrize("door", DOORS_WITH_TEMPLATES, ids=lambda door: str(door.name))
def test_no_template_holds_script_or_style(door: Path) -> None:
    for template in door.glob("templates/**/*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), template
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), template
        assert "|safe" not in text.replace(" ", ""), template


def codes_in_the_rooms() -> dict[str, str]:
    """Every member of every StrEnum in `idp` that looks like a code, and where it is declared."""
    found: dict[str, str] = {}
    for module in pkgutil.walk_packages(idp.__path__, "idp."):
        if module.name.rpartition(".")[2] != "model":
            continue
        for name, kind in vars(importlib.import_module(module.name)).items():
            if isinstance(kind, type) and issubclass(kind, StrEnum) and kind.__module__ == module.name:
                for member in kind:
                    if CODE.fullmatch(member.value):
                        assert member.value not in found, f"{member.value}: {found.get(member.value)} and {name}"
                        found[member.value] = f"{module.name}.{name}"
    return found


def test_every_code_has_words_and_all_words_have_a_code() -> None:
    catalogue = ProblemCatalogue()
    declared = codes_in_the_rooms()
    card_codes = {code for code in catalogue.codes if code.startswith("CARD-")}  # declared by the agent, outside idp
    assert set(declared) == catalogue.codes - card_codes


def test_the_words_of_a_code_are_in_the_right_language() -> None:
    catalogue = ProblemCatalogue()
    for code in catalogue.codes:
        text = catalogue.text(StrEnum("Any", {"CODE": code})["CODE"])
        assert 400 <= text.status < 600, code
        for field in ("title", "text", "next"):
            assert THAI.search(getattr(text, f"{field}_th")), code
            assert not THAI.search(getattr(text, f"{field}_en")), code


def test_an_incomplete_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "XXX.toml").write_text('[XXX-01]\nstatus = 400\ntitle_th = "ก"\n', "utf-8")
    with pytest.raises(ValueError, match="XXX-01"):
        ProblemCatalogue(tmp_path)


def test_the_page_of_error_codes_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text("utf-8") == error_table(), "run python -m tests.web.error_table"
