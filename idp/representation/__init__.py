"""Representation: acting for a company or for another person.

Owns what a company's signing rule says and whether it was met (`signing`), who signs for a company and joint acts that
wait for co-signers (`companies`), mandates of persons and companies (`mandates`), and the value that says for whom a
subscriber acts now (`acting`). Does not own tokens and grants (authorization), what may be released (agencies,
consent, exchange), the registry's wire (connectors.dbd) or the generic approval by two persons (approvals). Rules:
facts/thai-registries, section 4; RFC 8693 section 4.1; Civil and Commercial Code, sections 16, 19, 797 to 832, 1077,
1144, 1167; choices and risks in docs/adr/0009-representation.md.
"""
