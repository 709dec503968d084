"""The pages of an agency's administrator: officers, programs, what was used, what ends, papers no longer asked for.

Owns pages alone. What stands and what may change is said by the rooms (`agencies.seats`, `client_registration`,
`agreements`), by the same use cases as an agency's own program calls at the data exchange (`gateway.agency`); counts
come through the ports of `model.py`. Rules: facts/screens-and-ecosystem, section 2, G1 to G6 and D1; S23 and S30.
"""
