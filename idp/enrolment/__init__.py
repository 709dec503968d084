"""Enrolment: the journey at the counter that ends in a subscriber, or in a better proofed one.

Owns the journey's state, its evidence and the one policy table from evidence to IAL. Does not own the card session
(`stations`), the person's record (`subscribers`) or the passkey (`authentication`). Rules: design, sections 2 (Enrol at
the counter) and 4; facts/thai-registries, sections 3.1 and 7.3; facts/security-and-reliability, row 81.
"""
