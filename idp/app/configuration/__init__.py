"""Configuration as code: agencies, their places and seats, services, agreements and programs, and the programs'
accesses to the bridge, as one YAML file.

Owns reading a file (every mistake with its line and column), the difference between it and what stands, applying that
difference, and writing what stands as a file again. What a file does not name stays as it is; nothing is ever deleted,
things end by their `status`. A file says which seats there are; the members who take them are invited, each in person,
and are in no file; neither is a secret.
In production a difference becomes a proposal that two people approve (design, section 8).
"""
