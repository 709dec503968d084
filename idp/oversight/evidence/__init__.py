"""Evidence for those who review: who may take a bundle of a disclosure out, and of which.

Owns that decision. Does not own the bundle (`exchange.evidence`), which notes in the log who took it out and why.
Rules: facts/thai-registries, section 7.4 (Electronic Transactions Act, sections 10 to 12); mission, row S29.
"""
