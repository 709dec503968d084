"""Companies: who signs for a juristic person now, and joint acts that wait for co-signers.

Owns which subscriber the registry's committee names, the check at a counter where a name alone is not enough, and
joint acts of at most seven days. Does not own the registry (a port) or what an act does (its terms are the caller's).
The registry is read again at each use, before the unit of work: `read`, then a use case with the facts.
"""
