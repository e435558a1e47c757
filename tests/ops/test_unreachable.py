"""A part that is away at start: one clear sentence, no traceback, no password."""

import sqlite3

import pytest

from tests.running import Server, free_port


@pytest.fixture
def folder(tmp_path):
    """The folder of a server that has never run."""
    return tmp_path / "data"


def refusal(folder, **environ: str) -> str:
    """What the first step of every start says, which is one line."""
    folder.mkdir(exist_ok=True)
    done = Server(folder, **environ).baton("prepare")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done.stdout + done.stderr
    return done.stderr


def test_a_postgresql_that_is_away_is_named(folder):
    port = free_port()
    said = refusal(folder, DATABASE_URL=f"postgresql://baton:open-sesame@127.0.0.1:{port}/desk")
    assert said.startswith(f"Error: The database desk on PostgreSQL at 127.0.0.1:{port} (DATABASE_URL) cannot be used: ")
    assert "refused" in said and "open-sesame" not in said


def test_a_redis_that_is_away_is_named(folder):
    port = free_port()
    said = refusal(folder, REDIS_URL=f"redis://:open-sesame@127.0.0.1:{port}/0", WEB_CONCURRENCY="2")
    assert said.startswith(f"Error: Redis at 127.0.0.1:{port} (REDIS_URL) cannot be used: ")
    assert "open-sesame" not in said


def test_a_file_that_is_no_database_is_named(folder, tmp_path):
    (tmp_path / "diary").write_text("Dear diary\n" * 500)
    assert "diary (DATABASE_URL) cannot be used: file is not a database" in refusal(
        folder, DATABASE_URL=f"sqlite:///{tmp_path}/diary")


def test_a_folder_in_the_databases_place_is_named(folder, tmp_path):
    assert "cannot be used: unable to open database file" in refusal(folder, DATABASE_URL=f"sqlite:///{tmp_path}")


def test_a_database_that_somebody_holds_locked_is_named(folder, tmp_path):
    with sqlite3.connect(tmp_path / "busy.sqlite3", isolation_level=None) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        said = refusal(folder, DATABASE_URL=f"sqlite:///{tmp_path}/busy.sqlite3")
    assert "database is locked" in said


@pytest.mark.parametrize("name, url", [("DATABASE_URL", "mysql://baton@127.0.0.1/desk"), ("DATABASE_URL", "postgresql:/"),
                                       ("DATABASE_URL", "postgresql://baton:open-sesame@127.0.0.1:port/desk"),
                                       ("REDIS_URL", "127.0.0.1:6379"), ("REDIS_URL", "redis://:open-sesame@/0")])
def test_an_address_that_is_none_is_named(folder, name, url):
    said = refusal(folder, **{name: url})
    assert said.startswith(f"Error: {name} must be ") and "open-sesame" not in said


def test_a_postgresql_with_another_password_or_database_is_named(folder, stack):
    if stack.name != "postgresql":
        pytest.skip("needs PostgreSQL")
    said = refusal(folder, DATABASE_URL=stack.postgres.url("nowhere"))
    assert 'database "nowhere" does not exist' in said
