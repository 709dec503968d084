"""Reviews: what somebody has to look at. Flags, overrides, corrections that people ask for, what waits too long.

Owns the cases, who has one in hand, what was asked and answered, and how each was decided. Does not own what a decision
leads to elsewhere: an identity is stopped by `subscribers`, a second person agrees in `approvals`, people are told by
`notices`. A case names no person but by id; what was written about one is sealed under that person's key. Sources:
design, sections 1 and 2; facts/screens-and-ecosystem, section 2 (A6); facts/security-and-reliability, rows 49 and 50.
"""
