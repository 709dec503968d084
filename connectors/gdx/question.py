"""What is asked of a registry through the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.gdx.exchange import LARGEST_ANSWER

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One call. `parameters` go into the address, `form` or `json` into the body of a POST, never both.

    `listing`: the answer may be a bare list, which is then read under this name. `largest_answer` in bytes. `family`
    names the service where the path does not: questions of one family stand and fall together.
    """

    path: str
    parameters: Texts = field(default_factory=dict)
    form: Texts | None = None
    json: Mapping[str, Any] | None = None
    headers: Texts = field(default_factory=dict)
    listing: str = ""
    largest_answer: int = LARGEST_ANSWER
    family: str = ""

    @property
    def service(self) -> str:
        """Which service of the registry is asked."""
        return self.family or self.path

    @property
    def method(self) -> str:
        """GET, or POST when there is a body."""
        return "GET" if self.form is None and self.json is None else "POST"

    def sameness(self) -> tuple[object, ...]:
        """Equal for questions that ask for the same."""
        return (
            self.path,
            *sorted(self.parameters.items()),
            repr(self.form),
            repr(self.json),
            *sorted(self.headers.items()),
        )
