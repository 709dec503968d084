"""Signing rules: the registry's text of who binds a juristic person, read into a closed type, shown, and judged.

Owns the grammar, the words and the decision. A text that the grammar does not read in exactly one way is refused with
its reason, never guessed. Pure: no registry is asked here. Source: facts/thai-registries, section 4.1
(AuthorizeDescriptions, types L and M; CommitteeInformations, types K and L).
"""
