"""Pages of the owners of data: who used them, which agencies may have photos, whom every look-up of is reviewed.

Owns the pages. Does not own the decisions (`agencies.namings`, `oversight.owners`, `oversight.watched`), nor the pages
of rights (`agreement_pages`), to which they lead. Rules: mission, rows S21, S27 and S28.
"""
