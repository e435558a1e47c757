"""What the tests of the domain share: an empty database for next to nothing, and an ear for commits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

import config
import models.member
from models import Base, close_database, forget_listeners, on_commit, open_database
from models.database import is_sqlite
from models.schema import bring_up_to_date
from tests.models.chats import Heard
from tests.people import QUICK_HASHER


@pytest.fixture(scope="session")
def migrated(stack, tmp_path_factory) -> str:
    """The URL of an empty database of this version, made once: migrating takes longer than most tests."""
    url = config.load(stack.environ(tmp_path_factory.mktemp("migrated"))).database_url
    open_database(url)
    bring_up_to_date()
    close_database()
    return url


@pytest.fixture
def database(migrated, tmp_path) -> Iterator[str]:
    """An empty database of this version, open in this process and heard by nobody."""
    # To copy one costs PostgreSQL 150 ms, and as much again to delete it.
    url = copied(migrated, tmp_path) if is_sqlite(migrated) else migrated
    forget_listeners()
    open_database(url)
    yield url
    close_database()
    forget_listeners()
    if url == migrated:
        delete_everything(url)


@pytest.fixture
def sqlite(stack) -> None:
    """Skips what is a matter of SQLite on any other stack."""
    if stack.name != "sqlite":
        pytest.skip("about SQLite")


@pytest.fixture
def quick_hashes(monkeypatch) -> None:
    """Hash passwords in no time."""
    monkeypatch.setattr(models.member, "_hasher", QUICK_HASHER)


@pytest.fixture
def heard(database) -> Heard:
    """What listeners are told from now on."""
    heard = Heard()
    on_commit(heard)
    return heard


def copied(url: str, folder: Path) -> str:
    """A copy of the SQLite database at `url`, which nobody has open."""
    return f"sqlite:///{shutil.copy(make_url(url).database, folder / 'baton.sqlite3')}"


def delete_everything(url: str) -> None:
    """Leave the database at `url` without a row, and without anybody who has it open."""
    engine = create_engine(url)
    with engine.begin() as connection:
        # A thread that a test has left behind may still hold a row.
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                "WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


@pytest.fixture
def statements(database) -> Iterator[list[str]]:
    """What is asked of the database from now on."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)
