"""The photo in the population registry: an entry that no request of authorization and no pull can name."""

from datetime import timedelta

from idp.catalogue.model import Basis, DataSet, Field, Sensitivity, SubjectKind, SubjectSource
from idp.catalogue.owners import COUNTER_ONLY, DOPA

PHOTO_PATH = "/photos"

PHOTO = DataSet(
    id="dopa.photo",
    title_th="ภาพใบหน้า (จากฐานข้อมูล) เฉพาะหน่วยงานด้านความมั่นคง",
    title_en="Photo (population registry), security agencies alone",
    owner_th=DOPA.name_th,
    owner_en=DOPA.name_en,
    service="IKNO-001-05",
    subject=SubjectKind.PERSON,
    subjects=frozenset({SubjectSource.CARD_SESSION, SubjectSource.CITIZEN_REF}),
    # the duty that the agency was named for: nobody consents to being identified by the police
    bases=frozenset({Basis.DUTY}),
    channels=COUNTER_ONLY,
    fields=(Field("photo", "ภาพใบหน้า", "Photo", Sensitivity.HIGH),),
    template="record",
    retention=timedelta(0),  # nevers, 5: no document, no kept answer
    own_path=PHOTO_PATH,
)
