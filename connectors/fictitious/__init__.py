"""The fictitious population: people, houses, companies and cards that demonstrations and tests are about.

Deterministic by index, without input or output: the same numbers on every machine, at any size. Every number has a
right check digit and cannot be a real one's: the office digits name a province 00 that does not exist, surnames and
places say in Thai that they are samples. Owns no registry behaviour (connectors.simulators) and no card protocol
(connectors.card).
"""
