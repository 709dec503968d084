"""The Linkage Center's services and what its published wire leaves open (facts/thai-registries, section 3.4)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DOPA_OFFICE: Final = "00023"
_LAND_TRANSPORT: Final = "00212"


@dataclass(frozen=True, slots=True)
class LinkageService:
    """One service of one office. Only 001's version is published; the others take the same."""

    office: str
    service: str
    title_th: str
    version: str = "01"

    @property
    def code(self) -> str:
        """`00023/001`: how the service is named in provenance."""
        return f"{self.office}/{self.service}"


PERSON: Final = LinkageService(DOPA_OFFICE, "001", "ทะเบียนราษฎร")
MARRIAGE: Final = LinkageService(DOPA_OFFICE, "005", "สมรส")
HOUSE_MEMBERS: Final = LinkageService(DOPA_OFFICE, "007", "รายการคนในบ้าน")
HOUSE: Final = LinkageService(DOPA_OFFICE, "008", "ทะเบียนบ้าน")
FIRST_NAME_CHANGES: Final = LinkageService(DOPA_OFFICE, "013", "เปลี่ยนชื่อตัว")
SURNAME_CHANGES: Final = LinkageService(DOPA_OFFICE, "017", "เปลี่ยนชื่อสกุล")
ADDRESSES: Final = LinkageService(DOPA_OFFICE, "027", "ที่อยู่บุคคลทุกประเภท")
NAME_CHANGES: Final = LinkageService(DOPA_OFFICE, "039", "เปลี่ยนแปลงชื่อตัว-ชื่อสกุล")
DRIVING_LICENCE: Final = LinkageService(_LAND_TRANSPORT, "002", "ใบอนุญาตขับรถ")

LINKAGE_SERVICES: Final = MappingProxyType(
    {
        service.code: service
        for service in (
            PERSON, MARRIAGE, HOUSE_MEMBERS, HOUSE, FIRST_NAME_CHANGES, SURNAME_CHANGES, ADDRESSES, NAME_CHANGES,
            DRIVING_LICENCE,
        )
    }
)  # fmt: skip


def service_of(code: str) -> LinkageService:
    """The service with this code (`00023/005`); one that is not in the list needs no more than its code."""
    office, _, number = code.partition("/")
    return LINKAGE_SERVICES.get(code) or LinkageService(office, number, "")


@dataclass(frozen=True, slots=True)
class LinkageWire:
    """What the published wire leaves open, with what is assumed until a contract says otherwise.

    `number_fields`: where a record says whom it is about; a record that says it nowhere is no answer. `members_under`
    and `addresses_under`: the name of the list in 007 and 027. `by_post`: the citizen number travels in the body, not
    in the address; both are published.
    """

    number_fields: tuple[str, ...] = ("personalID", "pid", "citizenID")
    members_under: str = "allPerson"
    addresses_under: str = "allAddress"
    by_post: bool = False
