"""Secured documents: templates, rendering (PDF/A-3a and PDF/UA-1), sealing (PAdES B-T), encryption, verification.

Owns how a document looks, how it is sealed and how a sealed file is judged. Does not own what may be printed (that is
the exchange's decision) nor where a document is kept. Specifications: ISO 19005-3, ISO 14289-1, ETSI EN 319 142-1
(PAdES), RFC 5652 (CMS), RFC 3161 (time-stamps). Facts: facts/secured-pdf.
"""
