"""The outside world, each part behind a port of `connectors.contracts`.

Owns readers, registries, documents, simulators, the fictitious population. Does not own any rule of the identity
provider: nothing here imports `idp`.
"""
