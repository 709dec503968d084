"""What strangers are told of a running demonstration: the file `endpoints.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody in the story. `passkey_link` lets staff add their first passkey; citizens get theirs at the counter."""

    key: str
    role: str
    name_th: str
    name_en: str
    passkey_link: str | None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses, people and commands. `card_command` and `audit_command` are argument lists to which verbs are added.

    `agency_name` is by language; `juristic_id` is a company that the company registry knows; `home` is the folder the
    demonstration keeps its keys in, and its store where that is a file.
    """

    issuer: str
    portal: str
    jobs: str
    personas: tuple[Persona, ...]
    station_id: str
    card_command: tuple[str, ...]
    card_stack: str
    audit_command: tuple[str, ...]
    home: Path
    store_is_a_file: bool
    agency_name: Mapping[str, str]
    juristic_id: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file. Raises KeyError naming what is missing, ValueError when it is no JSON."""
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        agency = told["agencies"]["jobs"]
        return cls(
            issuer=told["issuer"],
            portal=told["portal"],
            jobs=told["jobs"],
            personas=tuple(
                Persona(one["key"], one["role"], one["name_th"], one["name_en"], one.get("passkey_link"))
                for one in told["personas"]
            ),
            station_id=told["station_id"],
            card_command=tuple(told["card_command"]),
            card_stack=told["card_stack"],
            audit_command=tuple(told["audit_command"]),
            home=Path(told["home"]),
            store_is_a_file=told["store"] == "sqlite",
            agency_name={"th": agency["name_th"], "en": agency["name_en"]},
            juristic_id=told["company"]["juristic_id"],
        )

    def persona(self, role: str, position: int = 0) -> Persona:
        """The persona in this role, by order; KeyError when the story has none."""
        fitting = [persona for persona in self.personas if persona.role == role]
        if len(fitting) <= position:
            raise KeyError(f"no persona number {position + 1} in the role {role}")
        return fitting[position]
