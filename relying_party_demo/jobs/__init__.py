"""A job-seeker registration service: signs people in, asks for person and address, keeps them in its own table.

Owns: its pages, its applicants, what it asks for. Does not own: how identity works (`relying_party_demo.national_id`).
A demonstration: the agency is fictitious.
"""
