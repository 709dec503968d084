"""The photo in the population registry: one path, two officers, nothing kept.

Owns the request of one officer, the agreement of a second one to exactly that, and the one showing that follows; the
bytes live in memory from the registry's answer to ours. Does not own who is named as a security agency
(`agencies.namings`), the right and the officers' own grants (`agencies.agreements`), nor what a counter opened.
Rules: facts/thai-registries, section 3.3 (IKNO-001-05, a separate right); design, section 5 (nevers, 5);
facts/security-and-reliability, row 52.
"""
