"""Mandates: who may act for whom, for which services and data sets, until when.

Owns mandates that a person gives online, that an officer records from paper, of legal representatives, and of companies
to employees; their end, and the one predicate `live_mandate(now)`. Does not own what a company's signatures need
(companies) or second officers as such (approvals). A proxy cannot pass a mandate on. Rules: Civil and Commercial Code,
sections 16, 19, 798, 808, 826; Revenue Code, stamp duty schedule, item 7 (power of attorney).
"""
