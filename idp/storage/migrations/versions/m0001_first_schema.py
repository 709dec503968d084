"""The first schema: every table of the rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "agency",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("owns", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["agency.id"], name=op.f("fk_agency_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )
    op.create_index(
        "ix_agency_owning",
        "agency",
        ["code"],
        unique=False,
        sqlite_where=sa.text("owns <> '[]'"),
        postgresql_where=sa.text("owns <> '[]'"),
    )
    op.create_table(
        "applicant_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_applicant_session")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_table(
        "audit_facet",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_facet")),
    )
    op.create_index("ix_audit_facet_actor", "audit_facet", ["actor", "leaf_index"], unique=False)
    op.create_index("ix_audit_facet_agency", "audit_facet", ["agency", "leaf_index"], unique=False)
    op.create_index(
        "ix_audit_facet_agency_refused",
        "audit_facet",
        ["agency", "leaf_index"],
        unique=False,
        sqlite_where=sa.text("refused"),
        postgresql_where=sa.text("refused"),
    )
    op.create_index("ix_audit_facet_event", "audit_facet", ["event", "leaf_index"], unique=False)
    op.create_index(
        "ix_audit_facet_refused",
        "audit_facet",
        ["leaf_index"],
        unique=False,
        sqlite_where=sa.text("refused"),
        postgresql_where=sa.text("refused"),
    )
    op.create_index(
        "ix_audit_facet_subject",
        "audit_facet",
        ["subject", "leaf_index"],
        unique=False,
        sqlite_where=sa.text("subject IS NOT NULL"),
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_inquiry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_inquiry")),
    )
    op.create_index("ix_audit_inquiry_agency_id", "audit_inquiry", ["agency_id", "id"], unique=False)
    op.create_table(
        "audit_leaf",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_leaf_entry_id")),
    )
    op.create_table(
        "audit_pending",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_pending")),
    )
    op.create_table(
        "audit_testimony",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", "by", name=op.f("pk_audit_testimony")),
    )
    op.create_table(
        "audit_tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tile_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "tile_index", name=op.f("pk_audit_tile")),
    )
    op.create_table(
        "awaited_review",
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_awaited_review")),
    )
    op.create_index("ix_awaited_review_agency_id", "awaited_review", ["agency_id", "due_at"], unique=False)
    op.create_table(
        "basis_evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("notice_read_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_form", sa.LargeBinary(), nullable=True),
        sa.Column("signed_on", sa.Text(), nullable=True),
        sa.Column("law", sa.Text(), nullable=True),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("stated_by", sa.Text(), nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basis_evidence")),
        sa.UniqueConstraint("anchor", name=op.f("uq_basis_evidence_anchor")),
    )
    op.create_index("ix_basis_evidence_stated_at", "basis_evidence", ["stated_at"], unique=False)
    op.create_table(
        "citizen_ref",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("sealed_case", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_citizen_ref")),
    )
    op.create_index("ix_citizen_ref_agency_id_opened_at", "citizen_ref", ["agency_id", "opened_at"], unique=False)
    op.create_index(
        "ix_citizen_ref_expires_at",
        "citizen_ref",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("sealed_case IS NOT NULL"),
        postgresql_where=sa.text("sealed_case IS NOT NULL"),
    )
    op.create_index("ix_citizen_ref_member_id", "citizen_ref", ["member_id", "opened_at"], unique=False)
    op.create_index(
        "ix_citizen_ref_numbers",
        "citizen_ref",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("sealed_number IS NOT NULL"),
        postgresql_where=sa.text("sealed_number IS NOT NULL"),
    )
    op.create_index("ix_citizen_ref_opened_at", "citizen_ref", ["opened_at"], unique=False)
    op.create_table(
        "client_key",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "thumbprint", name=op.f("pk_client_key")),
    )
    op.create_table(
        "client_request",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "minute", "endpoint", "error", "reason", name=op.f("pk_client_request")),
    )
    op.create_index("ix_client_request_agency_id", "client_request", ["agency_id", "minute"], unique=False)
    op.create_index(
        "ix_client_request_failed",
        "client_request",
        ["agency_id", "minute"],
        unique=False,
        sqlite_where=sa.text("error <> ''"),
        postgresql_where=sa.text("error <> ''"),
    )
    op.create_index("ix_client_request_minute", "client_request", ["minute"], unique=False)
    op.create_table(
        "company_signatory",
        sa.Column("juristic_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("first_signed_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by_person", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("juristic_id", "subscriber_id", name=op.f("pk_company_signatory")),
    )
    op.create_index("ix_company_signatory_subscriber_id", "company_signatory", ["subscriber_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("shown_hash", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.Text(), nullable=True),
        sa.Column("role_digest", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_about", sa.LargeBinary(), nullable=True),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_client_id", "consent", ["client_id", "id"], unique=False)
    op.create_index(op.f("ix_consent_mandate_id"), "consent", ["mandate_id"], unique=False)
    op.create_index("ix_consent_subscriber_client", "consent", ["subscriber_id", "client_id"], unique=False)
    op.create_index("ix_consent_valid_until", "consent", ["valid_until"], unique=False)
    op.create_table(
        "consent_shown",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_consent_shown")),
    )
    op.create_table(
        "counter_person",
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("anchor", "key_version", name=op.f("pk_counter_person")),
    )
    op.create_index("ix_counter_person_digest", "counter_person", ["digest", "key_version"], unique=False)
    op.create_table(
        "counter_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("sealed_case", sa.LargeBinary(), nullable=True),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("needs_registry", sa.Boolean(), nullable=False),
        sa.Column("card_session_id", sa.Text(), nullable=True),
        sa.Column("card_verdict", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter_session")),
    )
    op.create_index(
        "ix_counter_session_agency_id_opened_at", "counter_session", ["agency_id", "opened_at"], unique=False
    )
    op.create_index(
        "ix_counter_session_expires_at",
        "counter_session",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("sealed_case IS NOT NULL"),
        postgresql_where=sa.text("sealed_case IS NOT NULL"),
    )
    op.create_index("ix_counter_session_opened_at", "counter_session", ["opened_at"], unique=False)
    op.create_table(
        "data_key",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("root_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_data_key")),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("juristic_id", sa.Text(), nullable=True),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=True),
        sa.Column("agreement_version", sa.Integer(), nullable=True),
        sa.Column("consent_id", sa.Text(), nullable=True),
        sa.Column("grant_id", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.Text(), nullable=True),
        sa.Column("acting_juristic_id", sa.Text(), nullable=True),
        sa.Column("counter_id", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.Text(), nullable=True),
        sa.Column("access_token_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("sealed_case", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("audit_entry_id", sa.Text(), nullable=False),
        sa.Column("idempotency_digest", sa.LargeBinary(), nullable=True),
        sa.Column("request_digest", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("answer_until", sa.BigInteger(), nullable=True),
        sa.Column("burst", sa.LargeBinary(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
        sa.UniqueConstraint("burst", name=op.f("uq_disclosure_burst")),
        sa.UniqueConstraint("client_id", "idempotency_digest", name=op.f("uq_disclosure_client_id_idempotency_digest")),
    )
    op.create_index(
        "ix_disclosure_agency_id",
        "disclosure",
        ["agency_id", "id", "officer_id", "outcome", "times", "dataset", "service_id", "at"],
        unique=False,
    )
    op.create_index("ix_disclosure_answer_until", "disclosure", ["answer_until"], unique=False)
    op.create_index(
        "ix_disclosure_counter_id",
        "disclosure",
        ["counter_id"],
        unique=False,
        sqlite_where=sa.text("counter_id IS NOT NULL"),
        postgresql_where=sa.text("counter_id IS NOT NULL"),
    )
    op.create_index("ix_disclosure_subscriber_id", "disclosure", ["subscriber_id", "id"], unique=False)
    op.create_table(
        "disclosure_day",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("officers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "day", "agency_id", name=op.f("pk_disclosure_day")),
    )
    op.create_index("ix_disclosure_day_day", "disclosure_day", ["day"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("disclosure_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=True),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("issued_sha256", sa.Text(), nullable=True),
        sa.Column("issued_size", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_pdf", sa.LargeBinary(), nullable=True),
        sa.Column("printed_values", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index(
        "ix_document_comparable",
        "document",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("printed_values IS NOT NULL"),
        postgresql_where=sa.text("printed_values IS NOT NULL"),
    )
    op.create_index("ix_document_due_at", "document", ["due_at"], unique=False)
    op.create_index("ix_document_expires_at", "document", ["expires_at"], unique=False)
    op.create_index(op.f("ix_document_issued_sha256"), "document", ["issued_sha256"], unique=False)
    op.create_index(op.f("ix_document_sha256"), "document", ["sha256"], unique=False)
    op.create_index("ix_document_subscriber_id", "document", ["subscriber_id"], unique=False)
    op.create_table(
        "face_try",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_face_try")),
    )
    op.create_table(
        "field_digest",
        sa.Column("disclosure_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("disclosure_id", name=op.f("pk_field_digest")),
    )
    op.create_index("ix_field_digest_expires_at", "field_digest", ["expires_at"], unique=False)
    op.create_index("ix_field_digest_subscriber_id", "field_digest", ["subscriber_id"], unique=False)
    op.create_table(
        "joint_act",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("juristic_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("limited", sa.Text(), nullable=True),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_act")),
    )
    op.create_index("ix_joint_act_juristic_id_state", "joint_act", ["juristic_id", "state"], unique=False)
    op.create_index("ix_joint_act_state_expires_at", "joint_act", ["state", "expires_at"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "liability_notice",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "day", name=op.f("pk_liability_notice")),
    )
    op.create_table(
        "look_up_entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("disclosure_id", sa.Text(), nullable=True),
        sa.Column("pull_id", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up_entry")),
    )
    op.create_index(op.f("ix_look_up_entry_at"), "look_up_entry", ["at"], unique=False)
    op.create_index("ix_look_up_entry_member_id", "look_up_entry", ["member_id", "at"], unique=False)
    op.create_table(
        "look_up_visit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("anchor", sa.Text(), nullable=True),
        sa.Column("photo_request", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_up_visit")),
    )
    op.create_index("ix_look_up_visit_agency_id", "look_up_visit", ["agency_id", "opened_at"], unique=False)
    op.create_index(op.f("ix_look_up_visit_expires_at"), "look_up_visit", ["expires_at"], unique=False)
    op.create_index("ix_look_up_visit_member_id", "look_up_visit", ["member_id", "opened_at"], unique=False)
    op.create_table(
        "oauth_grant",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("sso_session_id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("ial", sa.Text(), nullable=False),
        sa.Column("aal", sa.Text(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=True),
        sa.Column("x5t", sa.Text(), nullable=True),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=True),
        sa.Column("managed_id", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("mandate_id", sa.Text(), nullable=True),
        sa.Column("sealed_about", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_oauth_grant_code_digest")),
    )
    op.create_index(
        "ix_oauth_grant_actor_id",
        "oauth_grant",
        ["actor_id"],
        unique=False,
        postgresql_where=sa.text("actor_id IS NOT NULL"),
        sqlite_where=sa.text("actor_id IS NOT NULL"),
    )
    op.create_index("ix_oauth_grant_client_id", "oauth_grant", ["client_id", "id"], unique=False)
    op.create_index(op.f("ix_oauth_grant_consent_id"), "oauth_grant", ["consent_id"], unique=False)
    op.create_index(
        "ix_oauth_grant_managed_id",
        "oauth_grant",
        ["managed_id"],
        unique=False,
        postgresql_where=sa.text("managed_id IS NOT NULL"),
        sqlite_where=sa.text("managed_id IS NOT NULL"),
    )
    op.create_index(
        "ix_oauth_grant_mandate_id",
        "oauth_grant",
        ["mandate_id"],
        unique=False,
        postgresql_where=sa.text("mandate_id IS NOT NULL"),
        sqlite_where=sa.text("mandate_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_oauth_grant_sso_session_id"), "oauth_grant", ["sso_session_id"], unique=False)
    op.create_index(op.f("ix_oauth_grant_subscriber_id"), "oauth_grant", ["subscriber_id"], unique=False)
    op.create_table(
        "onboarding_application",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_version", sa.Integer(), nullable=False),
        sa.Column("sealed_wishes", sa.LargeBinary(), nullable=False),
        sa.Column("declared", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=True),
        sa.Column("once", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("admin_seen_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_application")),
        sa.UniqueConstraint("once", name=op.f("uq_onboarding_application_once")),
    )
    op.create_index(op.f("ix_onboarding_application_agency_id"), "onboarding_application", ["agency_id"], unique=False)
    op.create_index(op.f("ix_onboarding_application_applicant"), "onboarding_application", ["applicant"], unique=False)
    op.create_index(
        "ix_onboarding_application_state_submitted_at",
        "onboarding_application",
        ["state", "submitted_at"],
        unique=False,
    )
    op.create_table(
        "open_application",
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("application_id", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("is_attended", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_version", "digest", name=op.f("pk_open_application")),
    )
    op.create_index("ix_open_application_application_id", "open_application", ["application_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_due_at"), "outbox", ["due_at"], unique=False)
    op.create_table(
        "oversight_day",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "day", name=op.f("pk_oversight_day")),
    )
    op.create_table(
        "oversight_sample",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("disclosure_id", sa.Text(), nullable=True),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("officer_person", sa.Text(), nullable=False),
        sa.Column("second_person", sa.Text(), nullable=True),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_question", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oversight_sample")),
        sa.UniqueConstraint("about", name=op.f("uq_oversight_sample_about")),
    )
    op.create_index("ix_oversight_sample_agency_id", "oversight_sample", ["agency_id", "id"], unique=False)
    op.create_index("ix_oversight_sample_agency_id_day", "oversight_sample", ["agency_id", "day"], unique=False)
    op.create_index("ix_oversight_sample_at", "oversight_sample", ["at"], unique=False)
    op.create_index(
        "ix_oversight_sample_open",
        "oversight_sample",
        ["agency_id", "id"],
        unique=False,
        sqlite_where=sa.text("verdict IS NULL OR verdict = 'question'"),
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'question'"),
    )
    op.create_table(
        "paper_count",
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("releases", sa.Integer(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "month", "dataset", name=op.f("pk_paper_count")),
    )
    op.create_table(
        "photo_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("officer_person", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("second_id", sa.Text(), nullable=True),
        sa.Column("second_person", sa.Text(), nullable=True),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("shown_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_request")),
    )
    op.create_index("ix_photo_request_expires_at", "photo_request", ["expires_at"], unique=False)
    op.create_table(
        "portal_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("member_ids", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_portal_session")),
    )
    op.create_index(op.f("ix_portal_session_last_seen"), "portal_session", ["last_seen"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("approver_role", sa.Text(), nullable=False),
        sa.Column("approver_agency_id", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_by_person", sa.Text(), nullable=False),
        sa.Column("proposed_for", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_proposed_by_person", "proposal", ["proposed_by_person", "id"], unique=False)
    op.create_index("ix_proposal_proposed_for", "proposal", ["proposed_for", "kind", "state"], unique=False)
    op.create_index("ix_proposal_state_expires_at", "proposal", ["state", "expires_at"], unique=False)
    op.create_index(
        "ix_proposal_waiting",
        "proposal",
        ["approver_role", "approver_agency_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('open', 'asked_back')"),
        postgresql_where=sa.text("state IN ('open', 'asked_back')"),
    )
    op.create_index(
        "uq_proposal_waiting",
        "proposal",
        ["kind", "target"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'asked_back')"),
        postgresql_where=sa.text("state IN ('open', 'asked_back')"),
    )
    op.create_table(
        "registry_minute",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("turned_away", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("rested", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("service", "minute", name=op.f("pk_registry_minute")),
    )
    op.create_index("ix_registry_minute_minute", "registry_minute", ["minute"], unique=False)
    op.create_table(
        "registry_notice",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_registry_notice")),
    )
    op.create_table(
        "registry_shutter",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("shut_at", sa.BigInteger(), nullable=False),
        sa.Column("shut_by", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_registry_shutter")),
    )
    op.create_table(
        "release_count",
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("released", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("counter", name=op.f("pk_release_count")),
    )
    op.create_index("ix_release_count_expires_at", "release_count", ["expires_at"], unique=False)
    op.create_table(
        "seat_invitation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("program", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_seat_invitation_digest")),
    )
    op.create_index("ix_seat_invitation_agency_id", "seat_invitation", ["agency_id", "id"], unique=False)
    op.create_table(
        "sign_in_tries",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "device", name=op.f("pk_sign_in_tries")),
    )
    op.create_table(
        "signal_delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("waits_since", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_delivery")),
        sa.UniqueConstraint("stream_id", "cause", name=op.f("uq_signal_delivery_stream_id_cause")),
    )
    op.create_index("ix_signal_delivery_client_id_id", "signal_delivery", ["client_id", "id"], unique=False)
    op.create_index(op.f("ix_signal_delivery_settled_at"), "signal_delivery", ["settled_at"], unique=False)
    op.create_index("ix_signal_delivery_stream_id_place", "signal_delivery", ["stream_id", "place"], unique=False)
    op.create_index(
        "ix_signal_delivery_waiting",
        "signal_delivery",
        ["stream_id", "place", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "signal_muted",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("subject_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "subject_digest", name=op.f("pk_signal_muted")),
    )
    op.create_table(
        "signal_stream",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("endpoint_url", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("events", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_stream")),
        sa.UniqueConstraint("client_id", "form", name=op.f("uq_signal_stream_client_id_form")),
    )
    op.create_index(op.f("ix_signal_stream_agency_id"), "signal_stream", ["agency_id"], unique=False)
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("keeper", sa.Text(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("root_version", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("active_from", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "spent",
        sa.Column("expiry_minute", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("expiry_minute", "kind", "digest", name=op.f("pk_spent")),
    )
    op.create_table(
        "station_pairing",
        sa.Column("locator", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("made_by_kind", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("locator", name=op.f("pk_station_pairing")),
    )
    op.create_index(op.f("ix_station_pairing_agency_id"), "station_pairing", ["agency_id"], unique=False)
    op.create_index(op.f("ix_station_pairing_expires_at"), "station_pairing", ["expires_at"], unique=False)
    op.create_table(
        "store_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_mark")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ial", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=True),
        sa.Column("suspended_by", sa.Text(), nullable=True),
        sa.Column("suspended_by_person", sa.Text(), nullable=True),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.Column("sealed_suspension_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
    )
    op.create_table(
        "waiting_pull",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("key_owner", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("idempotency_digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_request", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("disclosure_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_pull")),
        sa.UniqueConstraint(
            "client_id", "idempotency_digest", name=op.f("uq_waiting_pull_client_id_idempotency_digest")
        ),
    )
    op.create_index("ix_waiting_pull_deadline", "waiting_pull", ["deadline"], unique=False)
    op.create_index("ix_waiting_pull_key_owner", "waiting_pull", ["key_owner"], unique=False)
    op.create_index("ix_waiting_pull_state_next_at", "waiting_pull", ["state", "next_at"], unique=False)
    op.create_table(
        "watched_digest",
        sa.Column("watched_id", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("watched_id", "key_version", name=op.f("pk_watched_digest")),
    )
    op.create_index("ix_watched_digest_digest", "watched_digest", ["digest"], unique=False)
    op.create_table(
        "watched_person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference_no", sa.Text(), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_person")),
    )
    op.create_table(
        "attribute_change",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("sealed_before", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_attribute_change_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute_change")),
    )
    op.create_index("ix_attribute_change_subscriber_id_id", "attribute_change", ["subscriber_id", "id"], unique=False)
    op.create_table(
        "bridge_access",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("case_text", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("agents", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.Text(), nullable=True),
        sa.Column("secret_digest", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_bridge_access_agency_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_bridge_access")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_bridge_access_key_digest")),
    )
    op.create_table(
        "card_sign_in",
        sa.Column("card_session_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_card_sign_in_subscriber_id")),
        sa.PrimaryKeyConstraint("card_session_id", name=op.f("pk_card_sign_in")),
        sa.UniqueConstraint("digest", name=op.f("uq_card_sign_in_digest")),
    )
    op.create_index(op.f("ix_card_sign_in_expires_at"), "card_sign_in", ["expires_at"], unique=False)
    op.create_table(
        "client",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("first_party", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("jwks", sa.Text(), nullable=False),
        sa.Column("token_endpoint_auth_method", sa.Text(), nullable=False),
        sa.Column("id_token_signed_response_alg", sa.Text(), nullable=False),
        sa.Column("dpop_bound", sa.Boolean(), nullable=False),
        sa.Column("dpop_nonce_required", sa.Boolean(), nullable=False),
        sa.Column("grant_types", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=True),
        sa.Column("registration_token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("further", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_client_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
    )
    op.create_index(op.f("ix_client_agency_id"), "client", ["agency_id"], unique=False)
    op.create_table(
        "closing_request",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_closing_request_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_closing_request")),
    )
    op.create_index(op.f("ix_closing_request_due_at"), "closing_request", ["due_at"], unique=False)
    op.create_table(
        "company_account",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("tested_at", sa.BigInteger(), nullable=True),
        sa.Column("tested", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_company_account_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_company_account")),
    )
    op.create_table(
        "consent_receipt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("sealed_jwt", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_entry_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_consent_receipt_consent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_receipt")),
        sa.UniqueConstraint("consent_id", "stage", name=op.f("uq_consent_receipt_consent_id_stage")),
    )
    op.create_table(
        "consent_use",
        sa.Column("consent_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_consent_use_consent_id")),
        sa.PrimaryKeyConstraint("consent_id", "dataset", name=op.f("pk_consent_use")),
    )
    op.create_table(
        "contact_proof",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("sealed_email", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_former", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_contact_proof_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_proof")),
    )
    op.create_index("ix_contact_proof_asked_at", "contact_proof", ["asked_at"], unique=False)
    op.create_index("ix_contact_proof_digest_asked_at", "contact_proof", ["digest", "asked_at"], unique=False)
    op.create_index(
        "ix_contact_proof_subscriber_id_asked_at", "contact_proof", ["subscriber_id", "asked_at"], unique=False
    )
    op.create_table(
        "enrolled_address",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_enrolled_address_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", "key_version", name=op.f("pk_enrolled_address")),
    )
    op.create_table(
        "enrolled_chip",
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_enrolled_chip_subscriber_id")),
        sa.PrimaryKeyConstraint("key_version", "digest", name=op.f("pk_enrolled_chip")),
    )
    op.create_index("ix_enrolled_chip_subscriber_id", "enrolled_chip", ["subscriber_id"], unique=False)
    op.create_table(
        "joint_signature",
        sa.Column("joint_act_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["joint_act_id"], ["joint_act.id"], name=op.f("fk_joint_signature_joint_act_id")),
        sa.PrimaryKeyConstraint("joint_act_id", "subscriber_id", name=op.f("pk_joint_signature")),
    )
    op.create_table(
        "known_device",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_known_device_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", "digest", name=op.f("pk_known_device")),
    )
    op.create_table(
        "mandate",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("principal_kind", sa.Text(), nullable=False),
        sa.Column("principal_id", sa.Text(), nullable=True),
        sa.Column("sealed_principal", sa.LargeBinary(), nullable=True),
        sa.Column("proxy_id", sa.Text(), nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("datasets", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("paper_no", sa.Text(), nullable=True),
        sa.Column("paper_source", sa.Text(), nullable=True),
        sa.Column("paper_dated", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=True),
        sa.Column("recorded_by_person", sa.Text(), nullable=True),
        sa.Column("joint_act_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["joint_act_id"], ["joint_act.id"], name=op.f("fk_mandate_joint_act_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("joint_act_id", name=op.f("uq_mandate_joint_act_id")),
    )
    op.create_index("ix_mandate_principal", "mandate", ["principal_kind", "principal_id"], unique=False)
    op.create_index(op.f("ix_mandate_proxy_id"), "mandate", ["proxy_id"], unique=False)
    op.create_index(op.f("ix_mandate_recorded_by"), "mandate", ["recorded_by"], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("position_th", sa.Text(), nullable=False),
        sa.Column("position_en", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_member_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
    )
    op.create_index("ix_member_agency_id", "member", ["agency_id", "id"], unique=False)
    op.create_index(
        "ix_member_agency_id_roles", "member", ["agency_id", "roles", "site", "status", "expires_at"], unique=False
    )
    op.create_index(op.f("ix_member_subscriber_id"), "member", ["subscriber_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_notice_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("subscriber_id", "cause", name=op.f("uq_notice_subscriber_id_cause")),
    )
    op.create_index("ix_notice_subscriber_id_id", "notice", ["subscriber_id", "id"], unique=False)
    op.create_table(
        "onboarding_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["onboarding_application.id"], name=op.f("fk_onboarding_event_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_event")),
    )
    op.create_index(op.f("ix_onboarding_event_application_id"), "onboarding_event", ["application_id"], unique=False)
    op.create_table(
        "onboarding_paper",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("application_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_no", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["onboarding_application.id"], name=op.f("fk_onboarding_paper_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onboarding_paper")),
    )
    op.create_index(op.f("ix_onboarding_paper_application_id"), "onboarding_paper", ["application_id"], unique=False)
    op.create_table(
        "other_device_attempt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("way_digest", sa.LargeBinary(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_other_device_attempt_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_other_device_attempt")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_other_device_attempt_code_digest")),
    )
    op.create_index(op.f("ix_other_device_attempt_expires_at"), "other_device_attempt", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_other_device_attempt_subscriber_id"), "other_device_attempt", ["subscriber_id"], unique=False
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("aaguid", sa.Text(), nullable=False),
        sa.Column("attested", sa.Boolean(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("sealed_nickname", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_passkey_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_subscriber_id"), "passkey", ["subscriber_id"], unique=False)
    op.create_table(
        "passkey_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_passkey_link_subscriber_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_passkey_link")),
    )
    op.create_index(op.f("ix_passkey_link_subscriber_id"), "passkey_link", ["subscriber_id"], unique=False)
    op.create_table(
        "passkey_user",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("user_handle", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_passkey_user_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_passkey_user")),
        sa.UniqueConstraint("user_handle", name=op.f("uq_passkey_user_user_handle")),
    )
    op.create_table(
        "pin",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("hashed", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_pin_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_pin")),
    )
    op.create_table(
        "proposal_remark",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_remark_proposal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_remark")),
    )
    op.create_index(op.f("ix_proposal_remark_proposal_id"), "proposal_remark", ["proposal_id"], unique=False)
    op.create_table(
        "provisional_identity",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("met_at", sa.BigInteger(), nullable=True),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_provisional_identity_agency_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_provisional_identity_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "agency_id", name=op.f("pk_provisional_identity")),
    )
    op.create_index("ix_provisional_identity_since", "provisional_identity", ["since"], unique=False)
    op.create_table(
        "recovery",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("cooling_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_recovery_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_recovery")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_recovery_code_subscriber_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_subscriber_id"), "recovery_code", ["subscriber_id"], unique=False)
    op.create_table(
        "review_case",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("enrolment_id", sa.Text(), nullable=True),
        sa.Column("agency_id", sa.Text(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("officer", sa.Text(), nullable=True),
        sa.Column("officer_person", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_review_case_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
        sa.UniqueConstraint("enrolment_id", "kind", "topic", name=op.f("uq_review_case_enrolment_id_kind_topic")),
        sa.UniqueConstraint("number", name=op.f("uq_review_case_number")),
    )
    op.create_index("ix_review_case_claimed_by", "review_case", ["claimed_by", "claimed_until"], unique=False)
    op.create_index("ix_review_case_officer_state_id", "review_case", ["officer", "state", "id"], unique=False)
    op.create_index("ix_review_case_site_state_id", "review_case", ["site", "state", "id"], unique=False)
    op.create_index("ix_review_case_state_id", "review_case", ["state", "id"], unique=False)
    op.create_index("ix_review_case_state_kind_id", "review_case", ["state", "kind", "id"], unique=False)
    op.create_index("ix_review_case_subscriber_id_id", "review_case", ["subscriber_id", "id"], unique=False)
    op.create_table(
        "seat",
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position_th", sa.Text(), nullable=False),
        sa.Column("position_en", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_seat_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "site", "role", name=op.f("pk_seat")),
    )
    op.create_table(
        "security_naming",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("reference_no", sa.Text(), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_security_naming_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_naming")),
    )
    op.create_index(
        "uq_security_naming_active",
        "security_naming",
        ["agency_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "service",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("title_th", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("purpose_th", sa.Text(), nullable=False),
        sa.Column("purpose_en", sa.Text(), nullable=False),
        sa.Column("law_th", sa.Text(), nullable=False),
        sa.Column("law_en", sa.Text(), nullable=False),
        sa.Column("refusal_route_th", sa.Text(), nullable=False),
        sa.Column("refusal_route_en", sa.Text(), nullable=False),
        sa.Column("retention_th", sa.Text(), nullable=False),
        sa.Column("retention_en", sa.Text(), nullable=False),
        sa.Column("papers_replaced", sa.Text(), nullable=False),
        sa.Column("minimum_ial", sa.Text(), nullable=False),
        sa.Column("minimum_aal", sa.Text(), nullable=False),
        sa.Column("provisional_ial", sa.Text(), nullable=True),
        sa.Column("consent_days", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("when_unavailable", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("optional_fields", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_service_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
    )
    op.create_index(op.f("ix_service_agency_id"), "service", ["agency_id"], unique=False)
    op.create_table(
        "sso_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("cookie_digest", sa.LargeBinary(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("aal", sa.Text(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_sso_session_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_session")),
        sa.UniqueConstraint("cookie_digest", name=op.f("uq_sso_session_cookie_digest")),
    )
    op.create_index(op.f("ix_sso_session_subscriber_id"), "sso_session", ["subscriber_id"], unique=False)
    op.create_table(
        "staff_look",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_staff_look_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_look")),
        sa.UniqueConstraint(
            "subscriber_id",
            "member_id",
            "what",
            "minute",
            name=op.f("uq_staff_look_subscriber_id_member_id_what_minute"),
        ),
    )
    op.create_index("ix_staff_look_subscriber_id_id", "staff_look", ["subscriber_id", "id"], unique=False)
    op.create_table(
        "station",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("allow_virtual", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("agent_version", sa.Text(), nullable=True),
        sa.Column("card_stack", sa.Text(), nullable=True),
        sa.Column("is_virtual", sa.Boolean(), nullable=True),
        sa.Column("slots", sa.Text(), nullable=True),
        sa.Column("slots_changed_at", sa.Text(), nullable=True),
        sa.Column("is_too_old", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_station_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
    )
    op.create_index(op.f("ix_station_agency_id"), "station", ["agency_id"], unique=False)
    op.create_table(
        "subscriber_index",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscriber_index_subscriber_id")),
        sa.PrimaryKeyConstraint("purpose", "key_version", "digest", name=op.f("pk_subscriber_index")),
    )
    op.create_index("ix_subscriber_index_subscriber_id", "subscriber_index", ["subscriber_id"], unique=False)
    op.create_table(
        "thaid_enrolment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("stated", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("ial", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_thaid_enrolment_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thaid_enrolment")),
    )
    op.create_index(op.f("ix_thaid_enrolment_expires_at"), "thaid_enrolment", ["expires_at"], unique=False)
    op.create_index(op.f("ix_thaid_enrolment_subscriber_id"), "thaid_enrolment", ["subscriber_id"], unique=False)
    op.create_table(
        "user_code_try",
        sa.Column("subscriber_id", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_user_code_try_subscriber_id")),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_user_code_try")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("bases", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_no", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("daily_quota", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.Column("by_number", sa.Boolean(), nullable=False),
        sa.Column("officers_need_grant", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agreement_agency_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_agreement_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index(
        "ix_agreement_agency_service_dataset", "agreement", ["agency_id", "service_id", "dataset"], unique=False
    )
    op.create_index("ix_agreement_valid_until", "agreement", ["valid_until", "id"], unique=False)
    op.create_table(
        "card_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("with_photo", sa.Boolean(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("photo_public_jwk", sa.Text(), nullable=False),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("card_jwe", sa.Text(), nullable=True),
        sa.Column("photo_jwe", sa.Text(), nullable=True),
        sa.Column("end_is_to_be_told", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("passport_key_jwe", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_card_session_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_session")),
    )
    op.create_index("ix_card_session_station_id_state", "card_session", ["station_id", "state"], unique=False)
    op.create_index(
        "uq_card_session_open_station_id",
        "card_session",
        ["station_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('read', 'taken', 'waiting')"),
        postgresql_where=sa.text("state IN ('read', 'taken', 'waiting')"),
    )
    op.create_table(
        "deferred_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("required_ial", sa.Text(), nullable=True),
        sa.Column("required_aal", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("last_polled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("sealed_note", sa.Text(), nullable=True),
        sa.Column("joint_act_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_deferred_request_client_id")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_deferred_request_subscriber_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deferred_request")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_deferred_request_code_digest")),
        sa.UniqueConstraint("joint_act_id", name=op.f("uq_deferred_request_joint_act_id")),
        sa.UniqueConstraint("user_code_digest", name=op.f("uq_deferred_request_user_code_digest")),
    )
    op.create_index(op.f("ix_deferred_request_client_id"), "deferred_request", ["client_id"], unique=False)
    op.create_index(op.f("ix_deferred_request_expires_at"), "deferred_request", ["expires_at"], unique=False)
    op.create_index(op.f("ix_deferred_request_subscriber_id"), "deferred_request", ["subscriber_id"], unique=False)
    op.create_table(
        "kiosk_browser",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_kiosk_browser_station_id")),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_kiosk_browser")),
        sa.UniqueConstraint("digest", name=op.f("uq_kiosk_browser_digest")),
    )
    op.create_table(
        "kiosk_code",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_kiosk_code_station_id")),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_kiosk_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_kiosk_code_digest")),
    )
    op.create_table(
        "mandate_principal_index",
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("mandate_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mandate_id"], ["mandate.id"], name=op.f("fk_mandate_principal_index_mandate_id")),
        sa.PrimaryKeyConstraint("key_version", "digest", "mandate_id", name=op.f("pk_mandate_principal_index")),
    )
    op.create_table(
        "member_attendance",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("signed_in_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_attendance_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_attendance")),
    )
    op.create_table(
        "officer_grant",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("reference_no", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_officer_grant_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_grant")),
    )
    op.create_index("ix_officer_grant_member_dataset", "officer_grant", ["member_id", "dataset"], unique=False)
    op.create_table(
        "officer_session",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_officer_session_station_id")),
        sa.PrimaryKeyConstraint("station_id", "member_id", name=op.f("pk_officer_session")),
    )
    op.create_index(op.f("ix_officer_session_ends_at"), "officer_session", ["ends_at"], unique=False)
    op.create_table(
        "review_remark",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_member", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_review_remark_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_remark")),
    )
    op.create_index(op.f("ix_review_remark_case_id"), "review_remark", ["case_id"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("officer_person", sa.Text(), nullable=False),
        sa.Column("card_session_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("ial", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("sealed_link", sa.LargeBinary(), nullable=True),
        sa.Column("link_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("flags", sa.Text(), server_default="", nullable=False),
        sa.Column("typed_jwe", sa.Text(), nullable=True),
        sa.Column("kept_jwe", sa.Text(), nullable=True),
        sa.Column("other_case_no", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_enrolment_agency_id")),
        sa.ForeignKeyConstraint(["card_session_id"], ["card_session.id"], name=op.f("fk_enrolment_card_session_id")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_enrolment_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("case_no", name=op.f("uq_enrolment_case_no")),
    )
    op.create_index(op.f("ix_enrolment_state"), "enrolment", ["state"], unique=False)
    op.create_index(op.f("ix_enrolment_subscriber_id"), "enrolment", ["subscriber_id"], unique=False)
    op.create_table(
        "unattended_enrolment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("agent_jwk", sa.Text(), nullable=True),
        sa.Column("card_jwe", sa.Text(), nullable=True),
        sa.Column("sealed_typed", sa.Text(), nullable=True),
        sa.Column("is_virtual", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=True),
        sa.Column("card_session_id", sa.Text(), nullable=True),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("ial", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("sealed_link", sa.LargeBinary(), nullable=True),
        sa.Column("link_expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_session_id"], ["card_session.id"], name=op.f("fk_unattended_enrolment_card_session_id")
        ),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_unattended_enrolment_station_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_unattended_enrolment_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unattended_enrolment")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_unattended_enrolment_code_digest")),
    )
    op.create_index(
        "ix_unattended_enrolment_browser_digest_id", "unattended_enrolment", ["browser_digest", "id"], unique=False
    )
    op.create_index(
        "ix_unattended_enrolment_open_expires_at",
        "unattended_enrolment",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
        postgresql_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
    )
    op.create_index(
        op.f("ix_unattended_enrolment_subscriber_id"), "unattended_enrolment", ["subscriber_id"], unique=False
    )
    op.create_index(
        "uq_unattended_enrolment_open_browser_digest",
        "unattended_enrolment",
        ["browser_digest"],
        unique=True,
        sqlite_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
        postgresql_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
    )
    op.create_table(
        "enrolment_evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wire_code", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("sealed_detail", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_evidence_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_evidence")),
    )
    op.create_index(op.f("ix_enrolment_evidence_enrolment_id"), "enrolment_evidence", ["enrolment_id"], unique=False)
    op.create_table(
        "new_passport",
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_new_passport_enrolment_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["subscriber.id"], name=op.f("fk_new_passport_holder_id")),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_new_passport")),
    )
    op.create_index(op.f("ix_new_passport_holder_id"), "new_passport", ["holder_id"], unique=False)
    op.create_table(
        "stopped_person",
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("number_digest", sa.LargeBinary(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_stopped_person_enrolment_id")),
        sa.PrimaryKeyConstraint("enrolment_id", "key_version", name=op.f("pk_stopped_person")),
    )
    op.create_index("ix_stopped_person_digest", "stopped_person", ["digest"], unique=False)
    op.create_index("ix_stopped_person_number_digest", "stopped_person", ["number_digest"], unique=False)
    op.create_table(
        "unattended_evidence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enrolment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wire_code", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["unattended_enrolment.id"], name=op.f("fk_unattended_evidence_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unattended_evidence")),
    )
    op.create_index(op.f("ix_unattended_evidence_enrolment_id"), "unattended_evidence", ["enrolment_id"], unique=False)


def downgrade() -> None:
    """Drop all tables."""
    op.drop_index(op.f("ix_unattended_evidence_enrolment_id"), table_name="unattended_evidence")
    op.drop_table("unattended_evidence")
    op.drop_index("ix_stopped_person_number_digest", table_name="stopped_person")
    op.drop_index("ix_stopped_person_digest", table_name="stopped_person")
    op.drop_table("stopped_person")
    op.drop_index(op.f("ix_new_passport_holder_id"), table_name="new_passport")
    op.drop_table("new_passport")
    op.drop_index(op.f("ix_enrolment_evidence_enrolment_id"), table_name="enrolment_evidence")
    op.drop_table("enrolment_evidence")
    op.drop_index(
        "uq_unattended_enrolment_open_browser_digest",
        table_name="unattended_enrolment",
        sqlite_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
        postgresql_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
    )
    op.drop_index(op.f("ix_unattended_enrolment_subscriber_id"), table_name="unattended_enrolment")
    op.drop_index(
        "ix_unattended_enrolment_open_expires_at",
        table_name="unattended_enrolment",
        sqlite_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
        postgresql_where=sa.text(
            "state IN ('agree', 'at_thaid', 'awaiting_registry', 'checking_card', 'compare_face', 'live_photo', 'pending_registry', 'second_officer', 'typing_card', 'waiting_for_card')"
        ),
    )
    op.drop_index("ix_unattended_enrolment_browser_digest_id", table_name="unattended_enrolment")
    op.drop_table("unattended_enrolment")
    op.drop_index(op.f("ix_enrolment_subscriber_id"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_state"), table_name="enrolment")
    op.drop_table("enrolment")
    op.drop_index(op.f("ix_review_remark_case_id"), table_name="review_remark")
    op.drop_table("review_remark")
    op.drop_index(op.f("ix_officer_session_ends_at"), table_name="officer_session")
    op.drop_table("officer_session")
    op.drop_index("ix_officer_grant_member_dataset", table_name="officer_grant")
    op.drop_table("officer_grant")
    op.drop_table("member_attendance")
    op.drop_table("mandate_principal_index")
    op.drop_table("kiosk_code")
    op.drop_table("kiosk_browser")
    op.drop_index(op.f("ix_deferred_request_subscriber_id"), table_name="deferred_request")
    op.drop_index(op.f("ix_deferred_request_expires_at"), table_name="deferred_request")
    op.drop_index(op.f("ix_deferred_request_client_id"), table_name="deferred_request")
    op.drop_table("deferred_request")
    op.drop_index(
        "uq_card_session_open_station_id",
        table_name="card_session",
        sqlite_where=sa.text("state IN ('read', 'taken', 'waiting')"),
        postgresql_where=sa.text("state IN ('read', 'taken', 'waiting')"),
    )
    op.drop_index("ix_card_session_station_id_state", table_name="card_session")
    op.drop_table("card_session")
    op.drop_index("ix_agreement_valid_until", table_name="agreement")
    op.drop_index("ix_agreement_agency_service_dataset", table_name="agreement")
    op.drop_table("agreement")
    op.drop_table("user_code_try")
    op.drop_index(op.f("ix_thaid_enrolment_subscriber_id"), table_name="thaid_enrolment")
    op.drop_index(op.f("ix_thaid_enrolment_expires_at"), table_name="thaid_enrolment")
    op.drop_table("thaid_enrolment")
    op.drop_index("ix_subscriber_index_subscriber_id", table_name="subscriber_index")
    op.drop_table("subscriber_index")
    op.drop_index(op.f("ix_station_agency_id"), table_name="station")
    op.drop_table("station")
    op.drop_index("ix_staff_look_subscriber_id_id", table_name="staff_look")
    op.drop_table("staff_look")
    op.drop_index(op.f("ix_sso_session_subscriber_id"), table_name="sso_session")
    op.drop_table("sso_session")
    op.drop_index(op.f("ix_service_agency_id"), table_name="service")
    op.drop_table("service")
    op.drop_index(
        "uq_security_naming_active",
        table_name="security_naming",
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_table("security_naming")
    op.drop_table("seat")
    op.drop_index("ix_review_case_subscriber_id_id", table_name="review_case")
    op.drop_index("ix_review_case_state_kind_id", table_name="review_case")
    op.drop_index("ix_review_case_state_id", table_name="review_case")
    op.drop_index("ix_review_case_site_state_id", table_name="review_case")
    op.drop_index("ix_review_case_officer_state_id", table_name="review_case")
    op.drop_index("ix_review_case_claimed_by", table_name="review_case")
    op.drop_table("review_case")
    op.drop_index(op.f("ix_recovery_code_subscriber_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
    op.drop_table("recovery")
    op.drop_index("ix_provisional_identity_since", table_name="provisional_identity")
    op.drop_table("provisional_identity")
    op.drop_index(op.f("ix_proposal_remark_proposal_id"), table_name="proposal_remark")
    op.drop_table("proposal_remark")
    op.drop_table("pin")
    op.drop_table("passkey_user")
    op.drop_index(op.f("ix_passkey_link_subscriber_id"), table_name="passkey_link")
    op.drop_table("passkey_link")
    op.drop_index(op.f("ix_passkey_subscriber_id"), table_name="passkey")
    op.drop_table("passkey")
    op.drop_index(op.f("ix_other_device_attempt_subscriber_id"), table_name="other_device_attempt")
    op.drop_index(op.f("ix_other_device_attempt_expires_at"), table_name="other_device_attempt")
    op.drop_table("other_device_attempt")
    op.drop_index(op.f("ix_onboarding_paper_application_id"), table_name="onboarding_paper")
    op.drop_table("onboarding_paper")
    op.drop_index(op.f("ix_onboarding_event_application_id"), table_name="onboarding_event")
    op.drop_table("onboarding_event")
    op.drop_index("ix_notice_subscriber_id_id", table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_member_subscriber_id"), table_name="member")
    op.drop_index("ix_member_agency_id_roles", table_name="member")
    op.drop_index("ix_member_agency_id", table_name="member")
    op.drop_table("member")
    op.drop_index(op.f("ix_mandate_recorded_by"), table_name="mandate")
    op.drop_index(op.f("ix_mandate_proxy_id"), table_name="mandate")
    op.drop_index("ix_mandate_principal", table_name="mandate")
    op.drop_table("mandate")
    op.drop_table("known_device")
    op.drop_table("joint_signature")
    op.drop_index("ix_enrolled_chip_subscriber_id", table_name="enrolled_chip")
    op.drop_table("enrolled_chip")
    op.drop_table("enrolled_address")
    op.drop_index("ix_contact_proof_subscriber_id_asked_at", table_name="contact_proof")
    op.drop_index("ix_contact_proof_digest_asked_at", table_name="contact_proof")
    op.drop_index("ix_contact_proof_asked_at", table_name="contact_proof")
    op.drop_table("contact_proof")
    op.drop_table("consent_use")
    op.drop_table("consent_receipt")
    op.drop_table("company_account")
    op.drop_index(op.f("ix_closing_request_due_at"), table_name="closing_request")
    op.drop_table("closing_request")
    op.drop_index(op.f("ix_client_agency_id"), table_name="client")
    op.drop_table("client")
    op.drop_index(op.f("ix_card_sign_in_expires_at"), table_name="card_sign_in")
    op.drop_table("card_sign_in")
    op.drop_table("bridge_access")
    op.drop_index("ix_attribute_change_subscriber_id_id", table_name="attribute_change")
    op.drop_table("attribute_change")
    op.drop_table("watched_person")
    op.drop_index("ix_watched_digest_digest", table_name="watched_digest")
    op.drop_table("watched_digest")
    op.drop_index("ix_waiting_pull_state_next_at", table_name="waiting_pull")
    op.drop_index("ix_waiting_pull_key_owner", table_name="waiting_pull")
    op.drop_index("ix_waiting_pull_deadline", table_name="waiting_pull")
    op.drop_table("waiting_pull")
    op.drop_table("subscriber")
    op.drop_table("store_mark")
    op.drop_index(op.f("ix_station_pairing_expires_at"), table_name="station_pairing")
    op.drop_index(op.f("ix_station_pairing_agency_id"), table_name="station_pairing")
    op.drop_table("station_pairing")
    op.drop_table("spent")
    op.drop_table("signing_key")
    op.drop_index(op.f("ix_signal_stream_agency_id"), table_name="signal_stream")
    op.drop_table("signal_stream")
    op.drop_table("signal_muted")
    op.drop_index(
        "ix_signal_delivery_waiting",
        table_name="signal_delivery",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_signal_delivery_stream_id_place", table_name="signal_delivery")
    op.drop_index(op.f("ix_signal_delivery_settled_at"), table_name="signal_delivery")
    op.drop_index("ix_signal_delivery_client_id_id", table_name="signal_delivery")
    op.drop_table("signal_delivery")
    op.drop_table("sign_in_tries")
    op.drop_index("ix_seat_invitation_agency_id", table_name="seat_invitation")
    op.drop_table("seat_invitation")
    op.drop_index("ix_release_count_expires_at", table_name="release_count")
    op.drop_table("release_count")
    op.drop_table("registry_shutter")
    op.drop_table("registry_notice")
    op.drop_index("ix_registry_minute_minute", table_name="registry_minute")
    op.drop_table("registry_minute")
    op.drop_index(
        "uq_proposal_waiting",
        table_name="proposal",
        sqlite_where=sa.text("state IN ('open', 'asked_back')"),
        postgresql_where=sa.text("state IN ('open', 'asked_back')"),
    )
    op.drop_index(
        "ix_proposal_waiting",
        table_name="proposal",
        sqlite_where=sa.text("state IN ('open', 'asked_back')"),
        postgresql_where=sa.text("state IN ('open', 'asked_back')"),
    )
    op.drop_index("ix_proposal_state_expires_at", table_name="proposal")
    op.drop_index("ix_proposal_proposed_for", table_name="proposal")
    op.drop_index("ix_proposal_proposed_by_person", table_name="proposal")
    op.drop_table("proposal")
    op.drop_index(op.f("ix_portal_session_last_seen"), table_name="portal_session")
    op.drop_table("portal_session")
    op.drop_index("ix_photo_request_expires_at", table_name="photo_request")
    op.drop_table("photo_request")
    op.drop_table("paper_count")
    op.drop_index(
        "ix_oversight_sample_open",
        table_name="oversight_sample",
        sqlite_where=sa.text("verdict IS NULL OR verdict = 'question'"),
        postgresql_where=sa.text("verdict IS NULL OR verdict = 'question'"),
    )
    op.drop_index("ix_oversight_sample_at", table_name="oversight_sample")
    op.drop_index("ix_oversight_sample_agency_id_day", table_name="oversight_sample")
    op.drop_index("ix_oversight_sample_agency_id", table_name="oversight_sample")
    op.drop_table("oversight_sample")
    op.drop_table("oversight_day")
    op.drop_index(op.f("ix_outbox_due_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_open_application_application_id", table_name="open_application")
    op.drop_table("open_application")
    op.drop_index("ix_onboarding_application_state_submitted_at", table_name="onboarding_application")
    op.drop_index(op.f("ix_onboarding_application_applicant"), table_name="onboarding_application")
    op.drop_index(op.f("ix_onboarding_application_agency_id"), table_name="onboarding_application")
    op.drop_table("onboarding_application")
    op.drop_index(op.f("ix_oauth_grant_subscriber_id"), table_name="oauth_grant")
    op.drop_index(op.f("ix_oauth_grant_sso_session_id"), table_name="oauth_grant")
    op.drop_index(
        "ix_oauth_grant_mandate_id",
        table_name="oauth_grant",
        postgresql_where=sa.text("mandate_id IS NOT NULL"),
        sqlite_where=sa.text("mandate_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_oauth_grant_managed_id",
        table_name="oauth_grant",
        postgresql_where=sa.text("managed_id IS NOT NULL"),
        sqlite_where=sa.text("managed_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_oauth_grant_consent_id"), table_name="oauth_grant")
    op.drop_index("ix_oauth_grant_client_id", table_name="oauth_grant")
    op.drop_index(
        "ix_oauth_grant_actor_id",
        table_name="oauth_grant",
        postgresql_where=sa.text("actor_id IS NOT NULL"),
        sqlite_where=sa.text("actor_id IS NOT NULL"),
    )
    op.drop_table("oauth_grant")
    op.drop_index("ix_look_up_visit_member_id", table_name="look_up_visit")
    op.drop_index(op.f("ix_look_up_visit_expires_at"), table_name="look_up_visit")
    op.drop_index("ix_look_up_visit_agency_id", table_name="look_up_visit")
    op.drop_table("look_up_visit")
    op.drop_index("ix_look_up_entry_member_id", table_name="look_up_entry")
    op.drop_index(op.f("ix_look_up_entry_at"), table_name="look_up_entry")
    op.drop_table("look_up_entry")
    op.drop_table("liability_notice")
    op.drop_table("lease")
    op.drop_index("ix_joint_act_state_expires_at", table_name="joint_act")
    op.drop_index("ix_joint_act_juristic_id_state", table_name="joint_act")
    op.drop_table("joint_act")
    op.drop_index("ix_field_digest_subscriber_id", table_name="field_digest")
    op.drop_index("ix_field_digest_expires_at", table_name="field_digest")
    op.drop_table("field_digest")
    op.drop_table("face_try")
    op.drop_index("ix_document_subscriber_id", table_name="document")
    op.drop_index(op.f("ix_document_sha256"), table_name="document")
    op.drop_index(op.f("ix_document_issued_sha256"), table_name="document")
    op.drop_index("ix_document_expires_at", table_name="document")
    op.drop_index("ix_document_due_at", table_name="document")
    op.drop_index(
        "ix_document_comparable",
        table_name="document",
        sqlite_where=sa.text("printed_values IS NOT NULL"),
        postgresql_where=sa.text("printed_values IS NOT NULL"),
    )
    op.drop_table("document")
    op.drop_index("ix_disclosure_day_day", table_name="disclosure_day")
    op.drop_table("disclosure_day")
    op.drop_index("ix_disclosure_subscriber_id", table_name="disclosure")
    op.drop_index(
        "ix_disclosure_counter_id",
        table_name="disclosure",
        sqlite_where=sa.text("counter_id IS NOT NULL"),
        postgresql_where=sa.text("counter_id IS NOT NULL"),
    )
    op.drop_index("ix_disclosure_answer_until", table_name="disclosure")
    op.drop_index("ix_disclosure_agency_id", table_name="disclosure")
    op.drop_table("disclosure")
    op.drop_table("data_key")
    op.drop_index("ix_counter_session_opened_at", table_name="counter_session")
    op.drop_index(
        "ix_counter_session_expires_at",
        table_name="counter_session",
        sqlite_where=sa.text("sealed_case IS NOT NULL"),
        postgresql_where=sa.text("sealed_case IS NOT NULL"),
    )
    op.drop_index("ix_counter_session_agency_id_opened_at", table_name="counter_session")
    op.drop_table("counter_session")
    op.drop_index("ix_counter_person_digest", table_name="counter_person")
    op.drop_table("counter_person")
    op.drop_table("consent_shown")
    op.drop_index("ix_consent_valid_until", table_name="consent")
    op.drop_index("ix_consent_subscriber_client", table_name="consent")
    op.drop_index(op.f("ix_consent_mandate_id"), table_name="consent")
    op.drop_index("ix_consent_client_id", table_name="consent")
    op.drop_table("consent")
    op.drop_index("ix_company_signatory_subscriber_id", table_name="company_signatory")
    op.drop_table("company_signatory")
    op.drop_index("ix_client_request_minute", table_name="client_request")
    op.drop_index(
        "ix_client_request_failed",
        table_name="client_request",
        sqlite_where=sa.text("error <> ''"),
        postgresql_where=sa.text("error <> ''"),
    )
    op.drop_index("ix_client_request_agency_id", table_name="client_request")
    op.drop_table("client_request")
    op.drop_table("client_key")
    op.drop_index("ix_citizen_ref_opened_at", table_name="citizen_ref")
    op.drop_index(
        "ix_citizen_ref_numbers",
        table_name="citizen_ref",
        sqlite_where=sa.text("sealed_number IS NOT NULL"),
        postgresql_where=sa.text("sealed_number IS NOT NULL"),
    )
    op.drop_index("ix_citizen_ref_member_id", table_name="citizen_ref")
    op.drop_index(
        "ix_citizen_ref_expires_at",
        table_name="citizen_ref",
        sqlite_where=sa.text("sealed_case IS NOT NULL"),
        postgresql_where=sa.text("sealed_case IS NOT NULL"),
    )
    op.drop_index("ix_citizen_ref_agency_id_opened_at", table_name="citizen_ref")
    op.drop_table("citizen_ref")
    op.drop_index("ix_basis_evidence_stated_at", table_name="basis_evidence")
    op.drop_table("basis_evidence")
    op.drop_index("ix_awaited_review_agency_id", table_name="awaited_review")
    op.drop_table("awaited_review")
    op.drop_table("audit_tile")
    op.drop_table("audit_testimony")
    op.drop_table("audit_pending")
    op.drop_table("audit_leaf")
    op.drop_index("ix_audit_inquiry_agency_id", table_name="audit_inquiry")
    op.drop_table("audit_inquiry")
    op.drop_table("audit_head")
    op.drop_index(
        "ix_audit_facet_subject",
        table_name="audit_facet",
        sqlite_where=sa.text("subject IS NOT NULL"),
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
    op.drop_index(
        "ix_audit_facet_refused",
        table_name="audit_facet",
        sqlite_where=sa.text("refused"),
        postgresql_where=sa.text("refused"),
    )
    op.drop_index("ix_audit_facet_event", table_name="audit_facet")
    op.drop_index(
        "ix_audit_facet_agency_refused",
        table_name="audit_facet",
        sqlite_where=sa.text("refused"),
        postgresql_where=sa.text("refused"),
    )
    op.drop_index("ix_audit_facet_agency", table_name="audit_facet")
    op.drop_index("ix_audit_facet_actor", table_name="audit_facet")
    op.drop_table("audit_facet")
    op.drop_table("audit_entry")
    op.drop_table("audit_checkpoint")
    op.drop_table("applicant_session")
    op.drop_index(
        "ix_agency_owning",
        table_name="agency",
        sqlite_where=sa.text("owns <> '[]'"),
        postgresql_where=sa.text("owns <> '[]'"),
    )
    op.drop_table("agency")
