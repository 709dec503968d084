"""A form in its state after it was sent empty: everything that is missing is told at once, and at its field.

Nothing leaves the browser: `idp/web/static/fields.js` holds back what is not complete. The pages of agencies have none
of it: what is missing there is the browser's to say.
"""

from typing import Final

from playwright.async_api import Page

from tests.provider.pages.browser import violations

_SEND: Final = """() => document.getElementById('field_faults') === null ? [] :
  [...document.querySelectorAll('main form')].flatMap(form => {
  const missing = [...form.elements].filter(field => field.willValidate && field.validity.valueMissing);
  if (missing.length === 0) return [];
  form.requestSubmit([...form.elements].find(one => one.type === 'submit' && one.value !== 'export'));
  const name = form.id || form.action, found = [];
  const summary = document.getElementById('field_summary');
  if (summary === null || document.activeElement !== summary) found.push(`${name}: no summary has the focus`);
  const words = [document.getElementById('field_faults')?.dataset.word];
  if (!document.title.startsWith(words[0])) found.push(`${name}: the title does not begin with ${words[0]}`);
  for (const field of missing) {
    const told = (field.getAttribute('aria-describedby') ?? '').split(' ').map(id => document.getElementById(id));
    if (field.getAttribute('aria-invalid') !== 'true' || !told.some(one => one?.matches('.govuk-error-message')))
      found.push(`${name}: nothing is told at ${field.name}`);
  }
  for (const link of summary?.querySelectorAll('a') ?? []) {
    if (document.getElementById(link.hash.slice(1)) === null) found.push(`${name}: ${link.textContent} leads nowhere`);
  }
  return found;
})"""


async def faults_when_sent_empty(page: Page) -> list[str]:
    """What is wrong with how the page's forms tell what is missing; the page stays in the state of the last of them."""
    found: list[str] = await page.evaluate(_SEND)
    if await page.locator("#field_summary").count():
        found += await violations(page)
    return found
