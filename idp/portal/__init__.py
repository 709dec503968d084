"""The portal: pages of the staff. Who enrols people at counters, and who looks after enrolled identities.

Owns the staff's sessions and pages. Does not own any decision of the rooms it calls, nor the sign-in itself: it is an
OpenID client of the issuer like any other. Rules: design, sections 1 (portal) and 2; facts/screens-and-ecosystem,
section 2.
"""
