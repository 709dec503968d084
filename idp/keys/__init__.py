"""Signing keys and their rotation, envelope encryption, blind index, pairwise subjects, sealed tokens.

Owns every key and what is done with one. Does not own what is signed, sealed or looked up. No key leaves this room;
rooms get objects that sign, seal, open or index. Rules: design, section 6 (Keys); facts/security-and-reliability,
section 4.
"""
