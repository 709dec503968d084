"""The values on a paper as keyed digests: enough to say whether what somebody types stands on it, and nothing else.

One key for each document, made of its number and a key that the store does not hold: equal values on two papers have
unlike digests, and whoever has the store alone can try no guesses. How a value is set makes no difference: spaces,
dashes, commas, Thai digits.
"""

import hmac
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, Final

from idp.kernel.ids import DocumentId
from idp.keys.blind_index import BlindIndex

PURPOSE: Final = "printed-values"
DIGEST_BYTES: Final = 8
VERSION_BYTES: Final = 2
MOST_VALUES: Final = 256
"""Of a longer paper the first ones: those of its first pages."""
SHORTEST: Final = 6
"""Letters and digits. Shorter values are the same on every third paper, and quickly guessed beside a known one."""


def plain_form(text: str) -> str:
    """The letters and digits of a value, however it is set."""
    # Unicode 3.13, D146: compatibility caseless matching
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold()).casefold()
    kept = "".join(_plain(letter) for letter in unicodedata.normalize("NFKD", folded))
    return unicodedata.normalize("NFKD", kept)


def digests_of(blind_index: BlindIndex, document_id: DocumentId, fields: Any) -> bytes:
    """What is kept of the values on a document: under the newest key, its version first, in no order that tells."""
    newest = blind_index.digests(PURPOSE, document_id)[0]
    shown = dict.fromkeys(form for text in _texts(fields) if len(form := plain_form(text)) >= SHORTEST)
    made = sorted(_digest(newest.digest, form) for form in islice(shown, MOST_VALUES))
    return newest.key_version.to_bytes(VERSION_BYTES, "big") + b"".join(made)


def count_of(kept: bytes) -> int:
    """How many values there are to compare with."""
    return (len(kept) - VERSION_BYTES) // DIGEST_BYTES


def are_on_paper(blind_index: BlindIndex, document_id: DocumentId, kept: bytes, forms: Iterable[str]) -> bool | None:
    """True when each of these stands on the document. Never which of them does.

    None where the key of that time is here no more.
    """
    version = int.from_bytes(kept[:VERSION_BYTES], "big")
    known = {kept[at : at + DIGEST_BYTES] for at in range(VERSION_BYTES, len(kept), DIGEST_BYTES)}
    keys = (one.digest for one in blind_index.digests(PURPOSE, document_id) if one.key_version == version)
    key = next(keys, None)
    return None if key is None else all(_digest(key, form) in known for form in forms)


def _digest(key: bytes, form: str) -> bytes:
    return hmac.digest(key, form.encode(), sha256)[:DIGEST_BYTES]


def _plain(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.digit(letter))
    return letter if category[0] in "LMN" else ""


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
        case _:
            return
