"""The desktop agent `idp-agent`: reads cards at a station for the provider it dials out to.

Tested on Linux; for Windows see deploy/agent-windows (not run).

Owns: pairing (`pairing`), the station's side of the mail slots by line or by post (`socket_mail`, `mail`, `ways`), what
it signs and verifies (`messages`), what happens between a request and its answer (`sessions`), the readers it uses
(`readers`), what the person at the desk sees (`terminal`).

Listens on nothing: any web page could talk to a local port. Reads only for a request that the pinned issuer signed,
after saying who asks and why. Card data exist in memory for one read and leave encrypted to the server; nothing is
written to disk or logged (facts/smart-card, section 4).
"""

from typing import Final

AGENT_VERSION: Final = "0.1.0"
