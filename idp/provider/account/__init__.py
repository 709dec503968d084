"""My account: what a citizen sees and does about the own digital ID without any agency.

Owns the pages of activity, consents and passkeys. Does not own the records behind them. Rules:
facts/screens-and-ecosystem, section 2 (A1 to A4).
"""
