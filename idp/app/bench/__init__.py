"""The `bench` profile: an issuer whose speed is measured, with a client and signed-in people made beforehand.

Owns what such a store holds and the files by which a load generator takes part. Owns no rule: client, people, sessions
and consents go through the rooms like any other, and what is measured is the way every request takes.
"""
