"""What takes time: made at the start, used when its time is over."""

import time
from dataclasses import dataclass

from tests.conformance.browser import Browser
from tests.conformance.party import Asked, Party

CODE_SECONDS, REQUEST_URI_SECONDS = 60, 90


@dataclass(frozen=True)
class Early:
    """A code and a request_uri of a client, and when they were made."""

    party: Party
    asked: Asked
    code: str
    request_uri: str
    made: float

    def wait_for(self, age: float) -> None:
        """Until they are so many seconds old."""
        time.sleep(max(0.0, self.made + age - time.monotonic()))


def make_early(party: Party, browser: Browser) -> Early:
    asked = party.ask()
    code = party.authorize(asked, browser).code
    request_uri = party.push(party.ask()).json()["request_uri"]
    return Early(party, asked, code, request_uri, time.monotonic())
