"""One of each kind of paper: a program of its own asks for every data set there is, and its user fetches the rest.

It listens nowhere: its browser is sent to an address of this machine, which it reads (RFC 8252, section 7.3).
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey

from relying_party_demo.journey.browser import JourneyFault, Page
from relying_party_demo.journey.counter import CITIZEN
from relying_party_demo.journey.papers import check_paper, check_signature
from relying_party_demo.journey.story import Story, require, run
from relying_party_demo.national_id.client import NationalId, Registration
from relying_party_demo.national_id.dpop import DpopKey
from relying_party_demo.national_id.gateway import DataGateway
from relying_party_demo.national_id.keys import read_key
from relying_party_demo.national_id.problems import AskRefused

PURPOSE: Final = "every-paper"
CASE: Final = "ทดลอง 1/2569"
OF_A_PERSON: Final = (
    "check.person", "dopa.house", "dopa.name_changes", "dopa.particulars", "dopa.marriage", "dlt.driving_licence",
)  # fmt: skip
OF_A_COMPANY: Final = ("check.company", "dbd.memorandum", "dbd.shareholders", "dbd.financials")
CARD: Final = "card.identity"
CARD_SECONDS: Final = 30.0
LOOK_EVERY: Final = 0.3
OUTSIDER: Final = "a developer"


def everything_about_a_person_is_pulled(story: Story) -> None:
    """The citizen consents to everything that a consent opens; each data set comes as JSON and as a sealed PDF."""
    asyncio.run(_pull_of_a_person(story))


def everything_about_a_company_is_pulled(story: Story) -> None:
    """Memorandum with the registrar's signed file and page images, holders, statements: without any card."""
    asyncio.run(_pull_of_a_company(story))


def card_is_printed(story: Story) -> None:
    """An officer at the counter gets what the card says as a sealed PDF, and the person a slip to take home."""
    asyncio.run(_print_card(story))


def own_papers_are_fetched(story: Story) -> None:
    """The citizen's own: the receipt of the consent, and the report of who saw the data."""
    browser, issuer = story.person(story.endpoints.persona(CITIZEN).key).browser, story.endpoints.issuer
    page = browser.open(f"{issuer}/account/consents")
    links = page.links("data-consent")
    require(bool(links), "the list of consents is empty")
    receipt = f"{page.url.join(links[0]).copy_with(query=None)}/receipt.pdf"
    for name, address in (
        ("consent-receipt.pdf", receipt),
        ("access-report.pdf", f"{issuer}/account/activity/report.pdf"),
    ):
        _save(story.out / name, browser.open(address).content)


def evidence_is_bundled(story: Story) -> None:
    """Everything that stands for one release, as one file, with a sealed cover that says what lies in it."""
    released = json.loads((story.out / "dopa.house.json").read_text("utf-8"))
    bundle = story.out / "evidence.zip"
    bundle.unlink(missing_ok=True)
    bundle.with_suffix(".pdf").unlink(missing_ok=True)
    reason = ["--reason", "การสาธิต", "--operator", "journey.demo", "--home", str(story.endpoints.home)]
    run([*story.endpoints.evidence_command, "export", released["disclosure_id"], "--out", str(bundle), *reason])
    require(bundle.with_suffix(".pdf").exists(), "the bundle of evidence has no cover")
    check_signature(bundle.with_suffix(".pdf"))


class _Program:
    """The program's two sides, the provider and the data gateway, for one step: its tokens end with its key."""

    def __init__(self, story: Story) -> None:
        told = story.endpoints.papers
        dpop_key = DpopKey(ECKey.generate_key("P-256"), clock=time.time)
        key = read_key(told.client_key_file)
        registration = Registration(story.endpoints.issuer, told.client_id, told.redirect_uri, key)
        self.national_id = NationalId(registration=registration, dpop_key=dpop_key, clock=time.time)
        self.gateway = DataGateway(base_url=story.endpoints.gateway, dpop_key=dpop_key)
        self._story = story
        self._fields: dict[str, list[dict[str, Any]]] = {}

    async def signed_in(self, person: str, act: Callable[[Page], Page] = lambda page: page, **asked: Any) -> str:
        """The access token of a person whose session is open, after what they do on the provider's page."""
        where, attempt = await self.national_id.begin(**asked)
        browser = self._story.person(person).browser
        browser.reads.add(self._story.endpoints.papers.redirect_uri)
        page = act(browser.open(where))
        if not str(page.url).startswith(self._story.endpoints.papers.redirect_uri):
            page.element("the-program-itself")  # says where the browser is instead
        signed_in = await self.national_id.finish(attempt=attempt, answer=dict(page.url.params))
        return str(signed_in.token["access_token"])

    def detail(self, dataset: str, subject: str | Mapping[str, str], *, basis: str) -> dict[str, Any]:
        """A detail (RFC 9396) for all of a data set that the basis opens, as the public catalogue has it."""
        if not self._fields:
            page = self._story.person(OUTSIDER).browser.open(f"{self._story.endpoints.gateway}/catalogue")
            self._fields = {one["dataset"]: one["fields"] for one in json.loads(page.content)["datasets"]}
        return {
            "type": "gdx",
            "dataset": dataset,
            "subject": subject,
            "purpose": PURPOSE,
            "basis": basis,
            "case": CASE,
            "fields": [one["name"] for one in self._fields[dataset] if basis in one.get("bases", [basis])],
            "formats": ["json", "pdf"],
            "uses": 2,
        }

    async def save(self, access_token: str, dataset: str) -> None:
        """Pull a data set; both papers into the output folder, checked against each other."""
        pulled = await self.gateway.pull(
            access_token=access_token, dataset=dataset, idempotency_key=secrets.token_urlsafe(24), case=CASE
        )
        payload, file = dict(pulled.payload), self._story.out / f"{dataset}.pdf"
        file.with_suffix(".json").write_text(json.dumps(payload, ensure_ascii=False, indent=2) + "\n", "utf-8")
        file.write_bytes(pulled.pdf)
        check_paper(file, expected_data=payload)


async def _pull_of_a_person(story: Story) -> None:
    program = _Program(story)
    citizen = story.endpoints.persona(CITIZEN).key

    def allow(page: Page) -> Page:
        page.element("consent_form")
        return story.person(citizen).browser.submit(page, "allow")

    with _plainly():
        details = [program.detail(dataset, "self", basis="consent") for dataset in OF_A_PERSON]
        token = await program.signed_in(citizen, allow, scope="openid", authorization_details=details)
        for dataset in OF_A_PERSON:
            await program.save(token, dataset)


async def _pull_of_a_company(story: Story) -> None:
    program = _Program(story)
    subject = {"juristic_id": story.endpoints.juristic_id}
    with _plainly():
        details = [program.detail(dataset, subject, basis="duty") for dataset in OF_A_COMPANY]
        token = (await program.national_id.own_token(details))["access_token"]
        for dataset in OF_A_COMPANY:
            await program.save(token, dataset)


async def _print_card(story: Story) -> None:
    program, water = _Program(story), story.endpoints.water
    with _plainly():
        officer = await program.signed_in(water.officer, scope="openid look_up", resource=story.endpoints.gateway)
        basis = {"kind": "card_handed_over", "notice_read": True}
        order = {"purpose": PURPOSE, "case": CASE, "station": water.station_id, "basis": basis}
        session = (await program.gateway.send("POST", "/card-sessions", order, access_token=officer))["id"]
        details = [program.detail(CARD, {"card_session": session}, basis="card_handed_over")]
        token = (await program.national_id.own_token(details))["access_token"]
        with story.card_meanwhile(
            "insert", "citizen", story.endpoints.persona(CITIZEN).key, "--station", water.station_id
        ):
            await _until_ready(program, f"/card-sessions/{session}", token)
        await program.save(token, CARD)
        slip = await program.gateway.paper(f"/card-sessions/{session}/slip", access_token=token)
        _save(story.out / "counter-slip.pdf", slip)
        await program.gateway.send("DELETE", f"/card-sessions/{session}", access_token=token)
    story.card("eject", "citizen", "--station", water.station_id)


async def _until_ready(program: _Program, path: str, token: str) -> None:
    ends_at = time.monotonic() + CARD_SECONDS
    while True:
        state = await program.gateway.send("GET", path, access_token=token)
        if state["ready"]:
            return
        if state["over"] or time.monotonic() > ends_at:
            raise JourneyFault(f"the card was not read: {state['reason']}")
        await asyncio.sleep(LOOK_EVERY)


@contextmanager
def _plainly() -> Iterator[None]:
    """A refusal of the provider or the gateway as a fault of the journey, by its code."""
    try:
        yield
    except AskRefused as refused:
        raise JourneyFault(f"refused with {refused.code}") from refused


def _save(file: Path, content: bytes) -> None:
    require(content.startswith(b"%PDF-"), f"{file.name} was not given")
    file.write_bytes(content)
    check_signature(file)
