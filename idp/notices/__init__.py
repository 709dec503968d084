"""What people are told of what happened to their digital identity, and by which channel; agencies: `streams`.

Owns the topics and their words, the list that each person reads in my account, and the letters that say the same. Does
not own the acts themselves, nor logout tokens (`authorization.logout`). A notice names no person, no number and no
place: who reads it by chance learns that somebody has a digital ID, nothing else. Source: design, sections 1 and 5.
"""
