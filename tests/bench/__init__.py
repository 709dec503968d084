"""`make bench`: what one operation of the issuer costs, in CPU time of its processes and of PostgreSQL beside them.

`python -m tests.bench --help` says what can be chosen. The load takes part as a stranger: over HTTP, by discovery, with
the two files that `idp bench-seed` writes.
"""
