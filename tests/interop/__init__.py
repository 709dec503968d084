"""Clients that nobody here wrote, as they come from their registries, against a running `idp serve` behind real TLS.

Each scenario is a small program for Node.js (`openid_client/`, `oauth4webapi/`); a person's browser and hands are
lent to it over its standard input and output (`stage.mjs` on its side, `stage.py` on ours).
"""
