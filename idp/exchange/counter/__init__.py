"""The counter: card sessions that officers open for their agency's programs, and handles of people named by number.

Owns who opened what for which purpose and case, and whether it can be used at this moment. Does not own the reader and
its lights (`stations`), the ground (`bases`), nor the release (`decision`, `pull`).
Rules: facts/thai-registries, sections 3.4 and 3.5 (two-card flow, both persons on record); design, sections 2 and 3.
"""
