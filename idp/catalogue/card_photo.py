"""The photo on the card: an entry that no request of authorization and no pull can name.

What the agreement says about it are two fields: whether the officer may see it, and whether the officer's own sealed
copy may show it. Neither is a value that leaves as data.
"""

from datetime import timedelta
from typing import Final

from idp.catalogue.model import DataSet, Field, Sensitivity, SubjectKind
from idp.catalogue.owners import AT_A_COUNTER, COUNTER_ONLY, OF_A_CARD

ON_SCREEN: Final = "on_screen"
IN_COPY: Final = "in_copy"

CARD_PHOTO = DataSet(
    id="card.photo",
    title_th="ภาพถ่ายบนบัตรประจำตัวประชาชน (On Card)",
    title_en="Photo on the identity card (On Card)",
    owner_th="บัตรประจำตัวประชาชนของเจ้าของข้อมูล",
    owner_en="The person's own identity card",
    service="card",
    subject=SubjectKind.PERSON,
    subjects=OF_A_CARD,
    bases=AT_A_COUNTER,
    channels=COUNTER_ONLY,
    fields=(
        Field(ON_SCREEN, "แสดงบนจอของเจ้าหน้าที่", "Shown on the officer's screen", Sensitivity.HIGH),
        Field(IN_COPY, "พิมพ์ในสำเนาของเจ้าหน้าที่", "Printed in the officer's copy", Sensitivity.HIGH),
    ),
    template="card",
    retention=timedelta(0),  # nevers, 5: streamed, never kept
    own_path="/card-sessions/{session_id}/photo",
)
