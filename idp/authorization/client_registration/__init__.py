"""OAuth clients: the programs of agencies, registered with keys by value, and how they prove who they are.

Owns client metadata, their check (Authlib's RFC 7591 and OpenID registration classes plus our narrower rules) and
`private_key_jwt`. Does not own agencies or their rights.
"""
