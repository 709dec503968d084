"""What a receipt says: pure; the record and what was shown in, the claims of the JWT out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.agencies.model import Agency, Service
from idp.catalogue.datasets import DATASETS
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import Sensitivity
from idp.consent.model import ConsentRecord
from idp.consent.receipts.model import SCHEMA, ReceiptId, Recipient, Stage
from idp.protocol.scopes import CITIZEN_NUMBER_CLAIMS


@dataclass(frozen=True, slots=True, repr=False)
class Particulars:
    """Everything that a receipt is written from.

    `shown` is the kept text of the page, None where there was none; `former_sha256` is the digest of the receipt of the
    decision, in the receipt of its withdrawal.
    """

    record: ConsentRecord
    agency: Agency
    service: Service | None
    recipient: Recipient
    shown: str | None
    issuer: str
    former_sha256: str | None


def stage_of(record: ConsentRecord) -> Stage:
    """Of which moment a receipt is due: the latest."""
    return Stage.GIVEN if record.withdrawn_at is None else Stage.WITHDRAWN


def receipt_claims(known: Particulars, *, receipt_id: ReceiptId, stage: Stage, issued_at: datetime) -> dict[str, Any]:
    """The claims, in the sections of ISO/IEC TS 27560: record, processing, parties, events; and those of a JWT."""
    record = known.record
    return {
        "iss": known.issuer,
        "iat": int(issued_at.timestamp()),
        "jti": receipt_id,
        "sub": known.recipient.principal,
        "schema_version": SCHEMA,
        "receipt": {"receipt_id": receipt_id, "of": stage.value, **_former(known.former_sha256)},
        "record": {
            "record_id": record.id,
            "schema_version": SCHEMA,
            "pii_principal_id": known.recipient.principal,
        },
        "pii_processing": _processing(known),
        "party_identification": _parties(known),
        "events": _events(record, stage),
    }


def _former(sha256: str | None) -> dict[str, str]:
    return {} if sha256 is None else {"former_receipt_sha256": sha256}


def _processing(known: Particulars) -> dict[str, Any]:
    record, service = known.record, known.service
    purpose: dict[str, Any] = {
        "purpose_id": "sign_in" if service is None else service.id,
        "lawful_basis": "consent",
        "pii_information": _information(record, known.shown),
        "pii_controllers": [known.agency.id],
        "recipients": [record.client_id],
        "collection_method": "from the registries and the digital ID, by the issuer",
        "consent_type": "explicit consent",
        "validity": {"from": _moment(record.given_at), "until": _moment(record.valid_until)},
        "jurisdiction": "TH",
        "uses": {detail.dataset: detail.uses for detail in record.details},
        "withdrawal": {"method": "in My account, in two taps", "uri": consent_uri(known.issuer, record)},
        "rights": {"access_and_objection_uri": f"{known.issuer}/account/activity"},
    }
    if service is not None:
        purpose |= {
            "purpose": {"th": service.purpose_th, "en": service.purpose_en},
            "law": {"th": service.law_th, "en": service.law_en},
            "retention": {"th": service.retention_th, "en": service.retention_en},
        }
    return {
        "privacy_notice": {
            "shown_sha256": record.shown_hash,
            "language": _shown_members(known.shown).get("language"),
            **({} if known.recipient.policy_uri is None else {"policy_uri": known.recipient.policy_uri}),
        },
        "purposes": [purpose],
    }


def consent_uri(issuer: str, record: ConsentRecord) -> str:
    """Where the person sees this consent and takes it back."""
    return f"{issuer}/account/consents/{record.id}"


def _information(record: ConsentRecord, shown: str | None) -> list[dict[str, Any]]:
    optional = frozenset(_shown_members(shown).get("optional", ()))
    of_data_sets = [one for detail in record.details for one in _of_detail(detail, optional)]
    return of_data_sets + [
        {
            "pii_type": name,
            **_label(name, shown),
            "sensitive": name in CITIZEN_NUMBER_CLAIMS,
            "optional": False,
        }
        for name in record.claims
    ]


def _label(claim: str, shown: str | None) -> dict[str, Any]:
    """The label under which a claim was shown, in the language of the page; none for a part of a whole."""
    page = _shown_members(shown)
    labels = {name: label for section in page.get("sections", ()) for name, label in section["fields"]}
    return {"label": {page["language"]: labels[claim]}} if claim in labels else {}


def _of_detail(detail: GdxDetail, optional: frozenset[str]) -> list[dict[str, Any]]:
    dataset = DATASETS[detail.dataset]
    return [
        {
            "pii_type": f"{dataset.id}/{field.name}",
            "category": {"th": dataset.title_th, "en": dataset.title_en},
            "label": {"th": field.label_th, "en": field.label_en},
            "source": {"th": dataset.owner_th, "en": dataset.owner_en},
            "sensitive": field.sensitivity is Sensitivity.HIGH,
            "optional": f"{dataset.id}/{field.name}" in optional,
        }
        for field in dataset.fields
        if field.name in detail.fields
    ]


def _parties(known: Particulars) -> list[dict[str, Any]]:
    agency, recipient = known.agency, known.recipient
    return [
        {
            "party_id": agency.id,
            "party_role": "PII controller",
            "party_type": f"{agency.kind.value} organisation",
            "party_name": {"th": agency.name_th, "en": agency.name_en},
        },
        {
            "party_id": known.record.client_id,
            "party_role": "recipient",
            "party_name": {"th": recipient.name_th, "en": recipient.name_en},
        },
        {"party_id": known.issuer, "party_role": "consent record keeper"},
    ]


def _events(record: ConsentRecord, stage: Stage) -> list[dict[str, Any]]:
    decided_by = "PII principal" if record.on_behalf is None else "representative"
    events = [
        {
            "event_type": "consent",
            "event_state": Stage.GIVEN.value,
            "event_time": _moment(record.given_at),
            "entity": decided_by,
            **_on_behalf(record),
        }
    ]
    if stage is Stage.WITHDRAWN and record.withdrawn_at is not None:
        withdrawn = {"event_state": Stage.WITHDRAWN.value, "event_time": _moment(record.withdrawn_at)}
        events.append({"event_type": "consent", **withdrawn})
    return events


def _on_behalf(record: ConsentRecord) -> dict[str, str]:
    if record.on_behalf is None:
        return {}
    said = {"mandate_id": record.on_behalf.mandate_id, "juristic_id": record.on_behalf.juristic_id}
    return {name: value for name, value in said.items() if value is not None}


def _shown_members(shown: str | None) -> Mapping[str, Any]:
    members: Mapping[str, Any] = {} if shown is None else json.loads(shown)
    return members


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
