"""The month of an agency's look-ups, for its head: how many, what was noticed, what the supervisor found.

Owns the counting. Does not own the look-ups (`exchange`), nor the rows and findings (`oversight.followup`). Nobody who
was looked up is in it. Rules: facts/security-and-reliability, "Officer follow-up" (monthly report to the liable head of
the agency).
"""
