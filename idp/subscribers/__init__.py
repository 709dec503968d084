"""Subscribers: who exists, how surely they were identified, and whether their identity may be used today.

Owns the sealed identity of each person, its blind index by citizen number, the status and the IAL. Does not own how a
person was identified (`enrolment`), how they sign in (`authentication`) or what they agreed to (`consent`). Rules: the
applicant/subscriber model of ETDA's digital-identity framework (facts/thai-registries, section 7.3).
"""
