"""What a browser says of itself, in two words: enough for its owner to know it again in a list, and kept as no more."""

from typing import Final

PROGRAMS: Final = (
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Line/", "LINE"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)

IN_APPS: Final = (
    ("Line/", "LINE"),
    ("Instagram", "Instagram"),
    ("FBAN", "Facebook"),
    ("FBAV", "Facebook"),
    ("FB_IAB", "Facebook"),
)
"""Apps that open pages inside themselves, where passkeys often do not work."""


def in_app(user_agent: str) -> str:
    """The app inside which the page is open; empty for a browser of its own."""
    return next((app for sign, app in IN_APPS if sign in user_agent), "")


def device_words(user_agent: str) -> str:
    """Program and system; empty for what is neither. The first row that matches counts: many name others' names."""
    found = [next((word for sign, word in table if sign in user_agent), "") for table in (PROGRAMS, SYSTEMS)]
    return ", ".join(word for word in found if word)
