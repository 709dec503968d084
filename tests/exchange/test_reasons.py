"""Every reason has a code for programs and plain words for the owner, in both languages."""

from pathlib import Path

import pytest

import idp.provider
from idp.exchange.decision.model import Reason
from idp.exchange.pull.records import PROBLEMS

OWNERS_WORDS = Path(idp.provider.__file__).parent / "templates" / "account" / "words.html"
NEVER_ON_RECORD = {Reason.MALFORMED, Reason.KEY_MISSING, Reason.NO_RECIPIENT_KEY}
"""Requests that cannot be read are about nobody."""


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told(reason: Reason) -> None:
    assert reason in PROBLEMS
    assert reason in NEVER_ON_RECORD or f'  "{reason.value}": _(' in OWNERS_WORDS.read_text("utf-8")
