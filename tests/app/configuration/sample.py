"""A configuration file as an agency's administrator would write it."""

from joserfc.jwk import ECKey

from idp.app.configuration.model import Document
from idp.app.configuration.programs import judge_by
from idp.app.configuration.reading import read_configuration
from idp.audit.log import AuditLog
from idp.authorization.client_registration.service import Clients
from idp.kernel.randomness import system_randomness

AUDIT = AuditLog(mac=lambda _: b"mac", pseudonym=lambda _: "p", randomness=system_randomness)
CLIENTS = Clients(audit=AUDIT, server_metadata={"grant_types_supported": ["authorization_code", "client_credentials"]})
KEY = ECKey.generate_key("P-256").as_dict(private=True)

FILE = """\
format: 1
agencies:
  - code: employment
    name_th: สำนักงานจัดหางานตัวอย่าง
    name_en: Sample Employment Office
    kind: state
    parent: ministry
    sites:
      - {code: north, name_th: สาขาเหนือ, name_en: Northern branch}
    seats:
      - {role: lookup_officer, site: north, position_th: เจ้าหน้าที่, position_en: Officer, places: 2}
      - {role: agency_admin, position_th: ผู้ดูแล, position_en: Administrator, places: 2, days: 180}
    services:
      - id: registration
        title_th: ขึ้นทะเบียน
        title_en: Registration
        purpose_th: เพื่อขึ้นทะเบียน
        purpose_en: To register you.
        law_th: มาตรา 1
        law_en: Section 1
        refusal_route_th: ที่สำนักงาน
        refusal_route_en: At the office
        retention_th: 1 ปี
        retention_en: 1 year
        papers_replaced:
          - {title_th: สำเนาบัตร, title_en: Copy of the card, law_th: มาตรา 2, law_en: Section 2, dataset: dopa.person}
        minimum_ial: "2.1"
        minimum_aal: "2.1"
        consent_days: 365
        uses: 12
        channels: [online, counter]
        when_unavailable: wait
        sites: [north]
        agreements:
          - dataset: dopa.person
            channel: counter
            fields: [name_th, birth_date]
            bases: [card_handed_over, duty]
            kind: dopa_permission
            reference_no: MT 0309/1
            granted_by: Department of Provincial Administration
            valid_from: 2026-01-01
            valid_until: 2027-01-01T00:00:00+07:00
            daily_quota: 300
            hours: {days: [1, 2, 3, 4, 5], opens: "08:30", closes: "16:30"}
            officers_need_grant: true
    programs:
      - id: counter-program
        name_th: โปรแกรมตัวอย่าง
        name_en: Sample program
        services: [registration]
        grant_types: [client_credentials]
        scope: openid
        jwks:
          keys:
            - kty: EC
              crv: P-256
              x: PUBLIC_X
              y: PUBLIC_Y
              kid: k1
  - code: ministry
    name_th: กระทรวงตัวอย่าง
    name_en: Sample Ministry
    kind: state
    owns: [dopa.person, dopa.address]
""".replace("PUBLIC_X", str(KEY["x"])).replace("PUBLIC_Y", str(KEY["y"]))


def read(text: str) -> Document:
    """The file as a deployment of the small kind reads it."""
    return read_configuration(text, judge=judge_by(CLIENTS))
