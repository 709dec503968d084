"""A new passport of somebody known: one officer finds whose it is, a second one agrees, and the identity goes on.

Owns what is compared, which ways to sign in stay, and the wait for the second officer. Does not own the reading and
judging of passports (`enrolment`), the four eyes (`approvals`), the attributes and their history (`subscribers`). A
passport's number is another one with each booklet (ICAO Doc 9303-4, 4.2): without this the same person would be two.
"""
