"""At the waterworks' counter: the officer's session, the visitor's card, the form that fills itself in (S1)."""

from relying_party_demo.journey.browser import JourneyFault, Page
from relying_party_demo.journey.people import Person
from relying_party_demo.journey.story import Story, require, wait_for

PIN = "2580"
"""Of every officer in the simulated registry; its window says so."""
CARD_SECONDS = 30


def meter_is_requested(story: Story) -> None:
    """An officer takes a request for a meter: card and registry differ, the officer decides, nothing is copied."""
    water = story.endpoints.water
    officer = story.person(water.officer)
    # 1. the officer's own card and PIN, into the registry's program
    with story.card_meanwhile("insert", "officer", water.officer, "--station", water.station_id):
        _sign_in(story, officer)
        _open_registry_session(story, officer)
    # 2. a request, and the visitor's card
    with story.card_meanwhile("insert", "citizen", water.visitor, "--station", water.station_id):
        page = officer.browser.open(f"{water.url}/requests/new")
        page = officer.browser.submit(page, "new_form", {"station": water.station_id, "notice": "read"})
        page.element("light")
    page = _wait(story, page, "ready", seconds=CARD_SECONDS)
    form = page.element("meter_form")
    differing = form.xpath(".//*[@data-differs='yes']/@data-field")
    require(differing == ["place"], "the form does not show that card and registry differ in the address alone")
    # 3. saved, and off the screen when the card is taken out
    name = "".join(story.endpoints.named(water.visitor).name_th.split())
    require(name in "".join(page.words.split()), "the form is not filled in for the visitor")
    page = officer.browser.submit(page, "meter_form")
    page.element("saved")
    require(name not in "".join(page.words.split()), "the visitor's data stay on the screen")
    with story.card_meanwhile("eject", "citizen", "--station", water.station_id):
        slip = officer.browser.follow(page, "slip")
        require(slip.content.startswith(b"%PDF-"), "there is no slip for the visitor")


def _sign_in(story: Story, officer: Person) -> None:
    persona = story.endpoints.named(story.endpoints.water.officer)
    if persona.passkey_link is None:
        raise JourneyFault(f"{persona.key} has no invitation to add a passkey")
    officer.add_passkey(persona.passkey_link)
    page = officer.browser.follow(officer.browser.open(story.endpoints.water.url), "sign_in")
    page = officer.use_passkey(page)
    page.element("new_request")


def _open_registry_session(story: Story, officer: Person) -> None:
    """What hands do at the officers' window: choose the card, type the PIN."""
    water = story.endpoints.water
    window = officer.browser.open(water.officers_window)
    cards = window.element(water.station_id).xpath(".//select[@name='citizen_id']/option")
    own = next((card.get("value") for card in cards if f"({water.officer})" in card.text_content()), None)
    if own is None:
        raise JourneyFault("the officers' window does not know the officer's card")
    for act in ({"act": "insert", "citizen_id": own}, {"act": "pin", "pin": PIN}):
        officer.browser.send_json(window, window.url.path, {**act, "desk": water.station_id})


def _wait(story: Story, page: Page, state: str, *, seconds: float) -> Page:
    browser = story.person(story.endpoints.water.officer).browser

    def arrived(seen: Page) -> bool:
        now = seen.element("visit").get("data-state")
        if now == "over":
            raise JourneyFault(f"the card session is over: {seen.element('over').get('data-reason')}")
        return str(now) == state

    return wait_for(
        lambda: browser.open(str(page.url)), arrived=arrived, seconds=seconds, what=f"the card to be {state}"
    )
