"""The release decision: facts in, `Release`, `Wait` or `Refuse` out. Pure; deny by default."""
