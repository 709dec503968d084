"""`idp-agent --config FILE`: the desktop agent in the foreground."""

import argparse
import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.card.agent.config import AgentConfig, InvalidConfig, load_config
from connectors.card.agent.mail import AgentRejected, ProviderMail
from connectors.card.agent.polling import Agent
from connectors.card.agent.readers import AgentReaders, open_readers
from connectors.card.agent.terminal import Terminal
from connectors.card.virtual.card_stack import StackUnavailable

REJECTED: Final = 3
BAD_CONFIG: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted: 0. Exit codes: 2 the configuration cannot be used, 3 the provider rejects this agent."""
    parser = argparse.ArgumentParser(prog="idp-agent", description="Reads ID cards at a station for the provider.")
    parser.add_argument("--config", type=Path, required=True, help="the JSON file made when the station was enrolled")
    chosen = parser.parse_args(arguments)
    terminal = Terminal()
    try:
        config = load_config(chosen.config)
    except (InvalidConfig, OSError) as error:
        terminal.say("ใช้ไฟล์ตั้งค่าไม่ได้", f"the configuration cannot be used: {error}")
        return BAD_CONFIG
    try:
        readers = open_readers(config)
    except (StackUnavailable, OSError) as error:
        terminal.say("เปิดเครื่องอ่านบัตรไม่ได้", f"the readers cannot be opened: {error}")
        return BAD_CONFIG
    try:
        asyncio.run(_serve(config, readers, terminal))
    except AgentRejected as rejected:
        terminal.say("ระบบไม่ยอมรับสถานีนี้ ติดต่อผู้ดูแล", f"the provider rejects this station: {rejected}")
        return REJECTED
    except (KeyboardInterrupt, asyncio.CancelledError):
        terminal.say("หยุดแล้ว", "stopped")
    finally:
        readers.stop()
    return 0


async def _serve(config: AgentConfig, readers: AgentReaders, terminal: Terminal) -> None:
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    terminal.say(f"พร้อมรับคำขอ ({readers.note})", f"station {config.station_id} is ready for {config.issuer}")
    if not config.auto_confirm:
        terminal.listen()
    async with ProviderMail(issuer=config.issuer, address=config.address) as mail:
        agent = Agent(config=config, readers=readers, mail=mail, terminal=terminal, now=_now)
        await agent.run()


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the agent's composition root: everything else is told the time


if __name__ == "__main__":
    sys.exit(main())
