"""The supervisor's follow-up of officers: what was looked up, with the card and without it, in samples, and
every photo.

Owns the rows that are looked at and what was found. Does not own the look-ups (`exchange.counter`), the disclosures,
nor what follows from misuse. Rules: facts/security-and-reliability, "Officer follow-up" (a random sample of
max(3, 5 %) a day and all that is flagged; rows 47 to 49); regulation of the Central Registration Office 2561
(facts/thai-registries, section 3.5: the head of the agency supervises).
"""
