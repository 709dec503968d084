"""`idp-agent [--config FILE]`: the desktop agent in the foreground; `idp-agent pair CODE --issuer URL` before.

`idp-agent home CODE --issuer URL` reads the own card at home, for the browser that shows the code; it needs no station.
"""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.card.agent.config import AgentConfig, InvalidConfig, address_of, default_config_path, load_config
from connectors.card.agent.home import HomeMail, NotRead, read_at_home
from connectors.card.agent.kiosk import kiosk_code
from connectors.card.agent.mail import AgentRejected, ProviderMail, ProviderUnreachable
from connectors.card.agent.pairing import NotPaired, pair
from connectors.card.agent.polling import Agent
from connectors.card.agent.readers import AgentReaders, DeskReaders, SystemReaders, open_readers
from connectors.card.agent.socket_mail import SocketMail
from connectors.card.agent.terminal import Terminal
from connectors.card.agent.ways import EitherWay
from connectors.card.pcsc import worker
from connectors.card.pcsc.service import WORKER_FLAG
from connectors.card.virtual.card_stack import StackUnavailable, start_card_stack
from connectors.contracts.pairing_wire import PairingAnswer

NOT_READ: Final = 5
NOT_PAIRED: Final = 4
REJECTED: Final = 3
BAD_CONFIG: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Pair this computer, or serve until interrupted: 0.

    Exit codes: 2 the configuration cannot be used, 3 the provider rejects this agent, 4 not paired, 5 not read.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == [WORKER_FLAG]:
        return worker.main(given[1:])
    chosen = _parser().parse_args(given)
    terminal = Terminal()
    if chosen.task == "home":
        return _home(chosen, terminal)
    config: Path = chosen.config or default_config_path()
    if chosen.task == "kiosk":
        return _kiosk(config, terminal)
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
    home = tasks.add_parser("home", help="read your own card at home, with a code from the page that you opened")
    home.add_argument("code", help="eight letters and digits, as the page shows them")
    home.add_argument("--issuer", required=True, help="the provider's address, https://...")
    home.add_argument("--connect-to", help="where that is, for names under localhost")
    home.add_argument("--desk-socket", type=Path, help="start a reader for emulated cards (demonstrations)")
    home.add_argument("--yes", action="store_true", help="agree without being asked (demonstrations)")
    tasks.add_parser("kiosk", help="show the code by which this kiosk's browser becomes its screen")
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


def _kiosk(path: Path, terminal: Terminal) -> int:
    async def ask(config: AgentConfig) -> str:
        async with HomeMail(issuer=config.issuer, address=config.address) as mail:
            return await kiosk_code(config, mail, now=_now())

    try:
        code = asyncio.run(ask(load_config(path)))
    except (InvalidConfig, OSError, ProviderUnreachable, AgentRejected) as error:
        terminal.say("ไม่ได้รหัสของตู้บริการ", f"no code for the kiosk's browser: {error}")
        return REJECTED
    terminal.say(
        f"พิมพ์รหัสนี้ในเบราว์เซอร์ของตู้ที่หน้า /kiosk: {code}", f"type this code in the kiosk's browser, at /kiosk: {code}"
    )
    return 0


def _home(chosen: argparse.Namespace, terminal: Terminal) -> int:
    is_virtual = chosen.desk_socket is not None
    try:
        address = address_of(chosen.issuer, chosen.connect_to)
        readers: AgentReaders = SystemReaders(names=None, allows_virtual=False)
        if is_virtual:
            readers = DeskReaders(start_card_stack(desk_socket=chosen.desk_socket, choice="auto"))
    except (InvalidConfig, StackUnavailable, OSError) as error:
        terminal.say("เปิดเครื่องอ่านบัตรไม่ได้", f"the reader cannot be used: {error}")
        return BAD_CONFIG
    # what may be agreed to without a person are emulated cards alone
    auto_confirm = bool(chosen.yes) and is_virtual

    async def read() -> str:
        if not auto_confirm:
            terminal.listen()
        async with HomeMail(issuer=chosen.issuer, address=address) as mail:
            return await read_at_home(
                chosen.code,
                issuer=chosen.issuer,
                mail=mail,
                readers=readers,
                terminal=terminal,
                allow_virtual=is_virtual,
                auto_confirm=auto_confirm,
                now=_now,
            )

    try:
        number = asyncio.run(read())
    except (NotRead, ProviderUnreachable, AgentRejected, InvalidConfig) as error:
        terminal.say("อ่านบัตรไม่สำเร็จ เริ่มใหม่จากหน้าเว็บ", f"not read, begin again in the browser: {error}")
        return NOT_READ
    except (KeyboardInterrupt, asyncio.CancelledError):
        terminal.say("หยุดแล้ว", "stopped")
        return NOT_READ
    finally:
        readers.stop()
    terminal.say(f"พิมพ์ตัวเลขนี้ในหน้าเว็บที่แสดงรหัส: {number}", f"type this number on the page with the code: {number}")
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
    line = SocketMail(issuer=config.issuer, address=config.address)
    posts = ProviderMail(issuer=config.issuer, address=config.address)
    async with EitherWay(line=line, posts=posts) as mail:
        agent = Agent(config=config, readers=readers, mail=mail, terminal=terminal, now=_now)
        await agent.run()


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the agent's composition root: everything else is told the time


if __name__ == "__main__":
    sys.exit(main())
