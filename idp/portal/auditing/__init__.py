"""The auditors' pages: the log by facets, page by page, each page checked on demand; extracts; checkpoints to keep.

Shows ids, codes and pseudonyms, never a personal value. A person is sought by an exact number in the body of a form,
for a reason; the address of what is found names the search, not the person. Rules: facts/screens-and-ecosystem, P6.
"""
