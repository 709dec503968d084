"""Receipts of consents: what the person decided, signed by the issuer, for the person to keep.

Owns the receipt after ISO/IEC TS 27560 as a signed JWT, made at the decision and again at its withdrawal. Does not own
the consent (`consent`), nor the pages that hand receipts out (`provider`). Rules: NDID's lesson to sign the decision
too (facts/thai-registries, section 6.2); PDPA section 19.
"""
