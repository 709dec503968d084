"""ThaiD over its wire, version 2: OpenID Connect's code flow, asked as a confidential client.

Owns the exchange, the check of the ID token and the reading of ThaiD's claims. Does not own what the answer is worth
(`idp.enrolment`). Source: facts/thai-registries, section 5.1; OpenID Connect Core 1.0, sections 3.1.3.7 and 5.3.
"""
