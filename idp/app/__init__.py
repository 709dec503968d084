"""The composition root: the only part, beside the command line, that knows concrete connectors.

Builds the rooms once, the doors from the rooms, and the demonstration's first data. Does not own any rule.
"""
