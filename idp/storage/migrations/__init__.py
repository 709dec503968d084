"""Numbered migrations (Alembic), expand and contract only; run by `idp db upgrade` and at first start of small
profiles.
"""
