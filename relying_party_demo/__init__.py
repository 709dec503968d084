"""Demonstration agencies that rely on the National Digital ID, and the journey that walks through them.

Written as strangers would write it: everything here speaks HTTP to the provider and the gateway and imports nothing of
theirs. `national_id` is what any agency adds to Authlib's client (PAR, DPoP, RAR), `jobs` is a job-seeker service,
`journey` is the hands of the people in the story. Agencies, persons and numbers are fictitious.
"""
