"""The issuer's pages for citizens on their way to a service: sign in, add a passkey, consent, sign out.

Owns what is shown and which forms are taken. Does not own any decision: rooms decide. Rules: WCAG 2.2 AA;
facts/screens-and-ecosystem, section 2 (C1, C2, C7).
"""
