"""The OpenID Connect endpoints: metadata, keys, pushed requests, authorization, tokens, userinfo, revocation.

Owns how those requests and answers look on the wire. Does not own any decision: each endpoint parses once, calls one
room and renders. Rules: RFC 8414, 9126, 6749, 6750, 7009, 9207, 9449; OpenID Connect Core and Discovery.
"""
