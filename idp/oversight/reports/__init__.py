"""Reports: what an owner takes along of who asked for their data.

Owns which entries a report holds and that it was asked for. Does not own the entries (`oversight`), nor the page that
is printed of them (`provider`). Rules: PDPA section 30 (access to one's own data, and how they were obtained).
"""
