"""How Alembic reaches the database: over the connection, and in the transaction, that `models.schema` hands it."""

from alembic import context

from models import Base

# SQLite cannot alter most of a table: Alembic then makes a new one and moves the rows.
context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata,
                  render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
