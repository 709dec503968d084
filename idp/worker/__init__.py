"""Jobs that nobody waits for: sequencing the log, checkpoints, the outbox, keys in time, forgetting what expired.

Owns the timing, the leases and the at-least-once delivery. Does not own what a job does: that is a room's use case.
"""
