"""Passports of a state that does not exist, and ways to read and judge them in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.card.epassport.files import FileId
from connectors.card.epassport.mrz import key_of_mrz
from connectors.card.epassport.proof import prove_passport
from connectors.card.epassport.trust import TrustStore
from connectors.card.virtual.epassport import VirtualEPassport
from connectors.card.virtual.memory import MemoryReader
from connectors.card.virtual.passports import (
    PACE_OFFER,
    make_passport,
    mrz_lines,
    portrait_file,
    utopian_chip,
    utopian_trust,
)
from connectors.contracts.card import PassportKey, PassportProof, PassportRead
from connectors.contracts.errors import CardError, CardFault
from connectors.fictitious.personas import PASSPORT_PERSONAS
from connectors.fictitious.photos import face

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATA = PASSPORT_PERSONAS["foreigner"].data
KEY = key_of_mrz(mrz_lines(DATA))
OTHER_KEY = replace(KEY, document_no="X00000018")
FACE = face(DATA.document_no, "2")
PORTRAIT = portrait_file(FACE)


def passport(**how: object) -> VirtualEPassport:
    """The sample passport: PACE and chip authentication; `how` replaces what `make_passport` takes."""
    made: Callable[..., VirtualEPassport] = make_passport
    arguments: dict[str, object] = {"data": DATA, "portrait": PORTRAIT, "chip": utopian_chip(), "offer": PACE_OFFER}
    return made(**arguments | how)


def read(card: VirtualEPassport, *, key: PassportKey = KEY) -> PassportRead:
    reader = MemoryReader("test", apdu_seconds=0.2)
    reader.insert(card)
    return reader.read_passport(key=key, today=NOW.date(), deadline_seconds=10)


def fault_of(card: VirtualEPassport, *, key: PassportKey = KEY) -> CardFault:
    with pytest.raises(CardError) as caught:
        read(card, key=key)
    return caught.value.fault


def prove(card: VirtualEPassport, *, trust: TrustStore | None = None, now: datetime = NOW) -> PassportProof:
    return prove_passport(read(card).files, trust=trust or utopian_trust(), now=now)


def with_file(card: VirtualEPassport, file: FileId, content: bytes | None) -> VirtualEPassport:
    """The card with that file replaced, or without it."""
    files = {**card.files}
    if content is None:
        del files[file]
    else:
        files[file] = content
    card.files = files
    return card
