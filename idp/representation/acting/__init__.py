"""Acting: for whom a subscriber acts now, judged at use, and what tokens say of it.

Owns the judgement of a wish to act for another and the claims `act` (RFC 8693, section 4.1) and `organisation`. Does
not own tokens: authorization asks here and puts the claims in.
"""
