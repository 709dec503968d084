"""The few operations that every sign-in, refresh and look-up pays for: declared once from Core, run in batches.

Owns how they are compiled, gathered and run: on PostgreSQL over connections of their own, all callers that wait in one
statement; on SQLite in one transaction of a writer thread. Does not know any room: a room declares its operations in
its `hot_store.py`. What is answered was committed, or read from the primary just now. Why and how fast: ADR 0006.
"""
