"""What the tests of the domain share: a migrated database for the price of a copy, and an ear for commits."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import close_database, forget_listeners, on_commit, open_database
from models.schema import bring_up_to_date
from tests.models.chats import Heard
from tests.models.postgresql import Cluster


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory) -> Path:
    """An empty SQLite file of this version, made once: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "baton.sqlite3"
    open_database(f"sqlite:///{file}")
    bring_up_to_date()
    close_database()
    return file


@pytest.fixture
def database(migrated_file, tmp_path) -> Iterator[str]:
    """An empty database of this version, open in this process and heard by nobody."""
    file = shutil.copy(migrated_file, tmp_path / "baton.sqlite3")
    forget_listeners()
    open_database(f"sqlite:///{file}")
    yield f"sqlite:///{file}"
    close_database()
    forget_listeners()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL of the tests' own; skips where it is not installed."""
    if not Cluster.is_installed():
        pytest.skip("PostgreSQL's initdb and pg_ctl are not installed here")
    with Cluster() as url:
        open_database(url)
        bring_up_to_date()
        close_database()
        yield url


@pytest.fixture
def heard(database) -> Heard:
    """What listeners are told from now on."""
    heard = Heard()
    on_commit(heard)
    return heard
