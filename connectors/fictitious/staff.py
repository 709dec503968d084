"""The staff of the demonstration's agencies, as people: their personas stand with the others in `personas`."""

from typing import Final

from connectors.contracts.card import PersonName
from connectors.fictitious.numbered import numbered_person
from connectors.fictitious.people import FEMALE, MALE

OFFICER: Final = numbered_person(
    3,
    FEMALE,
    "25280820",
    PersonName("นางสาว", "วิภา", "", "สาธิตกุล"),
    PersonName("Miss", "Wipha", "", "Sathitkun"),
)
ADMIN1: Final = numbered_person(
    4,
    MALE,
    "25241105",
    PersonName("นาย", "ประยูร", "", "จำลองวงศ์"),
    PersonName("Mr.", "Prayun", "", "Chamlongwong"),
)
ADMIN2: Final = numbered_person(
    5,
    FEMALE,
    "25260312",
    PersonName("นาง", "อรุณี", "", "สมมติสุข"),
    PersonName("Mrs.", "Arunee", "", "Sommutsuk"),
)
CLERK: Final = numbered_person(
    27,
    MALE,
    "25300911",
    PersonName("นาย", "วิชัย", "", "สาธิตงาม"),
    PersonName("Mr.", "Wichai", "", "Sathitngam"),
)
CLERK2: Final = numbered_person(
    29,
    FEMALE,
    "25341019",
    PersonName("นางสาว", "จันทร์", "", "จำลองดี"),
    PersonName("Miss", "Chan", "", "Chamlongdi"),
)
DOPA_OWNER: Final = numbered_person(
    11,
    FEMALE,
    "25230825",
    PersonName("นาง", "อรุณ", "", "สมมติราษฎร์"),
    PersonName("Mrs.", "Arun", "", "Sommutrat"),
)
DOPA_OWNER2: Final = numbered_person(
    18,
    MALE,
    "25270112",
    PersonName("นาย", "ชาติ", "", "นิทานราษฎร์"),
    PersonName("Mr.", "Chat", "", "Nithanrat"),
)
SUPERVISOR: Final = numbered_person(
    19,
    FEMALE,
    "25200709",
    PersonName("นาง", "ศิริ", "", "สมมติธรรม"),
    PersonName("Mrs.", "Siri", "", "Sommuttham"),
)
DBD_OWNER: Final = numbered_person(
    10,
    MALE,
    "25260317",
    PersonName("นาย", "ธนา", "", "สมมติการค้า"),
    PersonName("Mr.", "Thana", "", "Sommutkankha"),
)
WATER_CLERK: Final = numbered_person(
    16,
    FEMALE,
    "25321203",
    PersonName("นางสาว", "ชลธิชา", "", "สาธิตธาร"),
    PersonName("Miss", "Chonthicha", "", "Sathitthan"),
)
WATER_HEAD: Final = numbered_person(
    15,
    MALE,
    "25190723",
    PersonName("นาย", "สายชล", "", "สมมติชลประทาน"),
    PersonName("Mr.", "Saichon", "", "Sommutchonprathan"),
)
PLATFORM1: Final = numbered_person(
    12,
    FEMALE,
    "25220214",
    PersonName("นาง", "กลางใจ", "", "สาธิตระบบ"),
    PersonName("Mrs.", "Klangchai", "", "Sathitrabop"),
)
PLATFORM2: Final = numbered_person(
    13,
    MALE,
    "25301128",
    PersonName("นาย", "รวมศูนย์", "", "สมมติกลาง"),
    PersonName("Mr.", "Ruamsun", "", "Sommutklang"),
)
AUDITOR: Final = numbered_person(
    14,
    FEMALE,
    "25180530",
    PersonName("นาง", "เที่ยงธรรม", "", "สาธิตตรวจ"),
    PersonName("Mrs.", "Thiangtham", "", "Sathittruat"),
)
