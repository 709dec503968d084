"""What several data sets share: the owners' names, and which subjects, bases and channels go together."""

from dataclasses import dataclass
from datetime import timedelta

from idp.catalogue.model import Basis, Channel, SubjectSource


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose data they are."""

    name_th: str
    name_en: str


DOPA = Owner("กรมการปกครอง (ทะเบียนราษฎร)", "Department of Provincial Administration (population registry)")
DBD = Owner("กรมพัฒนาธุรกิจการค้า (ทะเบียนนิติบุคคล)", "Department of Business Development (company registry)")
DLT = Owner("กรมการขนส่งทางบก (ทะเบียนใบอนุญาตขับรถ)", "Department of Land Transport (driving licences)")
MONTH = timedelta(days=30)

OF_A_PERSON = frozenset(
    {SubjectSource.SELF, SubjectSource.MANDATE, SubjectSource.CARD_SESSION, SubjectSource.CITIZEN_REF}
)
OF_A_COMPANY = frozenset({SubjectSource.JURISTIC_ID})
OF_A_CARD = frozenset({SubjectSource.CARD_SESSION})

AT_A_COUNTER = frozenset({Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY})
AGENCY_BASES = AT_A_COUNTER | {Basis.CONSENT}
SHOWN_TO_THE_OWNER = AGENCY_BASES | {Basis.OWNER}
WITHOUT_CARD = frozenset({Basis.CONSENT, Basis.SIGNED_FORM, Basis.DUTY})

BOTH_CHANNELS = frozenset({Channel.COUNTER, Channel.ONLINE})
COUNTER_ONLY = frozenset({Channel.COUNTER})
