"""Somebody who has a keyboard alone: tabs to what a screen reader calls by these words, and presses it.

Wherever the focus stops on the way it is seen, and lies beneath nothing (WCAG 2.2 §2.4.7, §2.4.11).
"""

from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import CDPSession, Page

from tests.patience import eventually

MOST_STOPS: Final = 120
"""No page has more: who did not come by what they look for until then never will."""

_STANDS: Final = """async () => {
  const at = document.activeElement;
  const mark = at.labels?.length ? getComputedStyle(at.labels[0], '::before') : getComputedStyle(at);
  const drawn = style => style.boxShadow !== 'none'
    || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
      && !/^rgba\\(.*, 0\\)$/.test(style.outlineColor);
  // the middle of what of it is on the screen
  const middle = () => {
    const box = at.getClientRects()[0] ?? {left: -1, right: -1, top: -1, bottom: -1};
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    return left < right && top < bottom ? [(left + right) / 2, (top + bottom) / 2] : [-1, -1];
  };
  const inside = ([x]) => x >= 0;
  // the page may still be moving to it
  for (let frames = 0; frames < 120 && !inside(middle()); frames += 1) await new Promise(requestAnimationFrame);
  const over = document.elementFromPoint(...middle());
  const free = over !== null && (at.contains(over) || over.contains(at) || [...at.labels ?? []].includes(over));
  return {seen: drawn(getComputedStyle(at)) || drawn(mark), free, inside: inside(middle())};
}"""
# dead or not is known when the page's script has run
_LIVES: Final = "document.readyState === 'complete' && !document.activeElement.hasAttribute('aria-disabled')"
_LEADS_AWAY: Final = """() => {
  const at = document.activeElement;
  const [there, here] = [at, location].map(one => (one.href ?? '').split('#')[0]);
  const taken = at.closest('[hx-get], [hx-post], [hx-boost], [download], [target]');
  return at.matches('a[href]') && there !== here && taken === null;
}"""


@dataclass
class Keyboard:
    """The keys of one person before one page."""

    page: Page
    _session: CDPSession | None = field(default=None, init=False)

    async def go(self, words: str, *, role: str = "", back: bool = False) -> None:
        """Tab until the focus is on what is called by these words, or begins with them. AssertionError when nothing is.

        `back` goes the other way round, by Shift and Tab.
        """
        heard: list[str] = []
        for _ in range(MOST_STOPS):
            await self.page.keyboard.press("Shift+Tab" if back else "Tab")
            kind, name = await self.called()
            heard.append(f"{kind} {name}")
            await self._is_seen(heard[-1])
            if name.startswith(words) and role in ("", kind):
                return
        raise AssertionError(f"{self.page.url}: no key leads to {words!r}, only to {list(dict.fromkeys(heard))}")

    async def press(self, words: str, *, role: str = "", back: bool = False, key: str = "Enter") -> None:
        """Go there and press it. A link has been followed when this comes back: no key falls between two pages."""
        await self.go(words, role=role, back=back)
        if key == "Enter" and await self.page.evaluate(_LEADS_AWAY):
            async with self.page.expect_event("domcontentloaded"):
                await self.page.keyboard.press(key)
        else:
            await self.page.keyboard.press(key)

    async def decide(self, words: str) -> None:
        """Press a button that decides, once it lives. The page it leads to came when this comes back."""
        await self.go(words, role="button")
        await self.lives()
        async with self.page.expect_event("domcontentloaded"):
            await self.page.keyboard.press("Enter")

    async def lives(self) -> None:
        """Come back when what has the focus can be pressed: buttons that decide are dead for half a second at first."""

        async def asked() -> bool:
            return bool(await self.page.evaluate(_LIVES))

        await eventually(asked, f"{self.page.url}: the button stays dead")

    async def write(self, words: str, text: str) -> None:
        """Go to the field of this name and type in place of what stands there."""
        await self.go(words)
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(text)

    async def tick(self, words: str) -> None:
        """Go to the box of this name and tick it."""
        await self.press(words, role="checkbox", key="Space")

    async def choose(self, words: str, *, role: str = "radio") -> None:
        """Go to a group of choices and by arrows to the one of this name; the group is one stop."""
        for _ in range(MOST_STOPS):
            await self.page.keyboard.press("Tab")
            if (await self.called())[0] == role:
                break
        for _ in range(MOST_STOPS):
            kind, name = await self.called()
            assert kind == role, f"{self.page.url}: no {role} is called {words!r}"
            await self._is_seen(name)
            if name.startswith(words):
                await self.page.keyboard.press("Space")
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{self.page.url}: no {role} is called {words!r}")

    async def skip_to_content(self) -> None:
        """The first stop of a page passes over its head."""
        await self.page.keyboard.press("Tab")
        assert await self.page.evaluate("document.activeElement.matches('.govuk-skip-link, .skip')"), self.page.url
        await self._is_seen("skip link")
        await self.page.keyboard.press("Enter")
        await self.page.keyboard.press("Tab")
        assert await self.page.evaluate("document.activeElement.closest('main, footer') !== null"), self.page.url

    async def called(self) -> tuple[str, str]:
        """Role and accessible name of what has the focus, as the browser tells a screen reader."""
        if self._session is None:
            self._session = await self.page.context.new_cdp_session(self.page)
        await self._session.send("Accessibility.enable")
        found = await self._session.send("Runtime.evaluate", {"expression": "document.activeElement"})
        asked = {"objectId": found["result"]["objectId"], "fetchRelatives": False}
        tree: dict[str, Any] = await self._session.send("Accessibility.getPartialAXTree", asked)
        node = tree["nodes"][0]
        return str(node.get("role", {}).get("value", "")), str(node.get("name", {}).get("value", "")).strip()

    async def _is_seen(self, what: str) -> None:
        stands = await self.page.evaluate(_STANDS)
        if await self.page.evaluate("document.activeElement === document.body"):
            return  # between the last stop and the first one
        assert stands["seen"], f"{self.page.url}: the focus is not seen on {what}"
        assert stands["inside"], f"{self.page.url}: {what} has the focus outside the screen"
        assert stands["free"], f"{self.page.url}: something lies over {what}"
