"""Clock, randomness, identifiers, assurance levels, the error tree: what every room stands on.

Owns the only sources of time and randomness. Does not own any rule of a room, and does no other input or output.
"""
