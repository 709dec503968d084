"""At the counter: the officer signs in, the card is read, the identity is made, frozen and freed again."""

from relying_party_demo.journey.browser import JourneyFault, Page
from relying_party_demo.journey.story import Story, require, wait_for

OFFICER = "enrolment_officer"
ADMIN = "enrolment_admin"
CITIZEN = "citizen"
CARD_SECONDS = 60
REGISTRY_SECONDS = 30
IAL_AT_THE_COUNTER = "2.2"
LINK_USED = "AUT-03"


def officer_signs_in(story: Story) -> None:
    """An officer adds a passkey from the invitation and signs in to the portal with it."""
    page = _staff_signs_in(story, OFFICER, 0)
    page.element("start_enrolment")
    story.pages["officer"] = page


def card_is_read(story: Story) -> None:
    """The enrolment waits for the card, reads it, asks the registry, and shows the face to compare."""
    officer = story.person(story.endpoints.persona(OFFICER).key)
    page = officer.browser.follow(story.pages["officer"], "start_enrolment")
    page = officer.browser.submit(page, "start_enrolment_form", {"station_id": story.endpoints.station_id})
    page.element("enrolment")
    story.card("insert", "citizen", story.endpoints.persona(CITIZEN).key)
    page = _wait_for_state(story, page, "compare_face", seconds=CARD_SECONDS)
    photo = officer.browser.go(page, page.element("photo").get("src", ""))
    require(photo.content.startswith(b"\xff\xd8"), "the photo of the card is not shown to the officer")
    story.pages["enrolment"] = page


def identity_is_enrolled(story: Story) -> None:
    """The officer sees that the face matches; the identity is made at the level the evidence carries."""
    officer = story.person(story.endpoints.persona(OFFICER).key)
    page = officer.browser.submit(story.pages["enrolment"], "face_matches", {"unrelated": "yes"})
    page = _wait_for_state(story, page, "completed", seconds=REGISTRY_SECONDS)
    require(IAL_AT_THE_COUNTER in page.text("ial"), f"the identity assurance level is not {IAL_AT_THE_COUNTER}")
    link = page.element("passkey_link").get("href", "")
    require(bool(link), "the page shows no link for the citizen's passkey")
    story.passkey_link = str(page.url.join(link))
    story.pages["enrolment"] = page
    story.card("eject", "citizen")


def identity_is_suspended_and_lifted(story: Story) -> None:
    """One administrator suspends the identity; only another one may lift the suspension."""
    enrolment_id = story.pages["enrolment"].url.path.rsplit("/", 1)[-1]
    first = story.person(story.endpoints.persona(ADMIN, 0).key)
    second = story.person(story.endpoints.persona(ADMIN, 1).key)
    page = first.browser.follow(_staff_signs_in(story, ADMIN, 0), "subscribers")
    page = first.browser.submit(page, "search_form", {"query": enrolment_id})
    require(_status(page) == "active", "the new identity is not active")
    page = first.browser.submit(page, "suspend_form", {"reason": "ตรวจสอบการแจ้งบัตรหาย (สาธิต)"})
    address = str(page.url)
    require(_status(page) == "suspended", "the identity was not suspended")
    if page.find("lift_form") is not None:
        refused = first.browser.submit(page, "lift_form")
        require(refused.status == 409, "the administrator who suspended was not refused lifting")
        refused.element("error_code")
    _staff_signs_in(story, ADMIN, 1)
    page = second.browser.submit(second.browser.open(address), "lift_form")
    require(_status(page) == "active", "the suspension was not lifted")


def citizen_adds_passkey(story: Story) -> None:
    """The citizen opens the link on the own phone and adds a passkey; the link works once."""
    citizen = story.person(story.endpoints.persona(CITIZEN).key)
    citizen.add_passkey(story.passkey_link)
    stranger = story.person("somebody else").browser
    page = stranger.open(story.passkey_link)
    code = stranger.refused_json(page, "/passkeys/new/options", {"link": page.url.fragment})
    require(code == LINK_USED, f"the passkey link, opened a second time, is answered with {code}")


def _staff_signs_in(story: Story, role: str, position: int) -> Page:
    persona = story.endpoints.persona(role, position)
    person = story.person(persona.key)
    if persona.passkey_link is None:
        raise JourneyFault(f"{persona.key} has no invitation to add a passkey")
    person.add_passkey(persona.passkey_link)
    return person.use_passkey(person.browser.follow(person.browser.open(story.endpoints.portal), "sign_in"))


def _wait_for_state(story: Story, page: Page, state: str, *, seconds: float) -> Page:
    officer = story.person(story.endpoints.persona(OFFICER).key)

    def arrived(seen: Page) -> bool:
        now = seen.element("enrolment").get("data-state")
        if now == "refused" or (now == "pending_registry" and state == "completed"):
            code = seen.find("error_code")
            raise JourneyFault(f"the enrolment is {now}: {'' if code is None else seen.text('error_code')}")
        return str(now) == state

    return wait_for(
        lambda: officer.browser.open(str(page.url)), arrived=arrived, seconds=seconds, what=f"the state {state}"
    )


def _status(page: Page) -> str:
    return str(page.element("status").get("data-status"))
