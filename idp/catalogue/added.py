"""Data sets added later, each by an entry here and a mapping: what the Linkage Center passes on of other registers.

The fields of their wire records are not published; the entries name what the records are known or assumed to hold.
"""

from idp.catalogue.model import DataSet, Field, FieldKind, SubjectKind
from idp.catalogue.owners import AGENCY_BASES, BOTH_CHANNELS, DLT, DOPA, MONTH, OF_A_PERSON
from idp.catalogue.population import CITIZEN_ID

MARRIAGE = DataSet(
    id="dopa.marriage",
    title_th="ข้อมูลทะเบียนสมรส",
    title_en="Marriage registration",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="00023/005",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=AGENCY_BASES,
    channels=BOTH_CHANNELS,
    fields=(
        CITIZEN_ID,
        Field("marriage_no", "เลขทะเบียนสมรส", "Marriage registration no."),
        Field("registered_on", "วันที่จดทะเบียนสมรส", "Registered on"),
        Field("place", "สำนักทะเบียน", "Registry office"),
    ),
    template="record",
    retention=MONTH,
)

DRIVING_LICENCE = DataSet(
    id="dlt.driving_licence",
    title_th="ข้อมูลใบอนุญาตขับรถ",
    title_en="Driving licences",
    owner_th=DLT.name_th,
    owner_en=DLT.name_en,
    service="00212/002",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=AGENCY_BASES,
    channels=BOTH_CHANNELS,
    fields=(
        CITIZEN_ID,
        Field("licence_count", "จำนวนใบอนุญาต", "Number of licences", kind=FieldKind.NUMBER),
        Field(
            "licences",
            "ใบอนุญาตขับรถ",
            "Driving licences",
            columns=(
                Field("kind", "ชนิด", "Kind"),
                Field("number", "เลขที่", "Number"),
                Field("expires_on", "วันสิ้นอายุ", "Expires on"),
            ),
        ),
    ),
    template="record",
    retention=MONTH,
)
