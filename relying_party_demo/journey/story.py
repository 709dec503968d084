"""The story so far: who is in it, what has been seen, and small acts that several steps share."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from relying_party_demo.journey.browser import JourneyFault, Page
from relying_party_demo.journey.endpoints import Endpoints
from relying_party_demo.journey.people import Person

COMMAND_SECONDS = 60
POLL_SECONDS = 0.3


@dataclass(slots=True)
class Story:
    """One walk through the journey. Pages are kept by the step that reached them for the step that goes on."""

    endpoints: Endpoints
    out: Path
    language: str
    people: dict[str, Person] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    passkey_link: str = ""

    def person(self, key: str) -> Person:
        """Somebody by key; their browser opens when they first appear."""
        if key not in self.people:
            self.people[key] = Person(language=self.language)
        return self.people[key]

    def close(self) -> None:
        """Everybody closes their browser."""
        for person in self.people.values():
            person.browser.close()

    def card(self, verb: str, *words: str) -> None:
        """Put a card into the reader, or take it out."""
        run([*self.endpoints.card_command, verb, *words, "--home", str(self.endpoints.home)])

    @contextmanager
    def card_meanwhile(self, verb: str, *words: str) -> Iterator[None]:
        """The same while something else goes on, as two hands do."""
        with ThreadPoolExecutor(max_workers=1) as hand:
            done = hand.submit(self.card, verb, *words)
            yield
            done.result()


def run(command: Sequence[str], *, expected: int = 0, env: Mapping[str, str] | None = None) -> str:
    """A command's output; JourneyFault when it ends otherwise than expected or takes too long."""
    try:
        # the commands come from the demonstration's own endpoints file
        done = subprocess.run(  # noqa: S603
            list(command), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False, env=env
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JourneyFault(f"{Path(command[0]).name} did not run: {type(error).__name__}") from error
    if done.returncode != expected:
        words = " ".join((done.stderr or done.stdout).split())[-200:]
        raise JourneyFault(f"{Path(command[0]).name} ended with {done.returncode}, expected {expected}: {words}")
    return done.stdout


def wait_for(look: Callable[[], Page], *, arrived: Callable[[Page], bool], seconds: float, what: str) -> Page:
    """Look until the page shows what is awaited; JourneyFault when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        page = look()
        if arrived(page):
            return page
        if time.monotonic() > deadline:
            raise JourneyFault(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(POLL_SECONDS)


def require(held: bool, otherwise: str) -> None:
    """One thing that has to be so; JourneyFault with these words when it is not."""
    if not held:
        raise JourneyFault(otherwise)
