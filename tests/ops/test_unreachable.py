"""A part that is away at start: one clear sentence, no traceback, no password."""

import pytest
from click.testing import CliRunner

from cli import baton
from models import close_database
from tests.running import Server, free_port


@pytest.fixture
def refusal(tmp_path):
    """What the first step of every start says with some settings, which is one line."""

    def asked(**environ: str) -> str:
        done = CliRunner().invoke(baton, ["prepare"], env={"DATA_DIR": str(tmp_path / "data"), **environ})
        close_database()
        assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.output
        assert done.stdout == "" and done.stderr.count("\n") == 1, done.output
        return done.stderr

    return asked


def test_the_command_itself_ends_with_the_sentence(tmp_path):
    done = Server(tmp_path, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0").baton("prepare")
    assert done.returncode == 1 and done.stderr.startswith("Error: Redis at ") and done.stderr.count("\n") == 1


def test_a_postgresql_that_is_away_is_named(refusal):
    port = free_port()
    said = refusal(DATABASE_URL=f"postgresql://baton:open-sesame@127.0.0.1:{port}/desk")
    assert said.startswith(f"Error: The database desk on PostgreSQL at 127.0.0.1:{port} (DATABASE_URL) cannot be used")
    assert "refused" in said and "open-sesame" not in said


def test_a_redis_that_is_away_is_named(refusal):
    port = free_port()
    said = refusal(REDIS_URL=f"redis://:open-sesame@127.0.0.1:{port}/0", WEB_CONCURRENCY="2")
    assert said.startswith(f"Error: Redis at 127.0.0.1:{port} (REDIS_URL) cannot be used: ")
    assert "open-sesame" not in said


def test_a_file_that_is_no_database_is_named(refusal, tmp_path):
    (tmp_path / "diary").write_text("Dear diary\n" * 500)
    assert "diary (DATABASE_URL) cannot be used: file is not a database" in refusal(
        DATABASE_URL=f"sqlite:///{tmp_path}/diary")


def test_a_folder_in_the_databases_place_is_named(refusal, tmp_path):
    assert "cannot be used: unable to open database file" in refusal(DATABASE_URL=f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("name, url", [
    ("DATABASE_URL", "mysql://baton@127.0.0.1/desk"), ("DATABASE_URL", "postgresql:/"),
    ("DATABASE_URL", "postgresql://baton:open-sesame@127.0.0.1:port/desk"),
    ("REDIS_URL", "127.0.0.1:6379"), ("REDIS_URL", "redis://:open-sesame@/0")])
def test_an_address_that_is_none_is_named(refusal, name, url):
    said = refusal(**{name: url})
    assert said.startswith(f"Error: {name} must be ") and "open-sesame" not in said


def test_a_postgresql_with_another_password_or_database_is_named(refusal, stack):
    if stack.name != "postgresql":
        pytest.skip("needs PostgreSQL")
    said = refusal(DATABASE_URL=stack.postgres.url("nowhere"))
    assert 'database "nowhere" does not exist' in said
