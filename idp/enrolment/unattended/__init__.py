"""Enrolment without an officer: at home with a reader of one's own, and at a kiosk.

Owns the application (one browser, one card, one person), the pairing of a browser with the person's own agent, what a
kiosk's browser may do, and who may get an authenticator by it. Does not own the table of steps (`enrolment.journeys`)
nor the policy from evidence to IAL (`enrolment.rules`), the card session of a kiosk (`stations`), the person's record
(`subscribers`) or the passkey and the PIN (`authentication`). Nobody looks at the card or at the person here: an
identity that can be signed in to is never touched. Rules: docs/adr/0011-enrolment-without-an-officer.md;
facts/smart-card, section 4; facts/thai-registries, section 7.3.
"""
