"""Tokens: the token endpoint, what access tokens prove at a protected resource, userinfo and revocation.

Owns access tokens (a signed JWT for the gateway, a sealed one for userinfo), refresh tokens and ID tokens, and the one
order of steps at the token endpoint. Does not own grants, and writes no table of its own.
"""
