"""Look-ups: an officer's visit at a counter, and the screens of what may be had in it.

Owns visits (one officer, one purpose, one case), the diary of an officer's own look-ups, the daily notice of liability.
Does not own card sessions, handles, decisions or data: they are the data exchange's, asked over HTTP by the agency's
own program at the issuer, which the portal is (docs/adr/0014). Nothing that a registry said is kept here.
Rules: design, sections 2 (Officer look-up), 3 and 5; facts/screens-and-ecosystem, section 2 (O1 to O9).
"""
