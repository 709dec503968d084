"""Which agencies the owner of the photos named as security agencies: two persons of the owner name, one ends.

Owns the naming and its end. Does not own the right itself, which is an agreement as for every data set, nor the
officers' own grants (`agreements`). Sources: facts/thai-registries, section 3.3 (IKNO-001-05, a separate right);
design, sections 3 and 5 (nevers, 5).
"""
