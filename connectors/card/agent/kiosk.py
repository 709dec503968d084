"""`idp-agent kiosk`: the code by which the browser beside this agent becomes the kiosk's screen."""

import secrets
from datetime import datetime

from connectors.card.agent import AGENT_VERSION
from connectors.card.agent.config import AgentConfig
from connectors.card.agent.home import HomeMail
from connectors.card.agent.messages import sign
from connectors.contracts.card_wire import HELLO_SECONDS, HELLO_TYP, HelloClaims


async def kiosk_code(config: AgentConfig, mail: HomeMail, *, now: datetime) -> str:
    """Ask for the code, with a hello that the kiosk's key signs. Raises ProviderUnreachable, AgentRejected."""
    issued_at = int(now.timestamp())
    hello = HelloClaims(
        iss=config.station_id,
        aud=config.issuer,
        iat=issued_at,
        exp=issued_at + HELLO_SECONDS,
        jti=secrets.token_urlsafe(16),
        version=AGENT_VERSION,
        card_stack="memory" if config.desk_socket is not None else "pcsc",
        virtual=config.desk_socket is not None,
        slots={},
    )
    return await mail.kiosk_code(sign(hello, typ=HELLO_TYP, station_key=config.station_key))
