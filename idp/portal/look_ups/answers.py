"""What the data exchange told, as lines of a page; pure. Nothing of it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from idp.catalogue.model import DataSet

CARD: Final = "card.identity"
COMPARED: Final = ("dopa.person", "dopa.address")
"""Data sets of the registry that hold what the card says as well."""

MENU: Final[Mapping[str, tuple[str, str]]] = {
    "card.identity": ("ตรวจสอบข้อมูลบุคคลจากบัตร (On Card)", "Personal data from the card (On Card)"),
    "dopa.person": ("ข้อมูลส่วนบุคคล (จากฐานข้อมูล) (IKNO)", "Personal data (from the registry) (IKNO)"),
    "dopa.house": ("ข้อมูลสมาชิกในบ้าน (ทะเบียนบ้าน) (IKNO)", "Members of the house (house registration) (IKNO)"),
    "dopa.address": ("ข้อมูลที่อยู่ (IKNO)", "Address (IKNO)"),
    "dopa.name_changes": ("ข้อมูลการเปลี่ยนชื่อ-นามสกุล (IKNO)", "Changes of name (IKNO)"),
    "dbd.company": ("ข้อมูลนิติบุคคล", "Juristic person"),
    "dbd.memorandum": ("ข้อมูลหนังสือบริคณห์สนธิและอื่นๆ", "Memorandum of association and other papers"),
    "dbd.shareholders": ("ข้อมูลผู้ถือหุ้น", "Shareholders"),
    "dbd.financials": ("ข้อมูลงบการเงิน", "Financial statements"),
}
"""The words of the source document's menu (design, section 10): fixed. Others have their title of the catalogue."""


@dataclass(frozen=True, slots=True)
class MenuRow:
    """One screen of the menu."""

    dataset: str
    title_th: str
    title_en: str
    text_th: str
    text_en: str


@dataclass(frozen=True, slots=True, repr=False)
class Rows:
    """A value that is a table."""

    headings_th: tuple[str, ...]
    headings_en: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One field: its label, what it says, who told it and when. `rows` where it is a table."""

    name: str
    label_th: str
    label_en: str
    text_th: str
    text_en: str
    rows: Rows | None
    service: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Compared:
    """What the card says beside what the registry says."""

    name: str
    label_th: str
    label_en: str
    card: str
    registry: str

    @property
    def differs(self) -> bool:
        """True when they are not the same, spaces aside."""
        return "".join(self.card.split()) != "".join(self.registry.split())


def menu_row(dataset: DataSet) -> MenuRow:
    """The words of one screen."""
    title_th, title_en = MENU.get(dataset.id, (dataset.title_th, dataset.title_en))
    return MenuRow(dataset.id, title_th, title_en, dataset.owner_th, dataset.owner_en)


def is_check(dataset: str) -> bool:
    """True for what answers without any value."""
    return dataset.startswith("check.")


def lines_of(payload: Mapping[str, Any]) -> tuple[Line, ...]:
    """The released fields in their order."""
    labels, told_by = payload["labels"], payload["source"]["fields"]
    return tuple(
        _line(name, payload["fields"][name], labels[name], told_by[name])
        for name in payload["order"]
        if payload["fields"].get(name) not in (None, "", [])
    )


def differences(card: Mapping[str, Any], registry: Sequence[Mapping[str, Any]]) -> tuple[Compared, ...]:
    """What stands on both, in the card's order."""
    known = {name: value for payload in registry for name, value in payload["fields"].items()}
    labels = card["labels"]
    return tuple(
        Compared(name, labels[name]["th"], labels[name]["en"], _plain(card["fields"][name]), _plain(known[name]))
        for name in card["order"]
        if name in known
    )


def _line(name: str, value: Any, label: Mapping[str, Any], told: Mapping[str, str]) -> Line:
    columns: Mapping[str, Any] = label.get("columns", {})
    rows = _rows(value, columns) if columns else None
    codes: Mapping[str, Any] = label.get("codes", {})
    said = codes.get(value) if isinstance(value, str) else None
    plain = "" if rows is not None else _plain(value, label.get("kind"))
    return Line(
        name=name,
        label_th=label["th"],
        label_en=label["en"],
        text_th=plain if said is None else said["th"],
        text_en=plain if said is None else said["en"],
        rows=rows,
        service=told["service"],
        at=datetime.fromisoformat(told["retrieved_at"]),
    )


def _rows(value: Any, columns: Mapping[str, Any]) -> Rows:
    found = value if isinstance(value, list) else [value]
    kept = [name for name in columns if any(row.get(name) not in (None, "") for row in found)]
    return Rows(
        headings_th=tuple(columns[name]["th"] for name in kept),
        headings_en=tuple(columns[name]["en"] for name in kept),
        rows=tuple(tuple(_plain(row.get(name, ""), columns[name].get("kind")) for name in kept) for row in found),
    )


def _plain(value: Any, kind: str | None = None) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, dict):
        return " ".join(_plain(one) for one in value.values())
    text = "" if value is None else str(value)
    whole, dot, rest = text.partition(".")
    if kind in ("number", "money") and whole.lstrip("-").isdecimal():
        return f"{int(whole):,}{dot}{rest}"
    return text
