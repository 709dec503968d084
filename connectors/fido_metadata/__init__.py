"""The FIDO Metadata Service: a signed catalogue of authenticator models, kept in a file that an operator brings.

Owns the check of the catalogue's signature and age. Does not own which models anybody may use. Rules: FIDO Metadata
Service v3.0, section 3.1.7 and 3.2 (read from memory: the processing rules are quoted where they are enforced).
"""
