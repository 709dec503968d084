"""A configuration as a file, and a difference as people and programs read it."""

from collections.abc import Sequence
from typing import Any, Final

import yaml

from idp.agencies.model import Standing
from idp.app.configuration.model import Change, Document, Terms
from idp.app.configuration.reading import FORMAT

WIDTH: Final = 120


def write_configuration(document: Document) -> str:
    """The YAML of a whole configuration; `read_configuration` gives the same again, but for what has ended."""
    agencies: dict[str, Terms] = {}
    services: dict[str, Terms] = {}
    for name, terms in document.items():
        kind = name.partition("/")[0]
        if kind == "agency":
            agencies[terms["code"]] = terms | {"seats": [], "services": [], "programs": [], "bridges": []}
        elif kind == "service":
            services[terms["id"]] = _without(terms, "agency") | {"agreements": []}
            agencies[terms["agency"]]["services"].append(services[terms["id"]])
        elif terms["status"] == Standing.ENDED:
            continue  # what is over is no part of another store
        elif kind == "seat":
            agencies[terms["agency"]]["seats"].append(_without(terms, "agency"))
        elif kind in ("program", "bridge"):
            agencies[terms["agency"]][f"{kind}s"].append(_without(terms, "agency"))
        else:
            services[terms["service"]]["agreements"].append(_without(terms, "agency", "service"))
    whole = {"format": FORMAT, "agencies": list(agencies.values())}
    return yaml.dump(whole, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=WIDTH)


def write_changes(changes: Sequence[Change]) -> str:
    """One line for each term that changes, as people read it."""
    lines: list[str] = []
    for change in changes:
        lines.append(f"{'+' if change.before is None else '~'} {change.name}")
        before = change.before or {}
        lines.extend(
            f"    {name}: {_said(before.get(name))} -> {_said(change.after.get(name))}" for name in change.names
        )
    return "\n".join(lines)


def changes_to_json(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The difference for programs."""
    return [
        {"name": change.name, "changes": list(change.names), "before": change.before, "after": change.after}
        for change in changes
    ]


class _Plain(yaml.SafeDumper):
    """Writes no alias: none is read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _said(value: Any) -> str:
    return (
        yaml.dump(value, Dumper=_Plain, allow_unicode=True, default_flow_style=True, width=10_000)
        .removesuffix("\n")
        .removesuffix("\n...")
    )


def _without(terms: Terms, *names: str) -> Terms:
    return {name: value for name, value in terms.items() if name not in names}
