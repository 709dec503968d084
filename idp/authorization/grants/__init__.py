"""Grants: what a person let a client do, opened when a code is redeemed, ended by time, withdrawal or misuse.

Owns the authorization code (sealed, never stored) and the grant row behind every token of a person. Does not own the
tokens themselves or the consent that a grant rests on.
"""
