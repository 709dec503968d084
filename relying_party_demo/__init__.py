"""Demonstration agencies that rely on the National Digital ID, and the journey that walks through them.

Written as strangers would write it: everything here speaks HTTP to the provider and the gateway and imports nothing of
theirs. `national_id` is what any agency adds to Authlib's client (PAR, DPoP, RAR) and for card sessions; the modules
beside this one are what the three sites share (pages, sessions, people, what was released). `jobs` is a job-seeker
service, `efiling` takes forms of companies, `water` is a counter with a card reader: each is what its own developer
writes. `journey` is the hands of the people in the story. Agencies, persons and numbers are fictitious.
"""
