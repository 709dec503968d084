"""The user and password that the company registry issued to an agency (facts/thai-registries, sections 0 and 4).

Owns them sealed: they are written, tested and used, and never shown again, to nobody. Does not own the question they go
with (exchange) or how they travel (connectors).
"""
