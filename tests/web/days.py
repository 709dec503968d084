"""Typing a day into its three fields."""

from datetime import date

from playwright.async_api import Page


async def type_day(page: Page, name: str, day: date) -> None:
    """As people in Thailand write it: in the Buddhist era."""
    for part, typed in (("day", day.day), ("month", day.month), ("year", day.year + 543)):
        await page.fill(f"#{name}-{part}", str(typed))
