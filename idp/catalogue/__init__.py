"""Data sets and the `gdx` type of rich authorization requests: pure data, no I/O.

Owns what can be asked for and in which words it is shown. Does not own who may ask: that is an agreement in `agencies`.
Rules: RFC 9396; design, section 3. A new data set is an entry here and a mapping in `exchange`.
"""
