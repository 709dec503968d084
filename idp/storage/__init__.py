"""Engines, one MetaData on which rooms declare their tables, the unit of work, single use, outbox, leases, migrations.

Owns how things are stored and made atomic on SQLite and PostgreSQL. Does not own what is stored: each table belongs to
a room's `store.py`. SQLAlchemy Core only.
"""
