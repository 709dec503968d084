"""At the job-seeker service: sign in, consent, data and papers, and the end of the consent."""

import json
import time
from pathlib import Path
from typing import Any

from relying_party_demo.journey.browser import JourneyFault, Page
from relying_party_demo.journey.counter import CITIZEN
from relying_party_demo.journey.papers import check_opens_with_password_only, check_paper
from relying_party_demo.journey.people import Person
from relying_party_demo.journey.story import Story, require, wait_for

PERSON_FIELDS = ("citizen_id", "name_th", "birth_date")
ADDRESS_FIELDS = ("address_text",)
SEEN_SECONDS = 60
WITHDRAWN_SECONDS = 5
DATASET_TITLES = {
    "dopa.person": {"th": "ข้อมูลส่วนบุคคล", "en": "Personal data"},
    "dopa.address": {"th": "ข้อมูลที่อยู่", "en": "Registered address"},
}


def citizen_signs_in(story: Story) -> None:
    """The citizen presses "sign in" at the service and uses the passkey at the provider."""
    citizen = _citizen(story)
    page = citizen.browser.follow(citizen.browser.open(story.endpoints.jobs), "sign_in")
    story.pages["consent"] = citizen.use_passkey(page)


def citizen_consents(story: Story) -> None:
    """The consent page says who asks, for what, and with which values; the citizen allows it."""
    page = story.pages["consent"]
    page.element("consent_form")
    persona = story.endpoints.persona(CITIZEN)
    shown = {name.rsplit(".", 1)[-1].rsplit(":", 1)[-1] for name in page.rows("data-field")}
    require(_says(page, story.endpoints.agency_name[story.language]), "the consent page does not name who asks")
    require(shown.issuperset(PERSON_FIELDS + ADDRESS_FIELDS), "the consent page does not list what is asked for")
    require(not page.rows("data-labels-only"), "the consent page could not get the values to show")
    require(_says(page, persona.name_th), "the consent page does not show the values that would be given")
    page.element("deny")
    story.pages["application"] = _citizen(story).browser.submit(page, "allow")


def tokens_are_issued(story: Story) -> None:
    """The service knows how sure it may be: the levels of identity and of authentication it was told."""
    page = story.pages["application"]
    require(page.text("ial") == "2.2" and page.text("aal") == "2.2", "the service was not told IAL 2.2 and AAL 2.2")
    require(page.text("acr").endswith(":ial:2.2:aal:2.2"), "acr does not repeat the levels")


def person_is_pulled(story: Story) -> None:
    """The service has the person's entry of the population registry, as data and as a sealed PDF."""
    payload = _save(story, "/application", "dopa.person")
    name = story.endpoints.persona(CITIZEN).name_th
    require(_tight(name) == _tight(payload["fields"]["name_th"]), "the data are not those of the person who signed in")


def address_is_pulled(story: Story) -> None:
    """The service has the registered address, as data and as a sealed PDF."""
    payload = _save(story, "/application", "dopa.address")
    require(bool(payload["fields"]["address_text"]), "the address is empty")


def company_is_pulled(story: Story) -> None:
    """Without any card, under its duty and a case number, the service has the employer's entry."""
    citizen = _citizen(story)
    page = citizen.browser.open(f"{story.endpoints.jobs}/employer")
    page = citizen.browser.submit(page, "employer_form", {"juristic_id": story.endpoints.juristic_id})
    page.element("document_password")
    story.pages["employer"] = page
    payload = _save(story, "/employer", "dbd.company")
    require(payload["basis"] == "duty" and bool(payload["case"]), "the release names no duty or no case")
    require(payload["subject"] == story.endpoints.juristic_id, "the data are of another company")


def password_document_is_locked(story: Story) -> None:
    """The copy for sending on does not open without its password, and opens with it."""
    page = story.pages["employer"]
    password = page.text("document_password")
    file = story.out / "dbd.company-password.pdf"
    _download(story, "/employer/dbd.company-password.pdf", file)
    file.with_suffix(".txt").write_text(f"{password}\n", "utf-8")
    data = check_opens_with_password_only(file, password=password)
    require(data["subject"] == story.endpoints.juristic_id, "the locked document holds another company's data")


def owner_sees_who_saw(story: Story) -> None:
    """The citizen finds both releases, with the agency's name, in "who saw my data"."""
    citizen = _citizen(story)

    def arrived(page: Page) -> bool:
        rows = " ".join(page.rows("data-disclosure").values())
        return all(titles[story.language] in rows for titles in DATASET_TITLES.values())

    page = wait_for(
        lambda: citizen.browser.open(f"{story.endpoints.issuer}/account/activity"),
        arrived=arrived,
        seconds=SEEN_SECONDS,
        what="both releases in the citizen's list",
    )
    require(_says(page, story.endpoints.agency_name[story.language]), "the list does not name the agency")


def consent_is_withdrawn(story: Story) -> None:
    """The citizen withdraws; within five seconds the service gets nothing any more."""
    browser = _citizen(story).browser
    page = browser.open(f"{story.endpoints.issuer}/account/consents")
    links = page.links("data-consent")
    require(bool(links), "the list of consents is empty")
    browser.submit(browser.go(page, links[0]), "withdraw")
    withdrawn_at = time.monotonic()
    application = f"{story.endpoints.jobs}/application"
    while True:
        answer = browser.submit(browser.open(application), "pull_again")
        if answer.find("error_code") is not None:
            break
        if time.monotonic() - withdrawn_at > WITHDRAWN_SECONDS:
            raise JourneyFault(f"data were released {WITHDRAWN_SECONDS} s after the withdrawal")
    require(400 <= answer.status < 500, f"the pull failed for another reason: {answer.text('error_code')}")


def _citizen(story: Story) -> Person:
    return story.person(story.endpoints.persona(CITIZEN).key)


def _save(story: Story, folder: str, dataset: str) -> dict[str, Any]:
    """Both papers of a data set into the output folder, checked against each other; returns the data."""
    data_file, paper_file = story.out / f"{dataset}.json", story.out / f"{dataset}.pdf"
    _download(story, f"{folder}/{dataset}.json", data_file)
    _download(story, f"{folder}/{dataset}.pdf", paper_file)
    payload: dict[str, Any] = json.loads(data_file.read_text("utf-8"))
    require(payload["dataset"] == dataset, "the data are of another data set")
    check_paper(paper_file, expected_data=payload)
    return payload


def _download(story: Story, path: str, file: Path) -> None:
    page = _citizen(story).browser.open(f"{story.endpoints.jobs}{path}")
    if page.status != 200 or page.tree is not None:
        code = "" if page.find("error_code") is None else page.text("error_code")
        raise JourneyFault(f"{path} was not given (HTTP {page.status} {code})")
    file.write_bytes(page.content)


def _says(page: Page, words: str) -> bool:
    # names are set in spans that keep them on one line, so that spaces differ
    return _tight(words) in _tight(page.words)


def _tight(words: str) -> str:
    return "".join(words.split())
