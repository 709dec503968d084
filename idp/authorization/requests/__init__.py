"""Authorization requests: taking one in, what must happen before it can be granted, and granting or refusing it.

Owns pushed requests and the flow in the browser, both sealed and stored nowhere, and the one dispatcher `next_step`.
Does not own signing in (authentication), the pages (provider) or tokens. No grant and no consent is written before the
citizen decides.
"""
