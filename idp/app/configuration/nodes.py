"""Reading YAML nodes by a schema: every refusal names the line and column. No tags, no aliases, no key twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any, Final, NoReturn, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from connectors.contracts.thai_dates import BANGKOK
from idp.app.configuration.model import ConfigurationWrong, Terms

Read: TypeAlias = Callable[[Node], Any]
"""Makes a JSON value of a node. Raises ConfigurationWrong."""

MAX_CHARACTERS: Final = 4_000_000
MAX_TEXT: Final = 2_000
MAX_DEPTH: Final = 16
MAX_NUMBER: Final = 2**31 - 1
"""The columns for numbers hold no more on every engine."""
_INT: Final = "tag:yaml.org,2002:int"
_BOOL: Final = "tag:yaml.org,2002:bool"
_NULL: Final = "tag:yaml.org,2002:null"
_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a mapping: how it is read, and what it is where it is left out."""

    read: Read
    default: Any = _REQUIRED


def compose(text: str) -> Node:
    """The one document of a file. Raises ConfigurationWrong."""
    if len(text) > MAX_CHARACTERS:
        raise ConfigurationWrong(1, 1, "the file is too long")
    depth = 0
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            # an alias lets a short file stand for an endless one
            if isinstance(event, yaml.AliasEvent) or depth > MAX_DEPTH:
                raise _wrong_at(event.start_mark, "aliases and deeper lists than any here are not read")
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _wrong_at(error.problem_mark, error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise ConfigurationWrong(1, 1, "not YAML") from error
    if node is None:
        raise ConfigurationWrong(1, 1, "the file is empty")
    return node


def wrong(node: Node, text: str) -> NoReturn:
    """Refuse a node. Raises ConfigurationWrong."""
    raise _wrong_at(node.start_mark, text)


def read_text(node: Node) -> str:
    """A text of at least one character."""
    if not isinstance(node, ScalarNode) or node.tag == _NULL or not 0 < len(node.value.strip()) <= MAX_TEXT:
        wrong(node, f"a text of 1 to {MAX_TEXT} characters is needed here")
    return str(node.value)


def read_number(node: Node) -> int:
    """A whole number that is not negative, and at most `MAX_NUMBER`."""
    if not isinstance(node, ScalarNode) or node.tag != _INT or not node.value.isdecimal():
        wrong(node, "a whole number is needed here")
    # by length first: Python makes no number of thousands of digits
    if len(node.value) > len(str(MAX_NUMBER)) or int(node.value) > MAX_NUMBER:
        wrong(node, f"a whole number of at most {MAX_NUMBER} is needed here")
    return int(node.value)


def read_truth(node: Node) -> bool:
    """`true` or `false`."""
    if not isinstance(node, ScalarNode) or node.tag != _BOOL or node.value not in ("true", "false"):
        wrong(node, "true or false is needed here")
    return bool(node.value == "true")


def read_moment(node: Node) -> str:
    """A day, which begins in Bangkok, or a moment with its zone; as a moment in UTC."""
    text = read_text(node)
    try:
        if len(text) == len("2026-01-01"):
            moment = datetime.combine(date.fromisoformat(text), time(0, 0), BANGKOK)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        wrong(node, "a day (2026-01-31) or a moment with its zone (2026-01-31T08:30:00+07:00) is needed here")
    if moment.tzinfo is None or moment.microsecond:
        wrong(node, "the moment needs a zone, such as +07:00, and whole seconds")
    try:
        # kept as UTC, shown as of Bangkok: at the ends of the calendar not every moment is both
        return moment.astimezone(BANGKOK).astimezone(UTC).isoformat()
    except OverflowError:
        wrong(node, "a moment that a calendar has is needed here")


def read_time(node: Node) -> str:
    """A time of day, HH:MM, in quotation marks: YAML takes 08:30 for a number."""
    if not isinstance(node, ScalarNode) or len(node.value) != len("08:30"):
        wrong(node, 'a time such as "08:30" is needed here')
    try:
        return time.fromisoformat(node.value).isoformat("minutes")
    except ValueError:
        wrong(node, 'a time such as "08:30" is needed here')


def choice(kind: type[Enum]) -> Read:
    """One of the values of an enum."""
    values = {member.value for member in kind}

    def read(node: Node) -> str:
        text = read_text(node)
        if text not in values:
            wrong(node, f"one of {', '.join(sorted(values))} is needed here")
        return text

    return read


def optional(inner: Read) -> Read:
    """The value, or null."""

    def read(node: Node) -> Any:
        return None if isinstance(node, ScalarNode) and node.tag == _NULL else inner(node)

    return read


def list_of(inner: Read, *, as_set: bool = False) -> Read:
    """A list; `as_set`: nothing in it twice, order does not matter."""

    def read(node: Node) -> list[Any]:
        if not isinstance(node, SequenceNode):
            wrong(node, "a list is needed here")
        values = [inner(item) for item in node.value]
        if not as_set:
            return values
        if len(set(values)) != len(values):
            wrong(node, "the list names something twice")
        return sorted(values)

    return read


def mapping_of(members: Mapping[str, Member]) -> Callable[[Node], Terms]:
    """A mapping with these members and no other."""

    def read(node: Node) -> Terms:
        pairs = _pairs(node, members)
        return {name: members[name].read(value) for name, value in pairs.items()} | {
            name: member.default for name, member in members.items() if name not in pairs
        }

    return read


def _pairs(node: Node, members: Mapping[str, Member]) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        wrong(node, "a mapping is needed here")
    pairs: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode) or key.value not in members:
            wrong(key, f"unknown key; known are {', '.join(sorted(members))}")
        if key.value in pairs:
            wrong(key, f"{key.value} stands here twice")
        pairs[key.value] = value
    missing = sorted(name for name, member in members.items() if member.default is _REQUIRED and name not in pairs)
    if missing:
        wrong(node, f"missing: {', '.join(missing)}")
    return pairs


def _wrong_at(mark: Any, text: str) -> ConfigurationWrong:
    return ConfigurationWrong(1 if mark is None else mark.line + 1, 1 if mark is None else mark.column + 1, text)
