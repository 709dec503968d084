"""The life of an agreement: asked for, granted by two persons, narrowed or suspended at once by the data's owner.

Owns who may propose what and who is the second person, and the change itself; the waiting is `approvals`'. Does not own
the judgement of requests: that is `agencies.rules.ceiling`. Sources: design, sections 1, 3 and 8; regulation of the
Central Registration Office 2561, sections 9 and 18; facts/security-and-reliability, row 49.
"""
