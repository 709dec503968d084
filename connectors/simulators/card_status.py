"""DOPA's card-status service as the wire has it: SOAP 1.1, two operations (facts/thai-registries, section 3.1)."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from xml.etree import ElementTree

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.contracts.identifiers import CitizenId, InvalidIdentifier
from connectors.contracts.registry import CardStatus
from connectors.fictitious.cards import FictitiousCard
from connectors.fictitious.population import Population
from connectors.simulators.switchboard import Service, Switchboard

PATH: Final = "/CheckCardStatus/CheckCardService.asmx"

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_SERVICE: Final = "http://tempuri.org/"
_LARGEST_REQUEST: Final = 65_536
_CHIP_NO: Final = re.compile(r"[0-9a-fA-F]{16}", re.ASCII)
_REQUEST_NO: Final = re.compile(r"[0-9]{12}", re.ASCII)

Parameters = Mapping[str, str]
CodeAndText = tuple[str, str]

_NORMAL: Final = ("0", "สถานะปกติ")
_CANCELLED: Final = ("2", "บัตรสิ้นสภาพการใช้งาน เนื่องจากกรณี บัตรหาย")
_UNKNOWN_LASER: Final = ("4", "สถานะไม่ปกติ => ไม่พบเลข Laser จาก PID นี้")
_MISMATCH: Final = ("4", "สถานะไม่ปกติ => ข้อมูลไม่ตรง")
_INCOMPLETE: Final = ("5", "ข้อมูลที่ใช้ในการตรวจสอบไม่ครบ")


class _Fault(Exception):
    """The request is no call of this service; `reason` is ASCII."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def card_status_routes(population: Population, switchboard: Switchboard) -> list[Route]:
    """The service's one address."""
    operations: Mapping[str, Callable[[Parameters], CodeAndText]] = {
        "CheckCardByCID": lambda parameters: _check_by_chip(population, parameters),
        "CheckCardByLaser": lambda parameters: _check_by_laser(population, parameters),
    }

    async def call(request: Request) -> Response:
        try:
            operation, parameters = _parse_call(await request.body(), request.headers.get("soapaction", ""))
            if operation not in operations:
                raise _Fault("no such operation")
        except _Fault as fault:
            return _soap_fault(fault.reason)
        return _soap_answer(operation, *operations[operation](parameters))

    return [Route(PATH, switchboard.gate(Service.CARD_STATUS, call), methods=["POST"])]


def _check_by_chip(population: Population, parameters: Parameters) -> CodeAndText:
    chip_no, request_no = parameters.get("ChipNo", ""), parameters.get("bp1no", "")
    if not parameters.get("pid") or not _CHIP_NO.fullmatch(chip_no) or not _REQUEST_NO.fullmatch(request_no):
        return _INCOMPLETE
    card = _registered_card(population, parameters["pid"])
    if card is None or (card.data.chip_no, card.data.request_no) != (chip_no.lower(), request_no):
        return _MISMATCH
    return _status_of(card)


def _check_by_laser(population: Population, parameters: Parameters) -> CodeAndText:
    # the last name may be empty: some people have one name only
    if not all(parameters.get(name) for name in ("PID", "FirstName", "BirthDay", "Laser")):
        return _INCOMPLETE
    card = _registered_card(population, parameters["PID"])
    if card is None or card.data.laser_code is None or card.data.laser_code.text != parameters["Laser"]:
        return _UNKNOWN_LASER
    known = (card.data.name_th.first, card.data.name_th.last, card.data.birth_date.to_be_text())
    if known != (parameters["FirstName"], parameters.get("LastName", ""), parameters["BirthDay"]):
        return _MISMATCH
    return _status_of(card)


def _registered_card(population: Population, digits: str) -> FictitiousCard | None:
    try:
        return population.cards.get(CitizenId.parse(digits))
    except InvalidIdentifier:
        return None


def _status_of(card: FictitiousCard) -> CodeAndText:
    return _CANCELLED if card.status is CardStatus.CANCELLED else _NORMAL


def _parse_call(body: bytes, soap_action: str) -> tuple[str, Parameters]:
    """The operation and its parameters. Raises _Fault."""
    if len(body) > _LARGEST_REQUEST:
        raise _Fault("the request is too large")
    try:
        envelope = fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        raise _Fault("the request is no XML") from None
    call = envelope.find(f"{{{_SOAP}}}Body/*")
    if envelope.tag != f"{{{_SOAP}}}Envelope" or call is None or not call.tag.startswith(f"{{{_SERVICE}}}"):
        raise _Fault("the request is no SOAP 1.1 call of this service")
    operation = call.tag.rpartition("}")[2]
    # SOAP 1.1, section 6.1.1: "An HTTP client MUST use this header field when issuing a SOAP HTTP Request."
    if soap_action.strip('"') != _SERVICE + operation:
        raise _Fault("SOAPAction does not name the operation")
    return operation, {parameter.tag.rpartition("}")[2]: (parameter.text or "").strip() for parameter in call}


def _soap_answer(operation: str, code: str, text: str) -> Response:
    answer = ElementTree.Element(f"{{{_SERVICE}}}{operation}Response")
    result = ElementTree.SubElement(answer, f"{{{_SERVICE}}}{operation}Result")
    for name, value in (("IsError", "false"), ("ErrorMessage", ""), ("Code", code), ("Desc", text)):
        ElementTree.SubElement(result, f"{{{_SERVICE}}}{name}").text = value
    return _soap_response(answer, 200)


def _soap_fault(reason: str) -> Response:
    fault = ElementTree.Element(f"{{{_SOAP}}}Fault")
    ElementTree.SubElement(fault, "faultcode").text = "soap:Client"
    ElementTree.SubElement(fault, "faultstring").text = reason
    # SOAP 1.1, section 6.2: "the SOAP HTTP server MUST issue an HTTP 500 … response … containing a SOAP Fault"
    return _soap_response(fault, 500)


def _soap_response(content: ElementTree.Element, status_code: int) -> Response:
    envelope = ElementTree.Element(f"{{{_SOAP}}}Envelope")
    ElementTree.SubElement(envelope, f"{{{_SOAP}}}Body").append(content)
    xml = ElementTree.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return Response(xml, status_code, media_type="text/xml")
