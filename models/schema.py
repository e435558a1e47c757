"""The version of the database: brought up to date by hand (`bin/baton prepare`), checked at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from models.database import engine

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class SchemaError(Exception):
    """The database does not fit this version of Baton. Its text is one sentence for the host."""


def bring_up_to_date() -> None:
    """Run every migration that the open database lacks; raises SchemaError for a newer database."""
    refuse_newer()
    with engine().connect() as connection:
        settings = _alembic()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def check_schema() -> None:
    """Raises SchemaError unless the open database is exactly of this version."""
    refuse_newer()
    if _current() != _script().get_current_head():
        raise SchemaError("The database is not up to date: run bin/baton prepare, then start again.")


def refuse_newer() -> None:
    """Raises SchemaError when a newer Baton has changed the open database."""
    current = _current()
    known = {revision.revision for revision in _script().walk_revisions()}
    if current and current not in known:
        raise SchemaError("The database was made by a newer Baton: start that one, or restore an older backup.")


def _current() -> str | None:
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_alembic())


def _alembic() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    return settings
