"""A certification and a time-stamp authority for demonstrations: real certificates and tokens that nobody trusts.

Owns the demonstration keys, issuing seal certificates, revoking them, RFC 3161 time-stamps. Does not check who asks:
whoever reaches it gets a certificate, so it never stands in a production profile. Specifications: RFC 2986 (requests),
RFC 5280 (certificates, revocation lists), RFC 3161 (time-stamps).
"""
