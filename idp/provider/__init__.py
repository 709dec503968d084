"""The issuer's door: OpenID Connect endpoints, the citizens' pages, and the mail slots of the card agents.

Owns how requests of the issuer's host are read and answered. Does not own any decision: rooms decide. Rules: OpenID
Connect Core and the OAuth specifications that `idp.protocol` names; facts/screens-and-ecosystem for the pages.
"""
