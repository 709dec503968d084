"""The data sets: titles and labels in the words of the source document, sources, fields, conditions."""

from datetime import timedelta
from types import MappingProxyType

from idp.catalogue.model import Basis, Channel, DataSet, Field, Sensitivity, SubjectKind, SubjectSource

DOPA = ("กรมการปกครอง (ทะเบียนราษฎร)", "Department of Provincial Administration (population registry)")
DBD = ("กรมพัฒนาธุรกิจการค้า (ทะเบียนนิติบุคคล)", "Department of Business Development (company registry)")
MONTH = timedelta(days=30)

OF_A_PERSON = frozenset(
    {SubjectSource.SELF, SubjectSource.MANDATE, SubjectSource.CARD_SESSION, SubjectSource.CITIZEN_REF}
)
EVERY_BASIS = frozenset({Basis.CONSENT, Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY, Basis.OWNER})
WITHOUT_CARD = frozenset({Basis.CONSENT, Basis.SIGNED_FORM, Basis.DUTY})
BOTH_CHANNELS = frozenset({Channel.COUNTER, Channel.ONLINE})

PERSON = DataSet(
    id="dopa.person",
    title_th="ข้อมูลส่วนบุคคล (จากฐานข้อมูล)",
    title_en="Personal data (population registry)",
    owner_th=DOPA[0],
    owner_en=DOPA[1],
    service="IKNO-001-02",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=EVERY_BASIS,
    channels=BOTH_CHANNELS,
    fields=(
        Field("citizen_id", "เลขประจำตัวประชาชน", "Citizen ID number", Sensitivity.HIGH),
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
)

ADDRESS = DataSet(
    id="dopa.address",
    title_th="ข้อมูลที่อยู่",
    title_en="Registered address",
    owner_th=DOPA[0],
    owner_en=DOPA[1],
    service="IKNO-001-02",
    subject=SubjectKind.PERSON,
    subjects=OF_A_PERSON,
    bases=EVERY_BASIS,
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
)

COMPANY = DataSet(
    id="dbd.company",
    title_th="ข้อมูลนิติบุคคล",
    title_en="Juristic person",
    owner_th=DBD[0],
    owner_en=DBD[1],
    service="DBD-001",
    subject=SubjectKind.COMPANY,
    subjects=frozenset({SubjectSource.JURISTIC_ID}),
    bases=WITHOUT_CARD,
    channels=BOTH_CHANNELS,
    fields=(
        Field("juristic_id", "เลขทะเบียนนิติบุคคล", "Registration number"),
        Field("juristic_type", "ประเภทนิติบุคคล", "Type of juristic person"),
        Field("name_th", "ชื่อนิติบุคคล", "Name in Thai"),
        Field("name_en", "ชื่อนิติบุคคล (อังกฤษ)", "Name in English"),
        Field("registered_on", "วันที่จดทะเบียน", "Registered on"),
        Field("status", "สถานภาพกิจการ", "Status"),
        Field("registered_capital", "ทุนจดทะเบียน (บาท)", "Registered capital (baht)"),
        Field("paid_up_capital", "ทุนชำระแล้ว (บาท)", "Paid-up capital (baht)"),
        Field("directors", "กรรมการ", "Directors"),
        Field("signing_rule", "อำนาจกรรมการ", "Authority to sign"),
        Field("objectives", "วัตถุที่ประสงค์", "Objectives"),
        Field("objective_count", "จำนวนข้อวัตถุที่ประสงค์", "Number of objectives"),
        Field("objective_pages", "จำนวนแผ่นวัตถุที่ประสงค์", "Pages of objectives"),
        Field("address", "ที่ตั้งสำนักงานแห่งใหญ่", "Head office"),
        Field("remarks", "รายการอื่นที่ควรทราบ", "Other particulars"),
    ),
    template="company",
    retention=MONTH,
)

DATASETS = MappingProxyType({dataset.id: dataset for dataset in (PERSON, ADDRESS, COMPANY)})
