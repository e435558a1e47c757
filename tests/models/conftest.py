"""What the tests of the domain share: a migrated database for the price of a copy, and an ear for commits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, make_url

import config
import models.member
from models import close_database, forget_listeners, on_commit, open_database
from models.bot import new_key
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
def database(stack, migrated, tmp_path) -> Iterator[str]:
    """An empty database of this version, open in this process and heard by nobody."""
    url = copied(stack, migrated, tmp_path)
    forget_listeners()
    open_database(url)
    yield url
    close_database()
    forget_listeners()


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


def copied(stack, url: str, folder: Path) -> str:
    """A copy of the database at `url`, which nobody has open."""
    original = make_url(url).database
    if is_sqlite(url):
        return f"sqlite:///{shutil.copy(original, folder / 'baton.sqlite3')}"
    return config.read_database_url(stack.postgres.create(f"copy_{new_key()}", like=original))


@pytest.fixture
def statements(database) -> Iterator[list[str]]:
    """What is asked of the database from now on."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)
