"""Persons whose every look-up is reviewed, whoever looks: named by the owner of the population registry.

Owns who is named, as keyed digests: no list of numbers is kept, and none can be read out. Does not own the look-ups,
nor the rows that supervisors review (`oversight.followup`). Rules: facts/security-and-reliability, row 47 ("VIP: flags
to supervisor queue"); facts/screens-and-ecosystem, section 2 (G5).
"""
