"""The HTTP kit of the doors: route tables, pages, languages, assets, forms, forgery protection, errors, headers.

Owns how a request is read, how an answer looks, and that a form sent twice is done once. Does not own any decision: it
knows no room, only the kernel's error tree, the store of spent secrets, the Thai calendar and how a client certificate
is read. Rules it: WCAG 2.2 AA, ASVS 3 (web front end), RFC
9457 (problems) and sections 1-3 of facts/screens-and-ecosystem.
"""
