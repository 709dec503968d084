"""What agencies are told: event streams (Shared Signals) and webhooks, each event once for each stream, at least once.

Owns the streams that agencies' programs set up, the queue of what they are to be told, push, poll and webhook delivery.
Does not own who is told of whom: that is decided above (`idp.app.signals`), where grants and consents are known. An
event names kinds, ids and names of fields, never a value of a person; a person is named by the receiver's own pairwise
identifier alone. Rules: SSF 1.0, CAEP 1.0, RISC 1.0, RFC 8417, 8935, 8936, 9493; Standard Webhooks 1.0.
"""
