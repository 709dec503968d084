"""Alembic's entry: runs on the connection and the MetaData that `idp.app.schema` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    compare_type=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
