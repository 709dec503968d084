"""What is wrong with card reading on this machine, and what to do about it."""

import importlib.util
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from connectors.card.pcsc.faults import is_virtual_reader
from connectors.card.pcsc.service import PcscService
from connectors.card.pcsc.watching import list_readers
from connectors.contracts.errors import CardError, CardFault

_DAEMON: Final = Path("/usr/sbin/pcscd")
_ANSWER_SECONDS: Final = 5.0


class Trouble(StrEnum):
    """What can be wrong; the value is stable, for scripts."""

    PYSCARD_MISSING = "pyscard-missing"
    SERVICE_MISSING = "service-missing"
    SERVICE_STOPPED = "service-stopped"
    SERVICE_HANGS = "service-hangs"
    PERMISSION_DENIED = "permission-denied"
    NO_READER = "no-reader"
    VIRTUAL_READER = "virtual-reader"


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
    )
}


def diagnose(service: PcscService | None = None) -> list[Finding]:
    """Everything that is wrong, the first thing to mend first; empty when cards can be read. Takes seconds at most."""
    return [_FINDINGS[trouble] for trouble in _troubles(service or PcscService())]


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
            return Trouble.SERVICE_STOPPED if _DAEMON.exists() else Trouble.SERVICE_MISSING
