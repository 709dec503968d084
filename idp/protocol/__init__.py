"""The rules of OAuth 2.0 and OpenID Connect, one file per specification, and nothing else.

Owns the parsing and checking of what crosses the wire: every function is pure, trusted values are named `expected_*`,
`now` is an argument, and each check carries the sentence it enforces. Does not own who may do what (rooms), what is
kept (storage) or how it travels (doors). Departures from a specification are listed in `docs/divergences.md`.
"""
