"""Signing in here with a passkey on another device: a code is scanned, a passkey is shown there, a number is compared.

Owns the attempt from the code on this screen to the session that it is taken for, and what it is worth. Does not own
passkeys and sessions, or the pages on both screens. Rules: docs/adr/0015; NIST SP 800-63B-4, 2.2 and 3.2.5 (a sign-in
that can be relayed is not phishing-resistant); RFC 8176 (`mca`); facts/screens-and-ecosystem, C3.
"""
