"""The portal: pages of the staff. Who enrols people at counters, and who looks after enrolled identities.

Owns the staff's sessions and pages. Does not own any decision of the rooms it calls, nor the sign-in itself: it is an
OpenID client of the issuer like any other. Pages of one audience have a folder of their own, with their templates and
their Thai; what all of them can do stands in `templates/tasks.html`. Rules: design, sections 1 (portal) and 2;
facts/screens-and-ecosystem, section 2.
"""

from typing import Final

TEMPLATES: Final = (
    ("idp.portal", "templates"),
    ("idp.portal.look_ups", "templates"),
    ("idp.portal.auditing", "templates"),
    ("idp.portal.supervision", "templates"),
    ("idp.portal.owners", "templates"),
    ("idp.portal.platform", "templates"),
    ("idp.portal.onboarding", "templates"),
    ("idp.portal.agency", "templates"),
)
"""Where the templates of the pages lie, with `locales/th.po` beside each folder."""
