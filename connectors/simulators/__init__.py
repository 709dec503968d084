"""The registries as one ASGI application that speaks their real wire, about the fictitious population.

Owns what the card status, the GDX gateway with IKNO, Linkage and DBD answer; carries the demonstration authorities
(`authority`). `/_control`, from this machine only, makes a service slow, wrong or absent. For demonstrations and tests:
never part of a production profile. Logs no address, since the wire puts citizen numbers into them. Source:
facts/thai-registries, sections 3.1 to 3.4, 4.1 and 4.2.
"""
