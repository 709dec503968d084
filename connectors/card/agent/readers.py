"""The readers an agent uses: those of this machine, or ones for emulated cards that it starts itself."""

from typing import Final, Protocol

from connectors.card.agent.config import AgentConfig, ReaderNames
from connectors.card.pcsc.faults import is_virtual_reader
from connectors.card.pcsc.reader import PcscReader
from connectors.card.pcsc.service import PcscService
from connectors.card.pcsc.spares import SpareWorkers
from connectors.card.pcsc.watching import PcscWatcher
from connectors.card.virtual.card_stack import CardStack, start_card_stack
from connectors.card.virtual.desk import SLOT_NAMES
from connectors.contracts.card import SlotReader
from connectors.contracts.card_wire import SlotFill, SlotName, StackName

_FIRST_NEWS_SECONDS: Final = 3.0


class AgentReaders(Protocol):
    """What lies in which slot, and the reader of a slot."""

    stack: StackName
    note: str
    """One line for the person at the desk: which readers these are."""

    def reader(self, slot: SlotName) -> SlotReader | None:
        """The slot's reader; None while there is none."""

    def stop(self) -> None:
        """Let go of everything."""


def open_readers(config: AgentConfig) -> AgentReaders:
    """The readers the configuration asks for."""
    if config.desk_socket is not None:
        return DeskReaders(start_card_stack(desk_socket=config.desk_socket, choice=config.card_stack))
    return SystemReaders(names=config.readers, allows_virtual=config.allow_virtual)


def fill_of_slots(readers: AgentReaders) -> dict[SlotName, SlotFill]:
    """Empty or present, for every slot."""
    return {slot: _fill(readers.reader(slot)) for slot in SLOT_NAMES}


def has_virtual_reader(readers: AgentReaders) -> bool:
    """True when any slot takes emulated cards."""
    return any(reader.is_virtual for slot in SLOT_NAMES if (reader := readers.reader(slot)) is not None)


def _fill(reader: SlotReader | None) -> SlotFill:
    return "present" if reader is not None and reader.is_card_present() else "empty"


class DeskReaders:
    """Readers for emulated cards, and the desk that fills them."""

    def __init__(self, card_stack: CardStack) -> None:
        self._card_stack = card_stack
        self.stack: StackName = card_stack.name
        self.note = "virtual readers, PC/SC" if card_stack.reason is None else f"in memory: {card_stack.reason}"

    def reader(self, slot: SlotName) -> SlotReader | None:
        """The slot's reader."""
        return self._card_stack.readers[slot]

    def stop(self) -> None:
        """End the readers and the desk."""
        self._card_stack.stop()


class SystemReaders:
    """The readers of this machine's PC/SC service, which may come and go.

    Without `names` one reader serves both slots in turn; of two, the officer's is the first.
    """

    def __init__(self, *, names: ReaderNames | None, allows_virtual: bool) -> None:
        self.stack: StackName = "pcsc"
        self.note = "readers of this computer"
        self._names = names
        self._allows_virtual = allows_virtual
        self._service = PcscService()
        self._spares = SpareWorkers(self._service)
        self._watcher = PcscWatcher(self._service)
        self._watcher.start(wait_seconds=_FIRST_NEWS_SECONDS)

    def reader(self, slot: SlotName) -> SlotReader | None:
        """The slot's reader, None when it is not plugged in."""
        name = self._name(slot)
        if name is None or name not in self._watcher.state().readers:
            return None
        self._spares.prepare(name)
        return PcscReader(
            name,
            service=self._service,
            watcher=self._watcher,
            allows_virtual=self._allows_virtual,
            spares=self._spares,
        )

    def stop(self) -> None:
        """Stop watching, and end what was held ready."""
        self._watcher.stop()
        self._spares.stop()

    def _name(self, slot: SlotName) -> str | None:
        if self._names is not None:
            return self._names.citizen if slot == "citizen" else self._names.officer
        usable = [name for name in self._watcher.state().readers if self._allows_virtual or not is_virtual_reader(name)]
        if not usable:
            return None
        return usable[0] if slot == "officer" else usable[min(1, len(usable) - 1)]
