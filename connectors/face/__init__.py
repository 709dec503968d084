"""Face comparison over HTTP: the adapter of a service that a deployment connects.

Two pictures go there and a score comes back; nothing is kept here. The wire is our own, plain JSON, since no public
service documents one: a deployment puts it before whatever engine it bought.
"""
