"""All tables, and the schema brought up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import AsyncEngine

import idp.agencies.accounts.store
import idp.agencies.agreement_store
import idp.agencies.member_store
import idp.agencies.namings.store
import idp.agencies.onboarding.store
import idp.agencies.seats.attendance
import idp.agencies.seats.store
import idp.agencies.store
import idp.approvals.store
import idp.audit.facets
import idp.audit.store
import idp.authentication.card_sign_in_store
import idp.authentication.other_device.store
import idp.authentication.passkey_store
import idp.authentication.pin_store
import idp.authentication.recovery_store
import idp.authentication.store
import idp.authentication.tries
import idp.authorization.client_registration.request_log
import idp.authorization.client_registration.store
import idp.authorization.deferred.store
import idp.authorization.device.store
import idp.authorization.grants.store
import idp.consent.receipts.store
import idp.consent.store
import idp.enrolment.applications
import idp.enrolment.by_thaid.store
import idp.enrolment.new_passport.store
import idp.enrolment.overrides
import idp.enrolment.provisional
import idp.enrolment.reviews.store
import idp.enrolment.store
import idp.enrolment.unattended.face_tries
import idp.enrolment.unattended.kiosk_store
import idp.enrolment.unattended.store
import idp.exchange.bases.store
import idp.exchange.changes
import idp.exchange.counter.person_store
import idp.exchange.counter.store
import idp.exchange.counter.supervision
import idp.exchange.document.store
import idp.exchange.health.store
import idp.exchange.papers
import idp.exchange.photo.store
import idp.exchange.pull.counting
import idp.exchange.pull.store
import idp.exchange.waiting.store
import idp.gateway.bridge.store
import idp.keys.envelope
import idp.keys.signing_store
import idp.notices.store
import idp.notices.streams.delivery_store
import idp.notices.streams.store
import idp.oversight.auditing.store
import idp.oversight.followup.store
import idp.oversight.owners.store
import idp.oversight.watched.store
import idp.portal.look_ups.store
import idp.portal.onboarding.store
import idp.portal.store
import idp.representation.companies.store
import idp.representation.mandates.store
import idp.stations.officer_store
import idp.stations.pairing_store
import idp.stations.store
import idp.storage.leases
import idp.storage.outbox
import idp.storage.profile
import idp.storage.spent
import idp.subscribers.contacts.store
import idp.subscribers.store  # noqa: F401 - imported for the tables they declare
from idp.storage import migrations
from idp.storage.metadata import metadata

MIGRATIONS = Path(migrations.__file__).parent


def all_tables() -> MetaData:
    """The MetaData with every room's tables on it."""
    return metadata


async def upgrade_schema(engine: AsyncEngine) -> None:
    """Run every migration that has not run yet."""
    async with engine.execution_options(writes=True).begin() as connection:
        await connection.run_sync(_upgrade)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration around an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def current_revision(connection: Connection) -> str | None:
    """Where the schema of this store stands; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """Where the schema of this program stands."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")
