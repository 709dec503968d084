"""The desk: two slots, and the words with which cards are put in and taken out.

`insert SLOT PERSONA [FAULT]`, `eject SLOT`, `state`. SLOT is `officer` or `citizen`; PERSONA a persona of the
fictitious population; FAULT a name of `FAULTS`.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from connectors.card.epassport.files import FileId
from connectors.card.thai_card import layout
from connectors.card.virtual.epassport import VirtualEPassport
from connectors.card.virtual.issuing_state import fixed_key
from connectors.card.virtual.passports import portrait_file
from connectors.card.virtual.playing import Failure, VirtualCard
from connectors.card.virtual.thai_card import VirtualThaiCard
from connectors.contracts.card_wire import SlotName, StackName
from connectors.fictitious.photos import face

SLOT_NAMES: Final[tuple[SlotName, ...]] = ("officer", "citizen")

_MID_READ: Final = 21
"""The data of a command well within a read, with or without photo, of the sample cards' style."""


class DeskRefusal(ValueError):
    """The command cannot be obeyed; the message is one plain sentence for whoever typed it."""


class VirtualSlot(Protocol):
    """Where an emulated card goes in."""

    def insert(self, card: VirtualCard) -> None:
        """Put a card in. Raises OSError when the reader does not take it."""

    def eject(self) -> None:
        """Take the card out, if there is one."""

    def is_card_present(self) -> bool:
        """True while a card is in."""


def _pulled(card: VirtualCard) -> None:
    card.faults = {_MID_READ: Failure.EJECT}


def _mute(card: VirtualCard) -> None:
    card.faults = {_MID_READ: Failure.MUTE}


def _truncated(card: VirtualCard) -> None:
    card.faults = {_MID_READ: Failure.TRUNCATE}


def _not_thai(card: VirtualCard) -> None:
    card = _thai(card)
    card.applets = frozenset()


def _check_digit(card: VirtualCard) -> None:
    card = _thai(card)
    last = layout.CITIZEN_ID.offset + layout.CITIZEN_ID.length - 1
    wrong = str((int(card.file[last : last + 1]) + 1) % 10).encode()
    card.file = card.file[:last] + wrong + card.file[last + 1 :]


def _slow(card: VirtualCard) -> None:
    card.delay_seconds = 0.05


def _garbled(card: VirtualCard) -> None:
    card.faults = {_MID_READ: Failure.GARBLE}


def _copied(card: VirtualCard) -> None:
    _passport(card).chip_secret = fixed_key("copy")


def _swapped_photo(card: VirtualCard) -> None:
    passport = _passport(card)
    passport.files = {**passport.files, FileId.PORTRAIT: portrait_file(face("somebody else", "1"))}


def _thai(card: VirtualCard) -> VirtualThaiCard:
    if not isinstance(card, VirtualThaiCard):
        raise DeskRefusal("only a Thai card has that fault")
    return card


def _passport(card: VirtualCard) -> VirtualEPassport:
    if not isinstance(card, VirtualEPassport):
        raise DeskRefusal("only a passport has that fault")
    return card


FAULTS: Final[Mapping[str, Callable[[VirtualCard], None]]] = {
    "pulled": _pulled,
    "mute": _mute,
    "truncated": _truncated,
    "not-thai": _not_thai,
    "check-digit": _check_digit,
    "slow": _slow,
    "garbled": _garbled,
    "copied": _copied,
    "swapped-photo": _swapped_photo,
}
"""What can be wrong with a card that is put in.

`slow` is a real card's pace; `copied` and `swapped-photo` are for passports and show in the proof; the others make the
read fail.
"""


class Desk:
    """Obeys commands, one at a time.

    `card_of` makes a new card for a persona's key, KeyError for an unknown one. `stack` is what the slots are,
    told with the state; `reason` why they are not PC/SC.
    """

    def __init__(
        self,
        slots: Mapping[SlotName, VirtualSlot],
        *,
        card_of: Callable[[str], VirtualCard],
        stack: StackName,
        reason: str | None,
    ) -> None:
        self._slots = slots
        self._stack = {"stack": stack, "reason": reason}
        self._card_of = card_of
        self._personas: dict[SlotName, str] = {}
        self._lock = threading.Lock()

    def obey(self, command: str) -> dict[str, Any]:
        """Do what the command says and return the state after it. Raises DeskRefusal."""
        with self._lock:
            match command.split():
                case ["insert", slot, persona]:
                    self._insert(_slot_name(slot), persona, fault=None)
                case ["insert", slot, persona, fault]:
                    self._insert(_slot_name(slot), persona, fault=fault)
                case ["eject", slot]:
                    self._slots[_slot_name(slot)].eject()
                case ["state"]:
                    pass
                case _:
                    raise DeskRefusal("say: insert SLOT PERSONA [FAULT], eject SLOT, or state")
            return self._state()

    def _insert(self, slot: SlotName, persona: str, *, fault: str | None) -> None:
        try:
            card = self._card_of(persona)
        except KeyError:
            raise DeskRefusal("there is no such persona; `idp personas` lists them") from None
        if fault is not None:
            if fault not in FAULTS:
                raise DeskRefusal(f"there is no such fault; there are: {', '.join(FAULTS)}")
            FAULTS[fault](card)
        try:
            self._slots[slot].insert(card)
        except OSError as error:
            raise DeskRefusal(f"the virtual reader does not take the card: {type(error).__name__}") from error
        self._personas[slot] = persona

    def _state(self) -> dict[str, Any]:
        slots = {
            name: self._personas.get(name) if slot.is_card_present() else None for name, slot in self._slots.items()
        }
        return {"slots": slots, **self._stack}


def _slot_name(text: str) -> SlotName:
    match text:
        case "officer" | "citizen":
            return text
        case _:
            raise DeskRefusal("the slot is officer or citizen")
