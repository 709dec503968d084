"""Papers that carry no seal: typeset in a thread of their own, opened when the first one is wanted.

Works where no document is ever sealed: it needs the typefaces alone.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from connectors.contracts.documents import Delivery
from connectors.contracts.errors import DocumentError
from connectors.contracts.onboarding_papers import OnboardingPaper, RequestForm
from connectors.documents.onboarding import request_for
from connectors.documents.render import Renderer

MOST_AT_ONCE: Final = 8
"""Papers under way or queued; more are refused at once."""
LONGEST_TEXT: Final = 2000
MOST_ROWS: Final = 500


class TypesetPapers:
    """Fulfils `connectors.contracts.onboarding_papers.OnboardingPapers`."""

    def __init__(self, *, fonts_dir: Path, now: Callable[[], datetime]) -> None:
        self._fonts_dir = fonts_dir
        self._now = now
        self._thread = ThreadPoolExecutor(1, "papers")
        self._renderer: Renderer | None = None
        self._under_way = 0

    async def render(self, paper: OnboardingPaper) -> bytes:
        """The paper as a PDF, to be printed.

        Raises DocumentError: without the prepared typefaces, for texts longer than a paper has room for, and when many
        are being made.
        """
        if self._under_way >= MOST_AT_ONCE:
            raise DocumentError("too many papers are being made")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._typeset, paper)
        finally:
            self._under_way -= 1

    def _typeset(self, paper: OnboardingPaper) -> bytes:
        request = request_for(paper, now=self._now())
        # who applies writes these texts, and the thread is one
        if any(not _has_room(value) for value in _parts(request.data)):
            raise DocumentError("a text or a list is longer than a paper has room for")
        if self._renderer is None:
            self._renderer = Renderer(fonts_dir=self._fonts_dir)
        return self._renderer.render(request, delivery=Delivery.SEALED, seal_name=_author(paper))


def _author(paper: OnboardingPaper) -> str:
    """Whose paper it is, in the properties of the file."""
    agency = paper.agency if isinstance(paper, RequestForm) else paper.head.agency
    return agency.name_th


def _has_room(value: Any) -> bool:
    return len(value) <= (LONGEST_TEXT if isinstance(value, str) else MOST_ROWS)


def _parts(value: Any) -> Iterator[Any]:
    """Every text and list in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            yield value
            for one in value:
                yield from _parts(one)
        case dict():
            for one in value.values():
                yield from _parts(one)
        case _:
            return
