"""How a person is reached: a mail address proven by a code, a telephone number as it was said, language, letters.

Owns the proofs of new addresses and their limits. Does not send anything (`notices`), and keeps the details themselves
with the subscriber, sealed. Source: facts/screens-and-ecosystem, section 2, A6 and A8; facts/security-and-reliability.
"""
