"""Deferred authorization: a client asks on one device, a citizen decides on another, the client polls for the answer.

Owns the row that waits and its one order of states, for the device flow (RFC 8628) and for backchannel authentication
(CIBA). Does not own how either asks (`device`, `backchannel`) or the tokens: it hands what a code would hold to
`tokens`. No consent is written before the citizen decides.
"""
