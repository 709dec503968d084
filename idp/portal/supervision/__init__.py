"""Pages of supervisors: what officers looked up, one by one; the month for the agency's head; evidence. With them the
page on which an officer answers, and the one on which an auditor takes evidence out.

Owns the pages. Does not own what is followed up, by when, and who may judge it (`oversight`). Rules:
facts/security-and-reliability, "Officer follow-up"; facts/screens-and-ecosystem, section 2.
"""
