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
class Waterworks:
    """The agency with a counter of its own: its address, who serves there and who comes, by persona, and the station.

    `officers_window` is the simulated program in which officers type their PINs.
    """

    url: str
    officer: str
    visitor: str
    station_id: str
    officers_window: str


@dataclass(frozen=True, slots=True)
class PapersProgram:
    """The program that tries every kind of paper: how it is registered, and the file of its key."""

    client_id: str
    client_key_file: Path
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses, people and commands. `…_command` are argument lists to which verbs are added.

    `agency_name` is by language; `juristic_id` is a company that the company registry knows; `home` is the folder the
    demonstration keeps its keys in, and its store where that is a file.
    """

    issuer: str
    portal: str
    jobs: str
    water: Waterworks
    gateway: str
    papers: PapersProgram
    personas: tuple[Persona, ...]
    station_id: str
    card_command: tuple[str, ...]
    card_stack: str
    audit_command: tuple[str, ...]
    evidence_command: tuple[str, ...]
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
            water=Waterworks(
                url=told["water"]["url"],
                officer=told["water"]["officer"],
                visitor=told["water"]["visitor"],
                station_id=told["water"]["station_id"],
                officers_window=f"{told['simulators']}/_ami",
            ),
            gateway=told["gateway"],
            papers=PapersProgram(
                client_id=told["agencies"]["papers"]["client_id"],
                client_key_file=Path(told["agencies"]["papers"]["client_key_file"]),
                redirect_uri=told["agencies"]["papers"]["redirect_uri"],
            ),
            personas=tuple(
                Persona(one["key"], one["role"], one["name_th"], one["name_en"], one.get("passkey_link"))
                for one in told["personas"]
            ),
            station_id=told["station_id"],
            card_command=tuple(told["card_command"]),
            card_stack=told["card_stack"],
            audit_command=tuple(told["audit_command"]),
            evidence_command=tuple(told["evidence_command"]),
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

    def named(self, key: str) -> Persona:
        """The persona with this key; KeyError when the story has none."""
        return {persona.key: persona for persona in self.personas}[key]
