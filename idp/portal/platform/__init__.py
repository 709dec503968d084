"""The platform's pages: what waits for approval, the matrix of rights, registries, keys, the catalogue.

Owns no decision: proposals are decided on the pages of what they change, rights change where rights are kept. What
the registries did and whether they are asked comes by a port (`model`), since this door never imports `exchange`.
Rules: facts/screens-and-ecosystem, P1 to P5; design, section 1 (portal).
"""
