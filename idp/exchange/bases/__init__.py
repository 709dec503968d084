"""The grounds other than consent: a card handed over, a signed form, a duty by law; each with its evidence.

Owns the record that such a ground was stated when a card session or a citizen handle was opened, or with a request
about a company, and the slip the person is given. Does not own consent (`consent`), whether the release is decided
(`decision`), nor the card session itself (`stations`). Rules: ระเบียบสำนักทะเบียนกลาง 2561, clauses 4 and 18
(facts/thai-registries, section 3.5); PDPA section 24.
"""
