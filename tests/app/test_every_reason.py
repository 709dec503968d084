"""Every refusal and every reason to wait or to end is told in plain words, in Thai and English, where people meet it.

Generated from the enumerations themselves: a new member without words fails here, wherever it was added.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import idp
from connectors.contracts.errors import RegistryOutcome
from idp.exchange.decision.model import Reason
from idp.exchange.outcomes import REASONS
from idp.exchange.pull.records import PROBLEMS
from idp.web.errors import ProblemCatalogue, ProblemText

CODE = re.compile(r"[A-Z]{3,4}-[0-9]{2}")
THAI = re.compile("[\u0e00-\u0e7f]")
ROOT = Path(idp.__file__).parent


NEVER_ON_RECORD = {Reason.MALFORMED, Reason.KEY_MISSING, Reason.NO_RECIPIENT_KEY}
"""Requests that cannot be read are about nobody: no owner of data sees them."""


def problem_enums() -> Iterator[type[StrEnum]]:
    """Every enumeration of refusals in the house."""
    for found in pkgutil.walk_packages(idp.__path__, "idp."):
        if found.name.split(".")[-1] not in ("model", "service", "store"):
            continue
        for value in vars(importlib.import_module(found.name)).values():
            is_own = isinstance(value, type) and issubclass(value, StrEnum) and value.__module__ == found.name
            if is_own and any(CODE.fullmatch(one.value) for one in value):
                yield value


CODES = sorted((code for enum in problem_enums() for code in enum), key=lambda code: code.value)


def expect_words(text: ProblemText) -> None:
    for name in ("title", "text", "next"):
        assert THAI.search(getattr(text, f"{name}_th")), name
        assert getattr(text, f"{name}_en").strip(), name
        assert not THAI.search(getattr(text, f"{name}_en")), name


@pytest.fixture(scope="module")
def catalogue() -> ProblemCatalogue:
    return ProblemCatalogue()


@pytest.fixture(scope="module")
def in_thai() -> dict[str, str]:
    """The sentences of the citizens' pages."""
    with (ROOT / "provider" / "locales" / "th.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_there_are_refusals_to_look_at() -> None:
    assert len({type(code) for code in CODES}) > 15
    assert len({code.value for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.value)
def test_every_refusal_has_plain_words_and_a_way_on(code: StrEnum, catalogue: ProblemCatalogue) -> None:
    expect_words(catalogue.text(code))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_to_the_program_that_asked(reason: Reason, catalogue: ProblemCatalogue) -> None:
    """Refused at once, waiting, or ended after waiting: the same words."""
    expect_words(catalogue.text(PROBLEMS[reason]))


@pytest.mark.parametrize("reason", sorted(set(Reason) - NEVER_ON_RECORD))
def test_every_reason_is_told_to_the_owner_of_the_data(reason: Reason, in_thai: dict[str, str]) -> None:
    words = (ROOT / "provider" / "templates" / "account" / "words.html").read_text("utf-8")
    found = re.search(rf'^  "{reason.value}": _\("((?:[^"\\]|\\.)*)"\),?$', words, re.MULTILINE)
    assert found is not None
    assert THAI.search(in_thai[found[1]])


@pytest.mark.parametrize("outcome", RegistryOutcome)
def test_whatever_a_registry_says_is_told(outcome: RegistryOutcome, catalogue: ProblemCatalogue) -> None:
    expect_words(catalogue.text(PROBLEMS[REASONS[outcome]]))


def test_what_may_end_by_waiting_reads_differently_from_what_does_not(catalogue: ProblemCatalogue) -> None:
    """ "not found", "no change", "no right", "out of hours", "over quota", "busy" differ and read differently."""
    told = [catalogue.text(PROBLEMS[REASONS[one]]) for one in RegistryOutcome]
    assert len({text.text_en for text in told}) == len({REASONS[one] for one in RegistryOutcome})
    assert len({text.text_th for text in told}) == len({REASONS[one] for one in RegistryOutcome})
