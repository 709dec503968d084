"""A page under everything that people may have set: widths, zoom, larger letters, forced colours, less motion.

`defects` says what is wrong with a page as it stands. `ways_of_seeing` are tried one after the other on the same page,
which is not asked for again: what is shown once is looked at as well.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from playwright.async_api import Page, ViewportSize

from tests.provider.pages.browser import looked_at, violations

USUAL_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class WayOfSeeing:
    """What somebody has set in the browser or the system."""

    name: str
    width: int
    height: int
    letters: int = USUAL_LETTERS
    """Height of usual letters, in CSS pixels: a browser's setting, apart from zoom."""
    forced_colours: bool = False
    less_motion: bool = False

    @property
    def viewport(self) -> ViewportSize:
        return {"width": self.width, "height": self.height}


PHONE: Final = WayOfSeeing("320 px", 320, 740)
DESK: Final = WayOfSeeing("1280 px", 1280, 900)
WAYS_OF_SEEING: Final = (
    PHONE,
    DESK,
    # WCAG 2.2 §1.4.10: zoom makes fewer CSS pixels of the same screen; 400 % of 1280 px is the phone's 320 px
    WayOfSeeing("1280 px, zoom 200 %", 640, 450),
    # WCAG 2.2 §1.4.4: "text can be resized without assistive technology up to 200 percent"
    WayOfSeeing("320 px, letters 200 %", 320, 740, letters=2 * USUAL_LETTERS),
    WayOfSeeing("1280 px, letters 200 %", 1280, 900, letters=2 * USUAL_LETTERS),
    WayOfSeeing("320 px, forced colours", 320, 740, forced_colours=True),
    WayOfSeeing("1280 px, forced colours", 1280, 900, forced_colours=True),
    WayOfSeeing("1280 px, less motion", 1280, 900, less_motion=True),
)

_HELD: Final = """
const seen = element => element.checkVisibility({checkOpacity: false, checkVisibilityCSS: true});
const named = element => {
  const id = element.id ? '#' + element.id : '';
  const words = (element.textContent || element.value || '').trim().slice(0, 40);
  return `${element.localName}${id}.${element.className} '${words}'`;
};
"""
_TOO_WIDE: Final = """() => {
  const root = document.documentElement, wide = root.scrollWidth - root.clientWidth;
  if (wide <= 0) return [];
  const out = [...document.querySelectorAll('body *')].filter(element => seen(element)
    && element.getBoundingClientRect().right > root.clientWidth + 1
    && !element.closest('.app-scroll') && ![...element.children].some(child => child.localName !== 'option'));
  return [`wider than the screen by ${wide} px: ${out.slice(0, 3).map(named).join(' | ')}`];
}"""
_CUT: Final = """() => [...document.querySelectorAll('body *')].filter(element => {
  const style = getComputedStyle(element);
  const hides = ['hidden', 'clip'].includes(style.overflowX) || ['hidden', 'clip'].includes(style.overflowY);
  // what stands for a screen reader alone is one pixel large; in a field one moves along what was typed
  if (!hides || !seen(element) || element.clientWidth <= 1) return false;
  if (element.closest('svg, input, textarea, select')) return false;
  return element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
}).map(element => `cut: ${named(element)}`)"""
# axe-core sees no forced colours: a background or a shadow that alone told a control or a light is gone in them
_FORCED: Final = """() => {
  const found = [];
  const edged = (style, side) => style[`border${side}Style`] !== 'none' && parseFloat(style[`border${side}Width`]) > 0;
  for (const control of document.querySelectorAll('button, .govuk-button, input, select, textarea')) {
    if (!seen(control) || control.type === 'hidden' || ['checkbox', 'radio', 'range'].includes(control.type)) continue;
    const style = getComputedStyle(control);
    // a button may look like a link
    if (!edged(style, 'Bottom') && !style.textDecorationLine.includes('underline'))
      found.push(`no edge in forced colours: ${named(control)}`);
  }
  for (const lamp of document.querySelectorAll('.app-light__lamp, .light > span:first-child')) {
    if (!seen(lamp)) continue;
    const style = getComputedStyle(lamp);
    if (style.forcedColorAdjust !== 'none' || !edged(style, 'Top'))
      found.push(`a light without its colour in forced colours: ${named(lamp.parentElement)}`);
  }
  return found;
}"""
_MOVING: Final = """() => document.getAnimations().filter(one => one.playState === 'running')
  .map(one => `moves all the same: ${one.effect?.target?.className}`)"""
_UNSEEN_FOCUS: Final = """() => {
  const forced = matchMedia('(forced-colors: active)').matches, had = document.activeElement, found = [];
  const look = element => {
    const own = getComputedStyle(element), label = element.labels?.[0];
    const mark = label ? getComputedStyle(label, '::before') : own;
    const told = style => [style.boxShadow, style.borderTopColor,
                           style.borderTopWidth, style.backgroundColor].join();
    // a transparent ring is drawn in forced colours alone
    const clear = style => !forced && /^rgba\\(.*, 0\\)$/.test(style.outlineColor);
    const ringed = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 && !clear(style);
    return {told: told(own) + told(mark), ringed: ringed(own) || ringed(mark)};
  };
  const stops = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  for (const element of document.querySelectorAll(stops)) {
    if (!seen(element) || element.type === 'hidden' || element.disabled) continue;
    document.activeElement.blur();
    const before = look(element);
    element.focus({focusVisible: true, preventScroll: true});
    if (document.activeElement !== element) continue;
    const after = look(element);
    // a ring is what forced colours leave; elsewhere any change that is drawn shows where one is
    if (forced ? !after.ringed : !after.ringed && before.told === after.told)
      found.push(`focus is not seen: ${named(element)}`);
  }
  if (had instanceof HTMLElement && had !== document.body) had.focus({preventScroll: true});
  else document.activeElement.blur();
  return found;
}"""


async def defects(page: Page, way: WayOfSeeing) -> list[str]:
    """What is wrong with the page as it stands, seen in this way."""
    found = await violations(page)
    asked = [_TOO_WIDE, _CUT, _UNSEEN_FOCUS]
    if way.forced_colours:
        asked.append(_FORCED)
    if way.less_motion:
        asked.append(_MOVING)
    for question in asked:
        expression = f"() => {{ {_HELD} return ({question})(); }}"
        found += await looked_at(page, partial(page.evaluate, expression))
    return found


@asynccontextmanager
async def seen_in(page: Page, way: WayOfSeeing) -> AsyncIterator[None]:
    """The page as who has set this sees it, until the block ends; afterwards as on a phone."""
    session = await page.context.new_cdp_session(page)
    try:
        await page.set_viewport_size(way.viewport)
        await session.send("Page.setFontSizes", {"fontSizes": {"standard": way.letters}})
        await page.emulate_media(
            forced_colors="active" if way.forced_colours else "none",
            reduced_motion="reduce" if way.less_motion else "no-preference",
        )
        yield
    finally:
        await session.send("Page.setFontSizes", {"fontSizes": {"standard": USUAL_LETTERS}})
        await page.emulate_media(forced_colors="none", reduced_motion="no-preference")
        await page.set_viewport_size(PHONE.viewport)


async def defects_in_every_way(page: Page, where: str) -> list[str]:
    """All that is wrong with the page as it stands, each with how it was seen."""
    found = []
    for way in WAYS_OF_SEEING:
        async with seen_in(page, way):
            found += [f"{where}, {way.name}: {one}" for one in await defects(page, way)]
    return found
