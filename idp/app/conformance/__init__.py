"""The `conformance` profile: an issuer for testers and their programs, with people who have PINs and known clients.

Owns what is in such a store at first start, the answer of registries that are not there, and the addresses that only
testers need. Owns no rule: clients and people go through the rooms like any other. Described in `docs/conformance.md`.
"""
