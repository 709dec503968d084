"""The way to the registries behind the government data exchange (GDX): one session, one deadline, one fault table.

Owns the token session with api.egov.go.th, bounded answers, the circuit breaker and how wire codes become the errors of
connectors.contracts. Knows no registry's records; connectors.dopa and connectors.dbd map those. Source:
facts/thai-registries, section 3.2; facts/security-and-reliability, "Upstream registry slow/down/garbage".

The wire puts citizen numbers and the consumer secret into URLs. Nothing here logs them, but httpx2 writes each URL at
INFO and httpcore2 at DEBUG: the composition root keeps `URL_LOGGERS` at WARNING.
"""

from typing import Final

URL_LOGGERS: Final = ("httpx2", "httpcore2")
"""Loggers that must stay at WARNING or above in any process that calls a registry."""
