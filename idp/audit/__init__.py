"""The tamper-evident log: what was done and what was refused, in the act's own transaction.

Owns entries, their sequencing into an RFC 6962 tree, tiles, signed checkpoints and the verifier; also the bounded
security log for callers nobody has proven. Does not own keys: signing and MAC come as arguments. Rules: RFC 6962,
section 2; C2SP tlog-tiles and tlog-checkpoint; design, section 6 (Audit).
"""
