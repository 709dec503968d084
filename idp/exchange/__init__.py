"""The data exchange: releasing registry data to whoever may have it, as JSON or as a sealed document.

Owns the release decision, the pull, the disclosure record, the sealed document and its verification record, and the
preview that an owner sees before consenting. Does not own rights (agencies), consent, access tokens (authorization),
or HTTP (gateway). Rules: RFC 9396; design, sections 2, 3 and 5.
"""
