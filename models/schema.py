"""The version of the database: brought up to date by hand (`bin/baton prepare`), checked at every start."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from models.database import engine, is_away, writer

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class SchemaError(Exception):
    """The database does not fit this version of Baton. Its text is one sentence for the host."""


def bring_up_to_date() -> None:
    """Run every migration that the open database lacks; raises SchemaError for a newer database."""
    refuse_newer()
    with rebuilding() as connection:
        upgrade(connection)


def check_schema() -> None:
    """Raises SchemaError unless the open database is exactly of this version."""
    refuse_newer()
    if _current() != _script().get_current_head():
        raise SchemaError("The database is not up to date: run bin/baton prepare, then start again.")


def check_schema_at_start() -> None:
    """The same for a worker. A database that is away passes: `bin/baton prepare` has checked it already.

    A worker that refuses to start takes its whole server down, and nothing would recover by itself.
    """
    try:
        check_schema()
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        log.error("the database is away: %s", error)


def refuse_newer() -> None:
    """Raises SchemaError when a newer Baton has changed the open database."""
    current = _current()
    if current and not is_known(current):
        raise SchemaError("The database was made by a newer Baton: start that one, or restore an older backup.")


def is_known(revision: str) -> bool:
    """Whether this Baton has the migration `revision`."""
    return revision in {script.revision for script in _script().walk_revisions()}


def revision_of(connection: Connection) -> str | None:
    """The last migration that ran on a database; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def rebuilding() -> Iterator[Connection]:
    """A transaction on the open database in which tables may be made anew: all of it is kept, or nothing.

    Raises SchemaError when a row would be left that refers to none.
    """
    connected = writer().connect()
    with connected as connection, _unchecked_references(connection), connection.begin():
        yield connection
        _check_references(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision`, within the caller's transaction."""
    settings = _alembic()
    settings.attributes["connection"] = connection
    command.upgrade(settings, revision)


def tables_at(revision: str | None) -> list[str]:
    """The names of the tables that a database has at `revision`, Alembic's own left out."""
    if revision is None:
        return []
    scratch = create_engine("sqlite://")
    with scratch.connect() as connection, connection.begin():
        upgrade(connection, revision)
        return [name for name in inspect(connection).get_table_names() if name != "alembic_version"]


@contextmanager
def _unchecked_references(connection: Connection) -> Iterator[None]:
    # SQLite cannot alter most of a table, so a migration copies it and drops the first; with references checked
    # that would be refused. The switch works only outside of a transaction, hence past SQLAlchemy.
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise SchemaError(f"A row of {broken[0]} refers to a row of {broken[2]} that is not there.")


def _current() -> str | None:
    with engine().connect() as connection:
        return revision_of(connection)


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_alembic())


def _alembic() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    return settings
