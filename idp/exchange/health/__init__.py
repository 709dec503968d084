"""How the registries' services do, as the nodes that ask them see it; and the shutter: nobody asks one for a while.

Owns counts by minute and service, and the shutters. Does not own the breaker, which each process has for itself
(`connectors.gdx`), nor what becomes of a pull that is not answered (`waiting`). Counts hold no person, agency or
question. Rules: facts/screens-and-ecosystem, P4.
"""
