"""Signing out everywhere: what a logout request means, and telling the clients of a session that it has ended.

Owns OpenID Connect RP-Initiated, Back-Channel and Front-Channel Logout. Does not own sessions (`idp.authentication`) or
the pages.
"""
