"""Who used an owner's data: counts by agency, data set and day, for the staff of the agency that owns them.

Owns the counting. Does not own the releases (`exchange`), nor the rights they rest on (`agencies.agreements`). Nobody
whose data it was is in it. Rules: mission, rows S21 and S28; facts/screens-and-ecosystem, section 2.
"""
