"""Alembic environment: migrations run on the connection that `Database.migrate` gives."""

from alembic import context

from quire.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
