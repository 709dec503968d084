"""Auditing: those who look into the log itself, what of it they may see, and what they took out of it and why.

Owns inquiries: a search for one person, an extract of entries, each with the auditor's reason, sealed. Does not own the
log, its proofs or its checkpoints (`audit`). An auditor of the platform sees every entry, one of another agency only
that agency's. Rules: facts/screens-and-ecosystem, P6; design, sections 5 (nevers, 1 and 3) and 6 (Audit).
"""
