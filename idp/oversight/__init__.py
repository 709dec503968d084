"""Oversight: who saw whose data, as the owner sees it.

Owns the reading of disclosure records and of sign-ins for people. Does not own the records (exchange, authorization,
consent) or the audit log. Rules: design, sections 2 and 6: the owner sees each release and each refusal within 60
seconds.
"""
