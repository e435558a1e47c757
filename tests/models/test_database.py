"""One place commits, and then tells; what is not committed is told to nobody."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

import models.database
from models import (
    Bot,
    Chat,
    Event,
    Notice,
    Workspace,
    announce,
    asking,
    now,
    on_commit,
    open_database,
    reading,
    transaction,
)
from models.event import Action, track
from tests.models.chats import chat_with_bot, line, rows


def test_listeners_hear_of_a_change_when_it_can_be_read(local_desk):
    found = []
    on_commit(lambda facts: found.append((line(facts[0]), rows(Workspace, Workspace.name == "Second"))))
    with transaction() as session:
        session.add(Workspace(name="Second"))
        track(session, Action.WORKSPACE_FOUNDED, by=local_desk.maya)
        assert found == []
    assert found == [("workspace_founded", 1)]


def test_what_fails_half_way_is_undone_and_told_to_nobody(local_desk, heard):
    with pytest.raises(ZeroDivisionError), transaction() as session:
        session.add(Workspace(name="Second"))
        track(session, Action.WORKSPACE_FOUNDED, by=local_desk.maya)
        session.flush()
        announce(session, Notice("page_changed"))
        _ = 1 / 0
    assert (rows(Workspace, Workspace.name == "Second"), rows(Event), heard) == (0, 0, [])


def test_what_the_commit_refuses_is_told_to_nobody(local_desk, heard):
    with pytest.raises(IntegrityError), transaction() as session:
        announce(session, Notice("page_changed"))
        session.add(Bot(workspace_id=local_desk.bot.workspace_id, key=local_desk.bot.key, name="Twin", welcome="",
                        fallback=""))
    assert heard == []


def test_a_change_that_announces_nothing_wakes_nobody(local_desk, heard):
    with transaction() as session:
        session.add(Workspace(name="Second"))
    assert heard == []


def test_after_a_failure_the_next_one_can_write(local_desk):
    with pytest.raises(ZeroDivisionError), transaction():
        _ = 1 / 0
    assert chat_with_bot(local_desk).id


def test_what_a_commit_returns_can_be_read_afterwards(local_desk):
    chat = chat_with_bot(local_desk)
    assert chat.end().state == "ended"


def test_reading_sees_one_state_of_the_database(local_desk):
    chat = chat_with_bot(local_desk)
    with reading() as session:
        before = session.scalar(text("SELECT seq FROM chats"))
        chat.end()
        assert session.scalar(text("SELECT seq FROM chats")) == before
    assert rows(Chat, Chat.seq == before + 1) == 1


def test_each_question_sees_what_is_committed_by_then(local_desk):
    chat = chat_with_bot(local_desk)
    with asking() as session:
        before = session.scalar(text("SELECT seq FROM chats"))
        chat.end()
        assert session.scalar(text("SELECT seq FROM chats")) == before + 1


def test_reading_changes_nothing(local_desk):
    with reading() as session:
        session.add(Workspace(name="Second"))
        session.flush()
    assert rows(Workspace, Workspace.name == "Second") == 0


@pytest.mark.parametrize("pragma, value", [
    ("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)])
def test_sqlite_keeps_what_it_acknowledged_and_checks_its_keys(sqlite, database, pragma, value):
    with reading() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_row_that_points_nowhere_is_refused(local_desk):
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(Event(chat_id=999, seq=1, action="chat_ended"))


def test_instants_keep_their_moment_in_utc(local_desk):
    zone = timezone(timedelta(hours=5, minutes=30))
    with transaction() as session:
        session.add(Workspace(name="Second", created_at=datetime(2031, 1, 1, 3, tzinfo=zone)))
    with reading() as session:
        stored = session.query(Workspace).filter_by(name="Second").one().created_at
    assert (stored, stored.tzinfo) == (datetime(2030, 12, 31, 21, 30, tzinfo=UTC), UTC)
    assert now().tzinfo is UTC


def test_an_instant_without_a_zone_is_refused(local_desk):
    with pytest.raises(StatementError, match="needs a time zone"), transaction() as session:
        session.add(Workspace(name="Second", created_at=datetime(2031, 1, 1)))


def test_without_a_database_there_is_a_clear_error(database):
    models.database.close_database()
    with pytest.raises(RuntimeError, match="not open"), reading():
        pass


def test_the_folder_of_a_new_database_is_made(tmp_path):
    open_database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'baton.sqlite3'}")
    models.database.close_database()
    assert (tmp_path / "new" / "folder").is_dir()
