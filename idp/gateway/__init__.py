"""The data exchange's door (GDX): token in, JSON or sealed document out; and the public verification of documents.

Owns its route table, the reading of requests and the writing of answers. Does not decide anything: the exchange does.
Rules: RFC 6750, 9449 (access tokens), 9457 (problems); design, section 2.
"""
