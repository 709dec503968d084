"""One whole read of a passport, all or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from connectors.card.channel import OK, Channel
from connectors.card.epassport import tlv
from connectors.card.epassport.bac import RandomBytes, open_with_bac
from connectors.card.epassport.chip import check_chip
from connectors.card.epassport.face import Portrait, portrait_of
from connectors.card.epassport.files import APPLET, SELECT_APPLET, FileId, FileTag, read_file
from connectors.card.epassport.mrz import is_access_number, key_of_mrz, key_text, parse_mrz
from connectors.card.epassport.pace import PacePassword, open_with_pace, password_of, password_of_access_number
from connectors.card.epassport.secure_messaging import Command, Exchange, exchange_plainly
from connectors.card.epassport.security_infos import PaceOffer, pace_offers
from connectors.contracts.card import PassportData, PassportFiles, PassportKey, Progress, no_progress
from connectors.contracts.errors import CardError, CardFault

_MRZ_TEXT: Final = 0x5F1F
_TAG_LIST: Final = 0x5C
_READ_BEFORE_PORTRAIT: Final = 0.2
_PORTRAIT_SHARE: Final = 0.7


@dataclass(frozen=True, slots=True, repr=False)
class PassportContent:
    """The files, and what is in them."""

    files: PassportFiles
    data: PassportData
    portrait: Portrait


def read_epassport(
    channel: Channel,
    *,
    key: PassportKey,
    today: date,
    random_bytes: RandomBytes,
    progress: Progress = no_progress,
) -> PassportContent:
    """Open the chip with what is printed, read every file that is judged later, and try the chip itself.

    Raises CardError: WRONG_MRZ (the key cannot be), NOT_A_PASSPORT, ACCESS_DENIED_BY_CHIP (another passport's key, or
    an access number for a chip that has none),
    SECURE_MESSAGING_BROKEN, FILE_MISSING, MALFORMED_DATA, TRUNCATED_ANSWER, CARD_CHANGED (the printed lines on the chip
    are others), and what the channel raises.
    """
    # 1. PACE where it is offered, else basic access control
    exchange, access = _open(channel, key, random_bytes)
    # 2. the list of contents, the printed lines, the state's signature
    contents = _needed(read_file(exchange, FileId.CONTENTS))
    _check_contents(contents)
    mrz = _needed(read_file(exchange, FileId.MRZ))
    data = parse_mrz(mrz_text(mrz), today=today)
    if not key.access_number and key_text(key_of_mrz(mrz_text(mrz))) != key_text(key):
        raise CardError(CardFault.CARD_CHANGED, "the chip speaks of another passport")
    security_object = _needed(read_file(exchange, FileId.SECURITY_OBJECT))
    progress(_READ_BEFORE_PORTRAIT)
    # 3. the portrait, which is most of the work
    portrait = _needed(read_file(exchange, FileId.PORTRAIT, told=_share_of(progress)))
    # 4. the chip's own key, and the proof that it has it; ends the session
    chip_keys = read_file(exchange, FileId.CHIP_KEYS)
    chip = check_chip(channel, exchange, chip_keys)
    progress(1.0)
    files = PassportFiles(security_object, mrz, portrait, chip_keys, chip, access)
    return PassportContent(files, data, portrait_of(portrait))


def mrz_text(file: bytes) -> str:
    """Both printed lines out of data group 1. Raises CardError MALFORMED_DATA."""
    raw = tlv.first(tlv.decode(tlv.only(file, FileTag.MRZ)), _MRZ_TEXT)
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise CardError(CardFault.MALFORMED_DATA, "the printed lines are no text") from None


def _open(channel: Channel, key: PassportKey, random_bytes: RandomBytes) -> tuple[Exchange, Literal["pace", "bac"]]:
    password = _password(key)
    offer = _best_offer(channel)
    if offer is not None:
        exchange: Exchange = open_with_pace(channel, offer, password=password, random_bytes=random_bytes)
        _select_applet(exchange)
        return exchange, "pace"
    _select_applet(exchange_plainly(channel))
    if key.access_number:
        raise CardError(CardFault.ACCESS_DENIED_BY_CHIP, "this chip knows no access number")
    return open_with_bac(channel, key_text=key_text(key), random_bytes=random_bytes), "bac"


def _password(key: PassportKey) -> PacePassword:
    if not key.access_number:
        return password_of(key_text(key))
    if not is_access_number(key.access_number):
        raise CardError(CardFault.WRONG_MRZ, "the access number")
    return password_of_access_number(key.access_number)


def _best_offer(channel: Channel) -> PaceOffer | None:
    """What EF.CardAccess offers; cards of other kinds answer its selection in any way they like."""
    try:
        card_access = read_file(exchange_plainly(channel), FileId.CARD_ACCESS)
    except CardError as error:
        if error.fault is CardFault.MALFORMED_DATA:
            return None
        raise
    offers = [] if card_access is None else pace_offers(card_access)
    return offers[0] if offers else None


def _select_applet(exchange: Exchange) -> None:
    if exchange(Command(SELECT_APPLET, APPLET)).status != OK:
        raise CardError(CardFault.NOT_A_PASSPORT)


def _check_contents(contents: bytes) -> None:
    """The list names what must be there; it is unsigned, so that nothing else rests on it."""
    tags = tlv.first(tlv.decode(tlv.only(contents, FileTag.CONTENTS)), _TAG_LIST)
    if not {FileTag.MRZ, FileTag.PORTRAIT} <= set(tags):
        raise CardError(CardFault.FILE_MISSING, "not in the list of contents")


def _needed(file: bytes | None) -> bytes:
    if file is None:
        raise CardError(CardFault.FILE_MISSING)
    return file


def _share_of(progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(_READ_BEFORE_PORTRAIT + _PORTRAIT_SHARE * done / total)
