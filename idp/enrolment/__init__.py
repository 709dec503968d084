"""Enrolment: journeys that end in a subscriber, or in a better proofed one.

Owns the tables of every journey (`journeys`), the evidence and the one policy table from evidence to IAL (`rules`), the
one open application a person has, who is still to be met by an agency, and the journeys at a counter themselves. Ways
without an officer are rooms of their own in here (`by_thaid`, `unattended`), and so is what a person has to look at
(`reviews`). Does not own the card session (`stations`), the person's record (`subscribers`) or the passkey
(`authentication`). Rules: design, sections 2 (Enrol at the counter) and 4; facts/thai-registries, sections 3.1 and 7.3;
facts/security-and-reliability, row 81.
"""
