"""The bridge: programs written for GDX go on working with another base URL, until a day that is agreed.

Owns who may use it (one row a program, made by two people, with an end date), the wire of GDX spoken inward
(facts/thai-registries, sections 3.2 to 4.2), and the way from one of its calls to a pull. Owns no rights, no decision
and no record of its own about what left: a call is a pull of the same exchange, about the card that an officer's card
session has read, about a handle under the right `by_number`, or about a company.

The wire puts citizen numbers and a secret into addresses. Its listener is apart, off unless it is set up, and nothing
in here writes an address, a parameter or a value of one anywhere (design, section 5, never 1).
"""
