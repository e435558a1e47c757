"""A database of each earlier version is brought up to date with all that is in it, and Baton serves it.

`data/<revision>.jsonl` is an unpacked backup that was written at that revision. A migration that changes a table
gets a file of its own from the version before it: `zcat` of a backup of a small desk.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, String, Table, func, select
from sqlalchemy.exc import IntegrityError

import config
from models import (
    Base,
    Chat,
    Customer,
    Event,
    Feedback,
    Member,
    Message,
    Side,
    State,
    close_database,
    now,
    open_database,
    reading,
    transaction,
)
from models.backup import restore
from models.schema import MIGRATIONS, check_schema, rebuilding
from models.seen import seen
from tests.models.test_migrations import differences
from tests.people import Customer as CustomerClient
from tests.people import MemberClient
from tests.running import Server

FILES = sorted((Path(__file__).parent / "data").glob("*.jsonl"))
# Lena's token, of which the file has the digest.
TOKEN = "L" * 43


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def old(request, stack, tmp_path) -> Iterator[dict]:
    """The settings of a deployment that was restored from an earlier version, with its database open."""
    packed = tmp_path / "old.gz"
    packed.write_bytes(gzip.compress(request.param.read_bytes()))
    environ = stack.environ(tmp_path / "data")
    open_database(config.load(environ).database_url)
    environ["restored"] = restore(packed)
    environ["file"] = request.param
    yield environ
    close_database()


def rows_in(file: Path) -> Counter:
    """How many rows of each table a file has, counted by hand."""
    counted, table = Counter(), None
    for line in map(json.loads, file.read_text().splitlines()):
        if isinstance(line, list):
            counted[table] += 1
        else:
            table = line.get("table")
    return counted


def rows_of(table: Table) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_there_is_a_file_of_the_first_version_and_none_of_an_unknown_one():
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    assert {"0001"} <= {file.stem for file in FILES} <= known
    for file in FILES:
        assert json.loads(file.read_text().splitlines()[0])["schema"] == file.stem


def test_an_old_database_becomes_one_of_this_version(old):
    check_schema()
    assert differences() == []


def test_no_row_is_lost(old):
    assert rows_in(old["file"]) == old["restored"]
    kept = {table.name: rows_of(table) for table in Base.metadata.sorted_tables}
    assert {name: count for name, count in old["restored"].items() if kept.get(name) != count} == {}


def test_every_log_is_whole_and_says_what_it_said(old):
    with reading() as session:
        for chat in session.scalars(select(Chat)):
            numbers = [seq for kind in (Message, Event)
                       for seq in session.scalars(select(kind.seq).where(kind.chat_id == chat.id))]
            assert sorted(numbers) == list(range(1, chat.seq + 1))
        first = session.scalars(select(Message).where(Message.chat_id == 1).order_by(Message.seq)).all()
        actions = session.scalars(select(Event.action).where(Event.chat_id == 1).order_by(Event.seq)).all()
    assert [(message.author, message.text) for message in first] == [
        ("bot", "Ahoy!"), ("customer", "Wo ist meine Bestellung?"), ("bot", "It left our shop yesterday."),
        ("member", "Hi Lena, one moment."), ("customer", "Danke! \N{GRINNING FACE} <b>fett</b>\nzweite Zeile")]
    assert actions == ["human_offered", "chat_handed_off", "chat_assigned", "chat_resolved", "feedback_left"]


def test_people_chats_marks_and_feedback_are_what_they_were(old):
    with reading() as session:
        lena = session.get(Customer, 1)
        assert (lena.name, lena.attributes, lena.time_zone) == ("Lena Grün", {"Plan": "Gold"}, "Europe/Berlin")
        assert session.scalars(select(Chat.state).order_by(Chat.id)).all() == [
            State.RESOLVED, State.LIVE, State.LIVE, State.BOT, State.ENDED, State.EXPIRED]
        feedback = session.scalars(select(Feedback)).one()
        assert (feedback.rating, feedback.comment, feedback.chat_id) == (5, "Schnell.", 1)
        assert (seen(session, 1, Side.MEMBERS), seen(session, 1, Side.CUSTOMER)) == (7, 6)
        members = {member.first_name: member for member in session.scalars(select(Member))}
        assert members["Maya"].role == "owner" and members["Olga"].is_disabled


def make_recent() -> None:
    """Lena was here a moment ago: customers are forgotten, and chats expire, after a while."""
    with transaction() as session:
        session.get(Customer, 1).last_seen_at = now()
        for chat in session.scalars(select(Chat).where(Chat.is_open)):
            chat.last_message_at = now()


def test_baton_serves_an_old_desk_and_it_goes_on(old):
    make_recent()
    server = Server(**{name: value for name, value in old.items() if isinstance(value, str)})
    assert server.baton("prepare").returncode == 0
    server.start()
    try:
        lena = CustomerClient(server, "harbor")
        lena.http.headers["Authorization"] = f"Bearer {TOKEN}"
        assert "May I collect it?" in lena.http.get("/chat").text
        maya = MemberClient(server, "maya@example.com")
        assert "Lena Grün" in maya.http.get("/bots/harbor/chats/2").text
        assert maya.write("harbor", 2, "Yes, any time.").status_code == 200
        assert maya.resolve("harbor", 2).status_code == 200
        lena.start("And one more thing")
        assert lena.chat_id == 7
    finally:
        server.stop()


def test_a_migration_may_make_a_table_anew_to_which_others_refer(old):
    """SQLite alters a table by copying it, and dropping the first."""
    with rebuilding() as connection, Operations(MigrationContext.configure(connection)).batch_alter_table(
            "chats", recreate="always" if connection.dialect.name == "sqlite" else "auto") as table:
        table.add_column(Column("mood", String(10)))
    assert rows_of(Message.__table__) == old["restored"]["messages"]
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(Message(chat_id=999, seq=1, author="bot", text="Of no chat"))
