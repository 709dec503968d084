"""What the population registry and the card give: titles and labels in the words of the source document."""

from idp.catalogue.model import Basis, DataSet, Field, FieldKind, Sensitivity, SubjectKind
from idp.catalogue.owners import (
    AGENCY_BASES,
    AT_A_COUNTER,
    BOTH_CHANNELS,
    COUNTER_ONLY,
    DOPA,
    MONTH,
    OF_A_CARD,
    OF_A_PERSON,
    SHOWN_TO_THE_OWNER,
)

CITIZEN_ID = Field("citizen_id", "เลขประจำตัวประชาชน", "Citizen ID number", Sensitivity.HIGH)
BY_DUTY_ONLY = frozenset({Basis.DUTY})

CARD_IDENTITY = DataSet(
    id="card.identity",
    title_th="ตรวจสอบข้อมูลบุคคลจากบัตร (On Card)",
    title_en="Personal data read from the card (On Card)",
    owner_th="บัตรประจำตัวประชาชนของเจ้าของข้อมูล",
    owner_en="The person's own identity card",
    service="card",
    subject=SubjectKind.PERSON,
    subjects=OF_A_CARD,
    bases=AT_A_COUNTER,
    channels=COUNTER_ONLY,
    fields=(
        CITIZEN_ID,
        Field("name_th", "ชื่อ-นามสกุล", "Name in Thai"),
        Field("name_en", "ชื่อ-นามสกุล (อังกฤษ)", "Name in English"),
        Field("sex", "เพศ", "Sex"),
        Field("birth_date", "วันเดือนปีเกิด", "Date of birth"),
        Field("address_text", "ที่อยู่บนบัตร", "Address on the card"),
        Field("issued_on", "วันออกบัตร", "Issued on"),
        Field("expires_on", "วันบัตรหมดอายุ", "Expires on"),
        Field("issuer", "สถานที่ออกบัตร", "Place of issue"),
        Field("request_no", "หมายเลขคำขอมีบัตร", "Card request no."),
    ),
    template="card",
    retention=MONTH,
    check="check.person",
)

PERSON = DataSet(
    id="dopa.person",
    title_th="ข้อมูลส่วนบุคคล (จากฐานข้อมูล)",
    title_en="Personal data (population registry)",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="IKNO-001-02",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=SHOWN_TO_THE_OWNER,
    channels=BOTH_CHANNELS,
    fields=(
        CITIZEN_ID,
        Field("name_th", "ชื่อ-นามสกุล", "Name in Thai"),
        Field("name_en", "ชื่อ-นามสกุล (อังกฤษ)", "Name in English"),
        Field("sex", "เพศ", "Sex"),
        Field("birth_date", "วันเดือนปีเกิด", "Date of birth"),
        Field("nationality", "สัญชาติ", "Nationality"),
        Field("father_name", "ชื่อบิดา", "Father's name"),
        Field("mother_name", "ชื่อมารดา", "Mother's name"),
        Field("person_status", "สถานภาพบุคคล", "Status of the person"),
    ),
    template="person",
    retention=MONTH,
    check="check.person",
)

ADDRESS = DataSet(
    id="dopa.address",
    title_th="ข้อมูลที่อยู่",
    title_en="Registered address",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="IKNO-001-02",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=SHOWN_TO_THE_OWNER,
    channels=BOTH_CHANNELS,
    fields=(
        Field("house_id", "เลขรหัสประจำบ้าน", "House ID number"),
        Field("address_text", "ที่อยู่ตามทะเบียนบ้าน", "Address in the house registration"),
        Field("house_no", "บ้านเลขที่", "House number"),
        Field("village_no", "หมู่ที่", "Village number"),
        Field("lane", "ตรอก", "Lane"),
        Field("alley", "ซอย", "Alley"),
        Field("road", "ถนน", "Road"),
        Field("subdistrict", "ตำบล/แขวง", "Subdistrict"),
        Field("district", "อำเภอ/เขต", "District"),
        Field("province", "จังหวัด", "Province"),
        Field("domicile_type", "สถานภาพในบ้าน", "Status in the house"),
        Field("domicile_date", "วันที่เข้ามาอยู่ในบ้าน", "Living there since"),
    ),
    template="address",
    retention=MONTH,
    check="check.person",
)

NAME_CHANGES = DataSet(
    id="dopa.name_changes",
    title_th="ข้อมูลการเปลี่ยนชื่อ-นามสกุล",
    title_en="Changes of name",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="IKNO-001-10",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=AGENCY_BASES,
    channels=BOTH_CHANNELS,
    fields=(
        CITIZEN_ID,
        Field("name_th", "ชื่อ-นามสกุลปัจจุบัน", "Present name"),
        Field("finding", "ผลการตรวจสอบ", "Finding"),
        Field("change_count", "จำนวนครั้งที่เปลี่ยน", "Number of changes", kind=FieldKind.NUMBER),
        Field(
            "changes",
            "รายการเปลี่ยนชื่อ-นามสกุล",
            "Changes of name",
            columns=(
                Field("changed_on", "วันที่เปลี่ยน", "Changed on"),
                Field("changed", "รายการ", "What changed"),
                Field("before", "จาก", "From"),
                Field("after", "เป็น", "To"),
                Field("place", "สำนักทะเบียน", "Registry office"),
                Field("document", "หลักฐาน", "Document"),
            ),
        ),
    ),
    template="name_changes",
    retention=MONTH,
)

_ROLE = Field("role", "สถานภาพในบ้าน", "Status in the house")
_FULL_ROW = (
    CITIZEN_ID,
    Field("name", "ชื่อ-นามสกุล", "Name"),
    Field("sex", "เพศ", "Sex"),
    Field("birth_date", "วันเดือนปีเกิด", "Date of birth"),
    _ROLE,
)

HOUSE = DataSet(
    id="dopa.house",
    title_th="ข้อมูลสมาชิกในบ้าน (ทะเบียนบ้าน)",
    title_en="House registration",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="00023/007",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=AGENCY_BASES,
    channels=BOTH_CHANNELS,
    fields=(
        Field("house_id", "เลขรหัสประจำบ้าน", "House ID number"),
        Field("address_text", "รายการที่อยู่", "Address"),
        Field("registry_office", "สำนักทะเบียน", "Registry office"),
        Field("village_name", "ชื่อหมู่บ้าน", "Name of the village"),
        Field("building_name", "ชื่อบ้าน", "Name of the house"),
        Field("house_type", "ประเภทบ้าน", "Type of house"),
        Field("house_attribute", "ลักษณะบ้าน", "Kind of building"),
        Field("numbered_on", "วันเดือนปีที่กำหนดบ้านเลขที่", "House number given on"),
        Field("own_row", "รายการของเจ้าของข้อมูล", "The person's own entry", columns=_FULL_ROW),
        Field("member_count", "จำนวนคนในบ้าน", "Number of members", kind=FieldKind.NUMBER),
        Field(
            "others",
            "สมาชิกอื่นในบ้าน",
            "Other members of the house",
            columns=(Field("name", "ชื่อ-นามสกุล", "Name"), _ROLE),
        ),
        # others did not consent: their numbers and birth dates leave under a duty alone
        Field(
            "member_rows",
            "รายการสมาชิกทั้งหมด",
            "Full entries of every member",
            Sensitivity.HIGH,
            bases=BY_DUTY_ONLY,
            columns=_FULL_ROW,
        ),
    ),
    template="house",
    retention=MONTH,
)
