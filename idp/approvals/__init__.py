"""Approvals: a change that one person proposes and another approves, of whatever room.

Owns proposals: what stood before, what shall stand after, their difference, who may approve, questions back, expiry.
Does not own the change itself: the owning room applies it in the transaction in which `approve` took the proposal, and
knows what the names in it mean. A proposal holds names, ids and codes, never personal values; questions and answers are
people's words and are sealed. Rules: design, sections 1 and 8; facts/security-and-reliability, row 49.
"""
