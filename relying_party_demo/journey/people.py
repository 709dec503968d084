"""The people of the story: each has a browser and a device with passkeys."""

from typing import Any

from relying_party_demo.journey.browser import Browser, Page
from relying_party_demo.journey.soft_authenticator import SoftAuthenticator


class Person:
    """Somebody with a browser and a passkey device."""

    def __init__(self, *, language: str) -> None:
        self.browser = Browser(language=language)
        self.device = SoftAuthenticator()

    def add_passkey(self, link: str) -> Page:
        """Open the link from the counter and add a passkey; returns the page that confirms it."""
        page = self.browser.open(link)
        page.element("add_passkey")
        token = page.url.fragment
        asked = self.browser.send_json(page, "/passkeys/new/options", {"link": token})
        credential = self.device.create(asked["publicKey"], origin=_origin(page))
        answer = {"ceremony": asked["ceremony"], "credential": credential, "nickname": "โทรศัพท์ของฉัน"}
        added = self.browser.send_json(page, "/passkeys/new/register", answer)
        page = self.browser.go(page, added["next"])
        page.element("passkey_added")
        return page

    def use_passkey(self, page: Page) -> Page:
        """Sign in on the provider's page; returns where that leads."""
        page.element("sign_in")
        hidden = {name: value for name, value in page.element("passkey_form").form_values() if value}
        to_carry: dict[str, Any] = {name: hidden.get(name) for name in ("flow", "return")}
        asked = self.browser.send_json(page, "/sign-in/options", {"flow": to_carry["flow"]})
        credential = self.device.get(asked["publicKey"], origin=_origin(page))
        answer = {"ceremony": asked["ceremony"], "credential": credential} | to_carry
        return self.browser.go(page, self.browser.send_json(page, "/sign-in/passkey", answer)["next"])


def _origin(page: Page) -> str:
    return f"{page.url.scheme}://{page.url.netloc.decode('ascii')}"
