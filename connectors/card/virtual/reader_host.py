"""The process that is a reader: a private PC/SC daemon with virtual slots, and the desk that fills them.

Started by `card_stack` in namespaces of its own (network, mounts, processes): vpcd listens on every interface of the
network it is in, and one machine has one place for a PC/SC daemon's socket. Here both belong to this process alone;
when it ends, for whatever reason, the kernel ends everything in the namespace. It ends when its standard input ends.
"""

import json
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from connectors.card.virtual.desk import Desk
from connectors.card.virtual.desk_server import DeskServer
from connectors.card.virtual.personas import persona_card
from connectors.card.virtual.vpcd import FIRST_PORT, VpcdSlot
from connectors.contracts.card_wire import SlotName

SOCKET_NAME: Final = "pcscd.comm"
"""The daemon's socket within the run directory."""

_DAEMON_DIRECTORY: Final = Path("/run/pcscd")
_USB_DEVICES: Final = Path("/dev/bus/usb")
_PROGRAM: Final = "/usr/sbin/pcscd"
_DRIVER: Final = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
_READY_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5


def main(arguments: list[str]) -> int:
    """`RUN_DIRECTORY DESK_SOCKET`: set everything up, say `{"ready": true}` on a line, serve until the input ends."""
    run_directory, desk_socket = (Path(argument) for argument in arguments)
    # 1. a network without the world, a place for the socket that nobody else sees, no hardware reader within reach
    _run("ip", "link", "set", "lo", "up")
    _DAEMON_DIRECTORY.mkdir(exist_ok=True)
    _run("mount", "--bind", str(run_directory), str(_DAEMON_DIRECTORY))
    if _USB_DEVICES.is_dir():
        _run("mount", "-t", "tmpfs", "none", str(_USB_DEVICES))
    # 2. the daemon, with the virtual reader only
    with _start_daemon(run_directory) as daemon:
        _wait_for(run_directory / SOCKET_NAME, daemon)
        # 3. the desk
        slots: dict[SlotName, VpcdSlot] = {"officer": VpcdSlot(FIRST_PORT), "citizen": VpcdSlot(FIRST_PORT + 1)}
        desk = Desk(slots, card_of=persona_card, stack="pcsc", reason=None)
        server = DeskServer(desk_socket, desk)
        sys.stdout.write(json.dumps({"ready": True}) + "\n")
        sys.stdout.flush()
        # 4. until nobody wants us any more, or the daemon is gone
        while daemon.poll() is None and not select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            pass
        server.close()
        daemon.kill()
    # 5. also when whoever started us can no longer do it
    shutil.rmtree(run_directory, ignore_errors=True)
    return 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed programs of the base system


def _start_daemon(run_directory: Path) -> subprocess.Popen[bytes]:
    configuration = run_directory / "reader.conf"
    configuration.write_text(
        'FRIENDLYNAME "Virtual PCD"\n'
        f"DEVICENAME /dev/null:0x{FIRST_PORT:X}\n"
        f"LIBPATH {_DRIVER}\n"
        f"CHANNELID 0x{FIRST_PORT:X}\n",
        encoding="ascii",
    )
    return subprocess.Popen(  # noqa: S603 - fixed program
        [_PROGRAM, "--foreground", "--critical", "--config", str(configuration)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for(socket: Path, daemon: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + _READY_SECONDS
    while not socket.is_socket():
        if daemon.poll() is not None or time.monotonic() > ends_at:
            raise SystemExit("the PC/SC daemon did not come up")
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
