"""Backchannel authentication (CIBA, poll and ping): an agency asks, the citizen finds the question in my account.

Owns asking, whom a hint means, and the ping. Does not own the waiting itself (`deferred`) or the pages. Rules: CIBA
Core 1.0 and FAPI-CIBA.
"""
