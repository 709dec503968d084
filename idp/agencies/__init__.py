"""Agencies, their members, their services (a service is a purpose) and the agreements that let them have data.

Owns who may ask for what: the one `ceiling(agreement, request)` that every other decision narrows. Does not own OAuth
clients (authorization.client_registration), consent, or the release itself (exchange). Rules it: design, section 3;
regulation of the Central Registration Office 2561, sections 4, 9 and 18 (facts/thai-registries, section 3.5).
"""
