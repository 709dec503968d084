"""The whole demonstration running, with one citizen enrolled at its counter: for programs that use the data gateway."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.cli.demo_stack import Plan, start_everything
from idp.cli.processes import Processes
from relying_party_demo.journey import counter
from relying_party_demo.journey.endpoints import Endpoints
from relying_party_demo.journey.people import Person
from relying_party_demo.journey.story import Story
from tests.interop.stage import Acts
from tests.journeys.conftest import free_port_base


@dataclass(frozen=True)
class Citizen:
    """A person with a browser and a passkey."""

    person: Person

    @property
    def acts(self) -> Acts:
        """What a program may ask for, by name."""
        return {"visit": self.visit}

    def visit(self, url: str, decision: str) -> Mapping[str, Any]:
        """Go there, sign in with the passkey where asked, decide; tells the address where the browser came out."""
        page = self.person.browser.open(url)
        if page.find("passkey_form") is not None:
            page = self.person.use_passkey(page)
        if page.find("consent_form") is not None:
            page = self.person.browser.submit(page, decision)
        return {"url": str(page.url)}


@dataclass(frozen=True)
class Demonstration:
    """Where everything is, what the agency's program `jobs` holds, and a citizen of the demonstration."""

    endpoints: Mapping[str, Any]
    citizen: Citizen

    @property
    def jobs(self) -> dict[str, Any]:
        """The registration of the agency's program, its private key with it."""
        registered = self.endpoints["agencies"]["jobs"]
        key = json.loads(Path(registered["client_key_file"]).read_text("utf-8"))
        redirect_uri = f"{self.endpoints['jobs']}/callback"
        return {"client_id": registered["client_id"], "key": key, "redirect_uri": redirect_uri}


@contextmanager
def demonstrating(folder: Path) -> Iterator[Demonstration]:
    """Everything started on an empty store, and the citizen enrolled, until the block ends."""
    plan = Plan(out=folder, home=folder / "store", port_base=free_port_base(), card="memory")
    plan.home.mkdir()
    with Processes(logs=plan.home / "logs") as processes:
        told = start_everything(plan, processes, say=lambda _: None)
        story = Story(Endpoints.read(folder / "endpoints.json"), out=folder, language="en")
        try:
            for step in (
                counter.officer_signs_in,
                counter.card_is_read,
                counter.identity_is_enrolled,
                counter.citizen_adds_passkey,
            ):
                step(story)
            yield Demonstration(told, Citizen(story.person(story.endpoints.persona(counter.CITIZEN).key)))
        finally:
            story.close()
