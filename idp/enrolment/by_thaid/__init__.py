"""Enrolment by ThaiD: who proved himself there gets an identity here, and a passkey of ours.

Owns the attempt (one browser, one use, ten minutes), what ThaiD's word is worth, and who may get a passkey by it. Does
not own the exchange with ThaiD (`connectors.thaid`), the person's record (`subscribers`) or the passkey
(`authentication`). Rules: docs/adr/0008-thaid-as-evidence.md; facts/thai-registries, sections 5.1 and 7.3.
"""
