"""What is wrong with card reading on this machine, and what to do about it."""

import importlib.util
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from connectors.card.agent.config import default_config_path
from connectors.card.pcsc.faults import is_virtual_reader
from connectors.card.pcsc.reader import PcscReader
from connectors.card.pcsc.service import PcscService
from connectors.card.pcsc.watching import PcscWatcher, list_readers
from connectors.contracts.errors import CardError, CardFault

_DAEMON: Final = Path("/usr/sbin/pcscd")
_ANSWER_SECONDS: Final = 5.0
_READ_SECONDS: Final = 15.0


class Trouble(StrEnum):
    """What can be wrong; the value is stable, for scripts."""

    PYSCARD_MISSING = "pyscard-missing"
    SERVICE_MISSING = "service-missing"
    SERVICE_STOPPED = "service-stopped"
    SERVICE_HANGS = "service-hangs"
    PERMISSION_DENIED = "permission-denied"
    NO_READER = "no-reader"
    VIRTUAL_READER = "virtual-reader"
    KEY_READABLE = "key-readable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble in plain words, with its cure, Thai and English."""

    code: Trouble
    problem_th: str
    problem_en: str
    cure_th: str
    cure_en: str

    @property
    def problem(self) -> str:
        """What is wrong, a line in Thai, a line in English."""
        return f"{self.problem_th}\n{self.problem_en}"

    @property
    def cure(self) -> str:
        """What to do, in Thai, then in English."""
        return f"{self.cure_th}\n{self.cure_en}"


POLKIT_RULE: Final = """\
polkit.addRule(function (action, subject) {
    if (["org.debian.pcsc-lite.access_pcsc", "org.debian.pcsc-lite.access_card"].indexOf(action.id) >= 0 &&
        subject.isInGroup("pcscd")) {
        return polkit.Result.YES;
    }
});
"""
"""For /etc/polkit-1/rules.d/50-pcscd.rules: members of the group pcscd may use readers without a desktop session."""

_FINDINGS: Final = {
    finding.code: finding
    for finding in (
        Finding(
            Trouble.PYSCARD_MISSING,
            "ยังไม่ได้ติดตั้งส่วนอ่านบัตร (pyscard)",
            "the card reading package (pyscard) is not installed",
            "ติดตั้ง gcc และ libpcsclite-dev แล้วติดตั้งแพ็กเกจพร้อมส่วน card",
            "install gcc and libpcsclite-dev, then the package with its extra: pip install 'tuaton[card]'",
        ),
        Finding(
            Trouble.SERVICE_MISSING,
            "ยังไม่ได้ติดตั้งบริการเครื่องอ่านบัตร (pcscd)",
            "the smart card service (pcscd) is not installed",
            "ติดตั้งด้วย apt install pcscd",
            "install it: apt install pcscd",
        ),
        Finding(
            Trouble.SERVICE_STOPPED,
            "บริการเครื่องอ่านบัตร (pcscd) ไม่ทำงาน",
            "the smart card service (pcscd) is not running",
            "เริ่มด้วย systemctl enable --now pcscd.socket",
            "start it: systemctl enable --now pcscd.socket",
        ),
        Finding(
            Trouble.SERVICE_HANGS,
            "บริการเครื่องอ่านบัตรไม่ตอบสนอง อาจมีบัตรเสียค้างอยู่",
            "the smart card service does not answer; a broken card may hold it up",
            "ดึงบัตรออก แล้วเริ่มบริการใหม่ด้วย systemctl restart pcscd",
            "take the card out and restart it: systemctl restart pcscd",
        ),
        Finding(
            Trouble.PERMISSION_DENIED,
            "ผู้ใช้นี้ไม่มีสิทธิใช้เครื่องอ่านบัตร (polkit)",
            "this user may not use smart card readers (polkit)",
            f"เพิ่มผู้ใช้ในกลุ่ม pcscd และสร้าง /etc/polkit-1/rules.d/50-pcscd.rules ดังนี้\n{POLKIT_RULE}",
            f"add the user to the group pcscd and write /etc/polkit-1/rules.d/50-pcscd.rules:\n{POLKIT_RULE}",
        ),
        Finding(
            Trouble.NO_READER,
            "ไม่พบเครื่องอ่านบัตร",
            "no card reader is connected",
            "เสียบเครื่องอ่านบัตร ถ้ายังไม่พบให้ติดตั้ง libccid หรือเปลี่ยนช่อง USB",
            "connect one; if it is not found, install libccid (apt install libccid) or try another USB port",
        ),
        Finding(
            Trouble.VIRTUAL_READER,
            "เครื่องนี้มีเครื่องอ่านบัตรเสมือน (vpcd) ซึ่งรับบัตรปลอมจากเครือข่ายได้",
            "a virtual reader (vpcd) is installed; anyone in the network may insert a card there",
            "ถอนออกจากเครื่องที่ใช้งานจริงด้วย apt remove vsmartcard-vpcd",
            "remove it from machines that serve the public: apt remove vsmartcard-vpcd",
        ),
        Finding(
            Trouble.KEY_READABLE,
            "ผู้ใช้อื่นของเครื่องนี้อ่านกุญแจของจุดบริการได้",
            "other users of this machine can read the station's private key",
            "แก้สิทธิ์ด้วย chmod 600 ที่ไฟล์ตั้งค่า แล้วจับคู่จุดบริการใหม่ เพราะกุญแจอาจถูกคัดลอกไปแล้ว",
            "chmod 600 the configuration file, then pair the station anew: the key may have been copied",
        ),
    )
}


_ON_WINDOWS: Final = {
    Trouble.PYSCARD_MISSING: (
        "ใช้ idp-agent.exe ซึ่งมีส่วนอ่านบัตรอยู่แล้ว",
        "use idp-agent.exe: card reading is part of it",
    ),
    Trouble.SERVICE_STOPPED: (
        "เริ่มบริการ Smart Card ด้วย sc start SCardSvr",
        "start the service Smart Card: sc start SCardSvr",
    ),
    Trouble.SERVICE_HANGS: (
        "ดึงบัตรออก แล้วเริ่มบริการใหม่ด้วย sc stop SCardSvr และ sc start SCardSvr",
        "take the card out and restart the service: sc stop SCardSvr, sc start SCardSvr",
    ),
    Trouble.PERMISSION_DENIED: (
        "ให้ผู้ดูแลเครื่องอนุญาตบัญชีนี้ให้ใช้บริการ Smart Card",
        "have the administrator let this account use the service Smart Card",
    ),
    Trouble.NO_READER: (
        "เสียบเครื่องอ่านบัตร ถ้ายังไม่พบให้ดูในตัวจัดการอุปกรณ์ หรือเปลี่ยนช่อง USB",
        "connect one; if it is not found, look into the device manager or try another USB port",
    ),
}


def diagnose(service: PcscService | None = None, *, station_file: Path | None = None) -> list[Finding]:
    """Everything that is wrong, the first thing to mend first; empty when cards can be read. Takes seconds at most.

    `station_file` is where the agent keeps its key; by default the place of this machine.
    """
    troubles = _troubles(service or PcscService())
    if _is_open_to_others(station_file or default_config_path()):
        troubles.append(Trouble.KEY_READABLE)
    return [_finding(trouble) for trouble in troubles]


def try_cards(service: PcscService | None = None) -> dict[str, CardFault | None]:
    """Read the card in every reader that holds one, keep nothing, and say what went wrong with each (None: nothing).

    Raises CardError when the service itself does not answer.
    """
    used = service or PcscService()
    tried: dict[str, CardFault | None] = {}
    watcher = PcscWatcher(used)
    for name in list_readers(used, seconds=_ANSWER_SECONDS):
        reader = PcscReader(name, service=used, watcher=watcher, allows_virtual=True)
        try:
            reader.read(deadline_seconds=_READ_SECONDS, with_photo=True)
        except CardError as error:
            tried[name] = error.fault
        else:
            tried[name] = None
    return tried


def _finding(trouble: Trouble) -> Finding:
    """The words for this system: Windows has its own service and needs no package for it."""
    finding = _FINDINGS[trouble]
    if sys.platform == "win32" and trouble in _ON_WINDOWS:
        cure_th, cure_en = _ON_WINDOWS[trouble]
        return replace(finding, cure_th=cure_th, cure_en=cure_en)
    return finding


def _is_open_to_others(file: Path) -> bool:
    # Windows keeps rights elsewhere: deploy/agent-windows says how
    return sys.platform != "win32" and file.is_file() and bool(file.stat().st_mode & 0o077)


def _troubles(service: PcscService) -> list[Trouble]:
    if importlib.util.find_spec("smartcard") is None:
        return [Trouble.PYSCARD_MISSING]
    try:
        readers = list_readers(service, seconds=_ANSWER_SECONDS)
    except CardError as error:
        return [_trouble_with_service(error.fault)]
    hardware = [name for name in readers if not is_virtual_reader(name)]
    troubles = [] if hardware else [Trouble.NO_READER]
    return troubles if len(hardware) == len(readers) else [*troubles, Trouble.VIRTUAL_READER]


def _trouble_with_service(fault: CardFault) -> Trouble:
    match fault:
        case CardFault.PERMISSION_DENIED:
            return Trouble.PERMISSION_DENIED
        case CardFault.UNRESPONSIVE:
            return Trouble.SERVICE_HANGS
        case _:
            has_daemon = sys.platform == "win32" or _DAEMON.exists()
            return Trouble.SERVICE_STOPPED if has_daemon else Trouble.SERVICE_MISSING
