"""The HTTP kit of the doors: route tables, pages, languages, assets, forms, forgery protection, errors, headers.

Owns how a request is read and how an answer looks. Does not own any decision: it knows no room, only the kernel's
error tree, the Thai calendar and how a client certificate is read. Rules it: WCAG 2.2 AA, ASVS 3 (web front end), RFC
9457 (problems) and sections 1-3 of facts/screens-and-ecosystem.
"""
