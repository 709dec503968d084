"""Pulls that wait: accepted while the registry is closed, busy or away or a limit is reached, and delivered once.

Owns the row that waits and what becomes of it. Does not own the release: a waiting pull is decided and carried out by
`pull`, with every live predicate, whenever it is tried. Rules: design, section 2 ("Two channels to DOPA").
"""
