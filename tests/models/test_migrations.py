"""Migrations make exactly the tables of the models, and lose nothing that is there."""

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import config
from models import Base, Workspace, close_database, open_database, reading, transaction
from models.database import engine
from models.schema import MIGRATIONS, SchemaError, bring_up_to_date, check_schema, revision_of
from tests.models.chats import chat_with_bot, log_of, rows


@pytest.fixture
def empty(stack, tmp_path):
    """A database without a table, open."""
    open_database(config.load(stack.environ(tmp_path)).database_url)
    yield
    close_database()


def layout() -> dict[str, str]:
    """Every table and index as SQLite describes it, whatever the order of its lines."""
    with engine().connect() as connection:
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%'"))
        return {name: tuple(sorted(re.split(r",\s*", " ".join(sql.split())))) for name, sql in found if sql}


def pretend_version(revision: str) -> None:
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


@pytest.fixture
def newer(local_desk):
    """The database was made by a version of which this one knows nothing."""
    with engine().connect() as connection:
        version = revision_of(connection)
    pretend_version("9999")
    yield
    pretend_version(version)


def differences() -> list:
    with engine().connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)


def test_autogenerate_finds_no_difference(database):
    assert differences() == []


def test_a_migrated_database_has_the_very_indexes_and_checks_of_the_models(sqlite, empty, tmp_path):
    bring_up_to_date()
    migrated = {name for name in layout() if not name.startswith("sqlite_")}
    indexes = {name: sql for name, sql in layout().items() if name.startswith(("ix_", "uq_"))}
    close_database()
    open_database(f"sqlite:///{tmp_path / 'models.sqlite3'}")
    Base.metadata.create_all(engine())
    assert {name for name in layout() if not name.startswith("sqlite_")} == migrated
    assert {name: sql for name, sql in layout().items() if name in indexes} == indexes
    assert "WHERE state IN ('bot'" in str(indexes["uq_chats_open"])


def test_an_empty_database_is_refused_until_it_is_brought_up_to_date(empty):
    with pytest.raises(SchemaError, match="bin/baton prepare"):
        check_schema()
    bring_up_to_date()
    check_schema()


def test_bringing_up_to_date_again_loses_nothing(local_desk):
    chat = chat_with_bot(local_desk)
    bring_up_to_date()
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello"]
    assert rows(Workspace) == 1


def test_a_database_of_a_newer_version_is_refused_and_left_alone(newer):
    for step in (check_schema, bring_up_to_date):
        with pytest.raises(SchemaError, match="newer Baton"):
            step()
    with reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    assert rows(Workspace) == 1


def test_migrations_are_one_line_from_the_first_to_the_last():
    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    assert [script.revision for script in scripts] == sorted((script.revision for script in scripts), reverse=True)
    assert scripts[-1].down_revision is None
