"""Checks: yes, no or unknown, and no value of anybody's; offered before the data sets that would answer the same."""

from idp.catalogue.model import Code, DataSet, Field, SubjectKind
from idp.catalogue.owners import (
    AGENCY_BASES,
    BOTH_CHANNELS,
    DBD,
    DOPA,
    MONTH,
    OF_A_COMPANY,
    OF_A_PERSON,
    WITHOUT_CARD,
)

ANSWERS = (Code("yes", "ใช่", "Yes"), Code("no", "ไม่ใช่", "No"), Code("unknown", "ไม่ทราบ", "Unknown"))

CHECK_PERSON = DataSet(
    id="check.person",
    title_th="ตรวจสอบสถานะบุคคล (ไม่เปิดเผยข้อมูล)",
    title_en="Check of a person (no data disclosed)",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="IKNO-001-04",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=AGENCY_BASES,
    channels=BOTH_CHANNELS,
    fields=(
        Field("is_registered", "มีรายการในทะเบียนราษฎร", "Is in the population registry", codes=ANSWERS),
        Field("is_alive", "มีชีวิตอยู่", "Is alive", codes=ANSWERS),
        Field("is_thai", "มีสัญชาติไทย", "Is a Thai national", codes=ANSWERS),
        Field("is_of_age", "บรรลุนิติภาวะโดยอายุ (20 ปีบริบูรณ์)", "Is of age (20 years)", codes=ANSWERS),
        Field("has_card_in_date", "มีบัตรประจำตัวประชาชนที่ยังไม่หมดอายุ", "Has a card that has not expired", codes=ANSWERS),
    ),
    template="record",
    retention=MONTH,
)

CHECK_COMPANY = DataSet(
    id="check.company",
    title_th="ตรวจสอบสถานะนิติบุคคล (ไม่เปิดเผยข้อมูล)",
    title_en="Check of a juristic person (no data disclosed)",
    owner_th=DBD.name_th,
    owner_en=DBD.name_en,
    service="DBD-001",
    subject=SubjectKind.COMPANY,
    subjects=OF_A_COMPANY,
    bases=WITHOUT_CARD,
    channels=BOTH_CHANNELS,
    fields=(
        Field("is_registered", "มีรายการในทะเบียนนิติบุคคล", "Is in the company registry", codes=ANSWERS),
        Field("is_operating", "ยังดำเนินกิจการอยู่", "Is in business", codes=ANSWERS),
    ),
    template="record",
    retention=MONTH,
)
