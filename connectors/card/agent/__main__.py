"""`idp-agent [--config FILE]`: the desktop agent in the foreground; `idp-agent pair CODE --issuer URL` before."""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.card.agent.config import AgentConfig, InvalidConfig, default_config_path, load_config
from connectors.card.agent.mail import AgentRejected, ProviderMail
from connectors.card.agent.pairing import NotPaired, pair
from connectors.card.agent.polling import Agent
from connectors.card.agent.readers import AgentReaders, open_readers
from connectors.card.agent.terminal import Terminal
from connectors.card.virtual.card_stack import StackUnavailable
from connectors.contracts.pairing_wire import PairingAnswer

NOT_PAIRED: Final = 4
REJECTED: Final = 3
BAD_CONFIG: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Pair this computer, or serve until interrupted: 0.

    Exit codes: 2 the configuration cannot be used, 3 the provider rejects this agent, 4 not paired.
    """
    chosen = _parser().parse_args(arguments)
    terminal = Terminal()
    config: Path = chosen.config or default_config_path()
    return _pair(chosen, config, terminal) if chosen.task == "pair" else _run(config, terminal)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="idp-agent", description="Reads ID cards at a station for the provider.")
    parser.add_argument("--config", type=Path, help=f"the station's JSON file (default {default_config_path()})")
    tasks = parser.add_subparsers(dest="task", title="tasks; without one the agent serves")
    pairing = tasks.add_parser("pair", help="make this computer a station, with a code from the staff portal")
    pairing.add_argument("code", help="eight letters and digits, as the portal shows them")
    pairing.add_argument("--issuer", required=True, help="the provider's address, https://...")
    pairing.add_argument("--connect-to", help="where that is, for names under localhost")
    pairing.add_argument("--yes", action="store_true", help="agree without being asked (unattended installation)")
    return parser


def _pair(chosen: argparse.Namespace, config: Path, terminal: Terminal) -> int:
    def agrees(offered: PairingAnswer) -> bool:
        terminal.show_offer(offered)
        return bool(chosen.yes) or terminal.ask_now(
            "จับคู่เครื่องนี้หรือไม่ พิมพ์ y แล้วกด Enter", "pair this computer? type y and Enter"
        )

    try:
        paired = pair(
            chosen.code, issuer=chosen.issuer, connect_to=chosen.connect_to, config=config, agrees=agrees, now=_now
        )
    except (NotPaired, OSError) as error:
        terminal.say("จับคู่ไม่สำเร็จ", f"not paired: {error}")
        return NOT_PAIRED
    terminal.say("จับคู่แล้ว เปิดโปรแกรมด้วย idp-agent", f"paired as {paired.station.en}; start it with: idp-agent")
    return 0


def _run(path: Path, terminal: Terminal) -> int:
    try:
        config = load_config(path)
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
    with suppress(NotImplementedError):  # Windows: there the console's interrupt ends it
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
