"""Authentication: how a subscriber shows to be the same person again, and the session that follows.

Owns passkeys, the one-use links by which the first one is added, PINs, and sessions with their level (AAL) and methods
(amr).
Does not own who the person is (`subscribers`) or how surely that was found out (`enrolment`). Rules: Web Authentication
Level 3, sections 7.1 and 7.2; RFC 8176; NIST SP 800-63B-4; facts/security-and-reliability, T7 and rows 34, 72 to 78.
"""
