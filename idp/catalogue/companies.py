"""What the company registry gives: titles and labels in the words of the source document."""

from idp.catalogue.model import DataSet, Field, FieldKind, SubjectKind
from idp.catalogue.owners import BOTH_CHANNELS, DBD, MONTH, OF_A_COMPANY, WITHOUT_CARD

JURISTIC_ID = Field("juristic_id", "เลขทะเบียนนิติบุคคล", "Registration number")
NAME = Field("name_th", "ชื่อนิติบุคคล", "Name in Thai")
OBJECTIVES = Field("objectives", "วัตถุที่ประสงค์", "Objectives")


def _money(name: str, label_th: str, label_en: str) -> Field:
    return Field(name, label_th, label_en, kind=FieldKind.MONEY)


def _number(name: str, label_th: str, label_en: str) -> Field:
    return Field(name, label_th, label_en, kind=FieldKind.NUMBER)


_PAPER = (
    Field("file_name", "ชื่อไฟล์", "File name"),
    _number("pages", "จำนวนหน้า", "Pages"),
    Field("media_type", "ชนิดไฟล์", "Media type"),
    Field("sha256", "ค่าแฮช SHA-256", "SHA-256"),
)
"""An owner's paper: the file itself is attached to the document, byte for byte."""
_PAGES = (_number("page", "หน้าที่", "Page"), *(one for one in _PAPER if one.name not in {"pages", "media_type"}))
"""Scanned pages: each image is bound behind the document."""

COMPANY = DataSet(
    id="dbd.company",
    title_th="ข้อมูลนิติบุคคล",
    title_en="Juristic person",
    owner_th=DBD.name_th,
    owner_en=DBD.name_en,
    service="DBD-001",
    subject=SubjectKind.COMPANY,
    subjects=OF_A_COMPANY,
    bases=WITHOUT_CARD,
    channels=BOTH_CHANNELS,
    fields=(
        JURISTIC_ID,
        Field("juristic_type", "ประเภทนิติบุคคล", "Type of juristic person"),
        NAME,
        Field("name_en", "ชื่อนิติบุคคล (อังกฤษ)", "Name in English"),
        Field("registered_on", "วันที่จดทะเบียน", "Registered on"),
        Field("status", "สถานภาพกิจการ", "Status"),
        _money("registered_capital", "ทุนจดทะเบียน (บาท)", "Registered capital (baht)"),
        _money("paid_up_capital", "ทุนชำระแล้ว (บาท)", "Paid-up capital (baht)"),
        Field(
            "directors",
            "กรรมการ",
            "Directors",
            columns=(
                _number("sequence", "ลำดับ", "No."),
                Field("role", "ตำแหน่ง", "Role"),
                Field("name", "ชื่อ-นามสกุล", "Name"),
            ),
        ),
        Field("signing_rule", "อำนาจกรรมการ", "Authority to sign"),
        OBJECTIVES,
        _number("objective_count", "จำนวนข้อวัตถุที่ประสงค์", "Number of objectives"),
        _number("objective_pages", "จำนวนแผ่นวัตถุที่ประสงค์", "Pages of objectives"),
        Field("address", "ที่ตั้งสำนักงานแห่งใหญ่", "Head office"),
        Field("remarks", "รายการอื่นที่ควรทราบ", "Other particulars"),
        Field("certificate", "หนังสือรับรอง (ไฟล์ของนายทะเบียน)", "Certificate (the registrar's file)", columns=_PAPER),
    ),
    template="company",
    retention=MONTH,
    check="check.company",
)

MEMORANDUM = DataSet(
    id="dbd.memorandum",
    title_th="ข้อมูลหนังสือบริคณห์สนธิและอื่นๆ",
    title_en="Memorandum of association and other papers",
    owner_th=DBD.name_th,
    owner_en=DBD.name_en,
    service="DBD-011",
    subject=SubjectKind.COMPANY,
    subjects=OF_A_COMPANY,
    bases=WITHOUT_CARD,
    channels=BOTH_CHANNELS,
    fields=(
        JURISTIC_ID,
        NAME,
        _money("registered_capital", "ทุนจดทะเบียน (บาท)", "Registered capital (baht)"),
        OBJECTIVES,
        Field("memorandum", "หนังสือบริคณห์สนธิ (ไฟล์ของนายทะเบียน)", "Memorandum (the registrar's file)", columns=_PAPER),
        Field("memorandum_pages", "ภาพหน้าหนังสือบริคณห์สนธิ", "Page images of the memorandum", columns=_PAGES),
        Field("objectives_paper", "วัตถุที่ประสงค์ (ไฟล์ของนายทะเบียน)", "Objectives (the registrar's file)", columns=_PAPER),
        Field("objectives_pages", "ภาพหน้าวัตถุที่ประสงค์", "Page images of the objectives", columns=_PAGES),
    ),
    template="memorandum",
    retention=MONTH,
    check="check.company",
)

SHAREHOLDERS = DataSet(
    id="dbd.shareholders",
    title_th="ข้อมูลผู้ถือหุ้น",
    title_en="Shareholders",
    owner_th=DBD.name_th,
    owner_en=DBD.name_en,
    service="DBD-003",
    subject=SubjectKind.COMPANY,
    subjects=OF_A_COMPANY,
    bases=WITHOUT_CARD,
    channels=BOTH_CHANNELS,
    fields=(
        JURISTIC_ID,
        NAME,
        _money("par_value", "มูลค่าหุ้นละ (บาท)", "Par value of a share (baht)"),
        _number("shares", "จำนวนหุ้นทั้งหมด", "Number of shares"),
        Field("meeting_on", "วันที่ประชุม", "Date of the meeting"),
        Field("received_on", "วันที่นายทะเบียนรับ", "Received by the registrar on"),
        _number("holder_count", "จำนวนผู้ถือหุ้น", "Number of holders"),
        Field(
            "holders",
            "บัญชีรายชื่อผู้ถือหุ้น",
            "List of holders",
            columns=(
                _number("sequence", "ลำดับ", "No."),
                Field("name", "ชื่อ-นามสกุล", "Name"),
                Field("nationality", "สัญชาติ", "Nationality"),
                Field("occupation", "อาชีพ", "Occupation"),
            ),
        ),
        Field("list_paper", "บัญชีรายชื่อ (ไฟล์ของนายทะเบียน)", "The list (the registrar's file)", columns=_PAPER),
        Field("list_pages", "ภาพหน้าบัญชีรายชื่อ", "Page images of the list", columns=_PAGES),
    ),
    template="shareholders",
    retention=MONTH,
    check="check.company",
)

FINANCIALS = DataSet(
    id="dbd.financials",
    title_th="ข้อมูลงบการเงิน",
    title_en="Financial statements",
    owner_th=DBD.name_th,
    owner_en=DBD.name_en,
    service="DBD-007",
    subject=SubjectKind.COMPANY,
    subjects=OF_A_COMPANY,
    bases=WITHOUT_CARD,
    channels=BOTH_CHANNELS,
    fields=(
        JURISTIC_ID,
        Field("years", "ปีงบการเงิน (พ.ศ.)", "Years of the statements (Buddhist era)"),
        Field(
            "statements",
            "งบการเงินย่อ (บาท)",
            "Summary of the statements (baht)",
            columns=(
                Field("year", "ปี พ.ศ.", "Year (BE)"),
                _money("registered_capital", "ทุนจดทะเบียน", "Registered capital"),
                _money("paid_up_capital", "ทุนชำระแล้ว", "Paid-up capital"),
                _money("accounts_receivable", "ลูกหนี้การค้า", "Accounts receivable"),
                _money("inventory", "สินค้าคงเหลือ", "Inventory"),
                _money("property_plant_equipment", "ที่ดิน อาคาร และอุปกรณ์", "Property, plant and equipment"),
                _money("total_current_assets", "สินทรัพย์หมุนเวียนรวม", "Total current assets"),
                _money("total_assets", "สินทรัพย์รวม", "Total assets"),
                _money("current_liabilities", "หนี้สินหมุนเวียน", "Current liabilities"),
                _money("total_liabilities", "หนี้สินรวม", "Total liabilities"),
                _money("shareholders_equity", "ส่วนของผู้ถือหุ้น", "Shareholders' equity"),
                _money("sales_revenue", "รายได้จากการขาย", "Revenue from sales"),
                _money("total_revenue", "รายได้รวม", "Total revenue"),
                _money("cost_of_goods_sold", "ต้นทุนขาย", "Cost of goods sold"),
                _money("administrative_expenses", "ค่าใช้จ่ายในการบริหาร", "Administrative expenses"),
                _money("interest_expenses", "ดอกเบี้ยจ่าย", "Interest expenses"),
                _money("income_tax", "ภาษีเงินได้", "Income tax"),
                _money("net_profit", "กำไร (ขาดทุน) สุทธิ", "Net profit (loss)"),
                _money("earnings_per_share", "กำไร (ขาดทุน) ต่อหุ้น", "Earnings per share"),
            ),
        ),
        Field("statements_paper", "งบการเงิน (ไฟล์ของนายทะเบียน)", "Statements (the registrar's file)", columns=_PAPER),
        Field("statements_pages", "ภาพหน้างบการเงิน", "Page images of the statements", columns=_PAGES),
    ),
    template="financials",
    retention=MONTH,
    check="check.company",
)
