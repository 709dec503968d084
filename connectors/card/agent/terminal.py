"""What the person at the desk sees and decides, on a terminal. Never shows anything that was read from a card."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from connectors.card.agent.messages import ReadRequest
from connectors.contracts.card import Progress as CardProgress
from connectors.contracts.card_wire import SlotName
from connectors.contracts.pairing_wire import PairingAnswer

_SLOTS: Final[dict[SlotName, str]] = {"citizen": "ประชาชน / citizen", "officer": "เจ้าหน้าที่ / officer"}
_YES: Final = frozenset({"y", "yes", "ใช่", "อนุญาต"})


class Terminal:
    """One console; questions are answered on `sys.stdin`, one line each."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._input_has_ended = False

    def listen(self) -> None:
        """Take in lines from now on, so that what is typed before a question is known to be no answer to it."""
        loop = asyncio.get_running_loop()

        def read_lines() -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody asks any more
                for line in _lines_of(sys.stdin.fileno()):
                    loop.call_soon_threadsafe(self._take, line)

        threading.Thread(target=read_lines, name="answers", daemon=True).start()

    def say(self, thai: str, english: str) -> None:
        """One line in both languages."""
        self._console.print(Text(f"{thai} / {english}"))

    def show_request(self, request: ReadRequest) -> None:
        """Who asks for which card, and why."""
        photo = "ข้อมูลและรูปถ่ายบนบัตร / data and photo" if request.with_photo else "ข้อมูลบนบัตร / data"
        text = Text.assemble(
            ("ผู้ขอ / asked by: ", "bold"), f"{request.requested_by}\n",
            ("เพื่อ / purpose: ", "bold"), f"{request.purpose.th}\n{request.purpose.en}\n",
            ("อ่าน / to read: ", "bold"), f"{photo}\n",
            ("บัตร / card: ", "bold"), _SLOTS[request.slot],
        )  # fmt: skip
        self._console.print(Panel(text, title="คำขออ่านบัตร / card request", border_style="cyan"))

    def show_offer(self, offered: PairingAnswer) -> None:
        """Whose station this computer would be."""
        text = Text.assemble(
            ("หน่วยงาน / agency: ", "bold"), f"{offered.agency.th}\n{offered.agency.en}\n",
            ("จุดบริการ / station: ", "bold"), f"{offered.station.th}\n{offered.station.en}\n",
            ("สถานที่ / site: ", "bold"), offered.site,
        )  # fmt: skip
        self._console.print(Panel(text, title="จับคู่จุดบริการ / pair a station", border_style="cyan"))

    def ask_now(self, thai: str, english: str) -> bool:
        """Ask and wait for a line, before `listen`; anything but a yes is a no."""
        self.say(thai, english)
        return sys.stdin.readline().strip().lower() in _YES

    async def ask_consent(self) -> bool:
        """Wait for the next line (after `listen`); anything but a yes is a no.

        What was typed before the question does not count.
        """
        while not self._answers.empty():
            self._answers.get_nowait()
        if self._input_has_ended:
            return False
        self.say("อ่านบัตรหรือไม่ พิมพ์ y แล้วกด Enter", "read the card? type y and Enter")
        return (await self._answers.get()).strip().lower() in _YES

    @contextmanager
    def progress(self) -> Iterator[CardProgress]:
        """A bar for one read; the callback may be called from another thread."""
        with Progress(TextColumn("อ่านบัตร / reading"), BarColumn(), console=self._console, transient=True) as bar:
            task = bar.add_task("read", total=1.0)
            yield lambda done: bar.update(task, completed=done)

    def _take(self, line: str) -> None:
        self._input_has_ended = not line
        self._answers.put_nowait(line)


def _lines_of(descriptor: int) -> Iterator[str]:
    """Lines with their line feed, then one empty text. Not through `sys.stdin`: a thread that waits within its buffer
    at the interpreter's end aborts the process.
    """
    waiting = b""
    while piece := os.read(descriptor, 1024):
        *lines, waiting = (waiting + piece).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace") + "\n"
    yield ""
