"""Consent: what a subscriber agreed to give to which agency, for which purpose, until when, and its withdrawal.

Owns consent records and how many uses are left of them. Does not own the agency's right (agencies), the page on which
consent is asked (provider), or grants (authorization). Consent only narrows a right. Rules: PDPA sections 19 and 23;
design, sections 2 and 3.
"""
