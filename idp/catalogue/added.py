"""Data sets added later, each by an entry here and a mapping: what the Linkage Center passes on of other registers, and
what the population registry's fuller profiles have beside the person and the address.

The fields of the other registers' records are not published; the entries name what they are known or assumed to hold.
"""

from idp.catalogue.model import DataSet, Field, FieldKind, Sensitivity, SubjectKind
from idp.catalogue.owners import AGENCY_BASES, BOTH_CHANNELS, DLT, DOPA, MONTH, OF_A_PERSON
from idp.catalogue.population import BY_DUTY_ONLY, CITIZEN_ID

PARTICULARS = DataSet(
    id="dopa.particulars",
    title_th="รายการทะเบียนราษฎรเพิ่มเติม",
    title_en="Further particulars (population registry)",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="IKNO-001-03",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=AGENCY_BASES,
    channels=BOTH_CHANNELS,
    fields=(
        CITIZEN_ID,
        Field("former_nationality", "สัญชาติเดิม", "Former nationality"),
        Field("nationality_changed_on", "วันที่เปลี่ยนสัญชาติ", "Nationality changed on"),
        Field("domicile_status", "สถานะภูมิลำเนา", "Status of the domicile"),
        Field("card_issued_on", "วันออกบัตร", "Card issued on"),
        Field("card_expires_on", "วันบัตรหมดอายุ", "Card expires on"),
        Field("card_issuer_code", "รหัสผู้ออกบัตร", "Code of the card's issuer"),
        Field("card_issuer_place", "สถานที่ออกบัตร", "Place of issue"),
        Field("card_issuer_agency", "หน่วยงานผู้ออกบัตร", "Agency of issue"),
        # parents did not consent: their numbers and nationalities leave under a duty alone
        Field("father_citizen_id", "เลขประจำตัวบิดา", "Father's number", Sensitivity.HIGH, bases=BY_DUTY_ONLY),
        Field("father_nationality", "สัญชาติบิดา", "Father's nationality", bases=BY_DUTY_ONLY),
        Field("mother_citizen_id", "เลขประจำตัวมารดา", "Mother's number", Sensitivity.HIGH, bases=BY_DUTY_ONLY),
        Field("mother_nationality", "สัญชาติมารดา", "Mother's nationality", bases=BY_DUTY_ONLY),
    ),
    template="record",
    retention=MONTH,
    check="check.person",
)

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
