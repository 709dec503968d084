"""The device flow (RFC 8628): a device without a browser shows a code, a citizen types it on a phone or computer.

Owns asking, the user code and how often one may be tried. Does not own the waiting itself (`deferred`) or the pages.
"""
