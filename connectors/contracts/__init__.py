"""Ports, records, the error tree, Thai identifiers and dates: what both sides of a connector agree on.

Pure: no input or output, no clock, no randomness. Records that hold a person's data are dataclasses with `repr=False`,
so that printing or logging one shows no value.
"""
