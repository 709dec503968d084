"""What an agency adds to Authlib's client to use the National Digital ID and its data gateway.

Owns: pushed requests (RFC 9126), DPoP proofs (RFC 9449), the ID token's checks, pulls and documents.
Does not own: pages, storage, what is asked for. Those belong to each agency.
"""
