"""DOPA's card-status service, SOAP 1.1 (facts/thai-registries, section 3.1)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from xml.etree import ElementTree

import httpx2
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.contracts.card import PersonName
from connectors.contracts.errors import RegistryUnavailable
from connectors.contracts.identifiers import CitizenId, LaserCode
from connectors.contracts.registry import CardStatus, CardStatusAnswer
from connectors.contracts.thai_dates import PartialDate
from connectors.gdx.breaker import Breaker
from connectors.gdx.exchange import WireAnswer, exchange, within

PATH: Final = "/CheckCardStatus/CheckCardService.asmx"
SOAP_NAMESPACE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE_NAMESPACE: Final = "http://tempuri.org/"

_MEANINGS: Final = {
    "0": CardStatus.NORMAL,
    "2": CardStatus.CANCELLED,
    "4": CardStatus.MISMATCH,
    "5": CardStatus.INCOMPLETE,
}
_NOT_FOUND: Final = "ไม่พบ"
"""Code 4 is said of data that differ, and of a code on the back that nobody has under this number."""


class CardStatusClient:
    """Asks DOPA whether a card is in force; implements CardStatusPort.

    Whatever is not one of the four documented answers raises RegistryUnavailable: the check is pending, never passed.
    """

    def __init__(
        self,
        *,
        base_url: str,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        deadline_seconds: float = 5.0,
    ) -> None:
        self._url = base_url.rstrip("/") + PATH
        self._http = http
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        self._breaker = Breaker(clock=clock)

    async def check_by_chip(self, *, citizen_id: CitizenId, chip_no: str, request_no: str) -> CardStatusAnswer:
        """Status by citizen number, chip number (16 hex) and request number (what the card says before the stroke)."""
        bp1no, _, _ = request_no.partition("/")
        return await self._ask("CheckCardByCID", {"ChipNo": chip_no, "pid": citizen_id.digits, "bp1no": bp1no})

    async def check_by_laser(
        self, *, citizen_id: CitizenId, name: PersonName, birth_date: PartialDate, laser_code: LaserCode
    ) -> CardStatusAnswer:
        """Status by citizen number, Thai name, birth date and the laser code on the back."""
        return await self._ask(
            "CheckCardByLaser",
            {
                "PID": citizen_id.digits,
                "FirstName": name.first,
                "LastName": name.last,
                "BirthDay": birth_date.to_be_text(),
                "Laser": laser_code.text,
            },
        )

    async def _ask(self, operation: str, parameters: Mapping[str, str]) -> CardStatusAnswer:
        request = self._http.build_request(
            "POST",
            self._url,
            content=_envelope(operation, parameters),
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{SERVICE_NAMESPACE}{operation}"'},
        )
        with self._breaker.attempt(seconds=self._deadline_seconds):
            async with within(self._deadline_seconds):
                answer = await exchange(self._http, request)
            result = _result(operation, answer)
            return self._judge(operation, result)

    def _judge(self, operation: str, result: Mapping[str, str]) -> CardStatusAnswer:
        code = result.get("Code", "")
        if result.get("IsError", "").lower() != "false":
            raise RegistryUnavailable("the card-status service reports an error of its own", wire_code=code or None)
        status = _MEANINGS.get(code)
        if status is None:
            raise RegistryUnavailable("the card-status service answered a code nobody documented", wire_code=code)
        text = result.get("Desc", "")
        if status is CardStatus.MISMATCH and _NOT_FOUND in text:
            status = CardStatus.NOT_FOUND
        return CardStatusAnswer(
            status=status,
            wire_code=code,
            wire_text=text,
            source=f"DOPA {operation}",
            checked_at=self._clock(),
        )


def _envelope(operation: str, parameters: Mapping[str, str]) -> bytes:
    envelope = ElementTree.Element(f"{{{SOAP_NAMESPACE}}}Envelope")
    body = ElementTree.SubElement(envelope, f"{{{SOAP_NAMESPACE}}}Body")
    call = ElementTree.SubElement(body, f"{{{SERVICE_NAMESPACE}}}{operation}")
    for name, value in parameters.items():
        ElementTree.SubElement(call, f"{{{SERVICE_NAMESPACE}}}{name}").text = value
    return bytes(ElementTree.tostring(envelope, encoding="utf-8", xml_declaration=True))


def _result(operation: str, answer: WireAnswer) -> dict[str, str]:
    """The fields of `…Result` by name. Raises RegistryUnavailable for anything that is no such answer."""
    if answer.status != 200:
        raise RegistryUnavailable("the card-status service gave no answer", wire_code=str(answer.status))
    try:
        envelope = fromstring(answer.body, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        raise RegistryUnavailable("the card-status answer is no XML") from None
    result = envelope.find(f".//{{{SERVICE_NAMESPACE}}}{operation}Result")
    if result is None:
        raise RegistryUnavailable("the card-status answer holds no result")
    return {field.tag.rpartition("}")[2]: (field.text or "").strip() for field in result}
