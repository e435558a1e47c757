"""How Alembic reaches the database: over the connection that `models.schema` hands it."""

from alembic import context

from models import Base

connection = context.config.attributes["connection"]
# SQLite cannot alter most of a table: Alembic then makes a new one and moves the rows.
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True,
                  transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
