"""Backups: one state of a busy desk in one file, which comes back whole, in either database, or not at all."""

import gzip
import itertools
import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

import config
from models import (
    Author,
    Base,
    Chat,
    Event,
    Message,
    State,
    TokenUse,
    Workspace,
    close_database,
    open_database,
    reading,
    transaction,
)
from models.backup import BackupError, back_up, restore
from models.founding import SetupLink
from models.schema import SchemaError, bring_up_to_date, check_schema
from tests.conftest import database_url, make_desk
from tests.models.chats import chat_with_bot, closed_chat, held_chat, waiting_chat
from tests.people import Customer, MemberClient
from tests.running import eventually

WRITERS = 6


@pytest.fixture
def other_database(stack, tmp_path) -> Callable[[], str]:
    """Opens an empty database in place of the one that is open; every call another one."""
    numbers = itertools.count()

    def opened(**environ: str) -> str:
        folder = tmp_path / f"other-{next(numbers)}"
        url = config.load({**stack.environ(folder), **environ}).database_url
        open_database(url)
        return url

    return opened


@pytest.fixture
def full(local_desk) -> dict[str, list]:
    """A desk with a chat in each state; every row of it."""
    chat_with_bot(local_desk)
    waiting_chat(local_desk)
    held_chat(local_desk)
    chat = closed_chat(local_desk, State.RESOLVED)
    chat.leave_feedback(5, "Grüße, 船 and \\ \"quotes\"\n\u2028")
    closed_chat(local_desk, State.EXPIRED)
    TokenUse.add(chat, 1200)
    return everything()


def everything() -> dict[str, list]:
    """Every row of every table, as Python sees it."""
    with reading() as session:
        return {table.name: sorted(map(repr, session.execute(table.select()))) for table in Base.metadata.sorted_tables}


def lines_of(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines(keepends=True)


def rewrite(file: Path, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    """The file with other lines."""
    file.write_bytes(gzip.compress(b"".join(change(lines_of(file)))))
    return file


# There and back


def test_what_was_backed_up_comes_back(full, other_database, tmp_path):
    written = back_up(tmp_path / "backup.gz")
    other_database()
    assert restore(tmp_path / "backup.gz") == written
    check_schema()
    assert everything() == full
    assert written["chats"] == 5 and written["feedback"] == 1


def test_a_backup_of_sqlite_comes_back_in_postgresql_and_the_other_way_round(stack, full, other_database, tmp_path):
    if stack.name != "postgresql":
        pytest.skip("needs PostgreSQL")
    back_up(tmp_path / "1.gz")
    other_database(DATABASE_URL="")
    restore(tmp_path / "1.gz")
    assert everything() == full
    back_up(tmp_path / "2.gz")
    other_database()
    restore(tmp_path / "2.gz")
    assert everything() == full


def test_a_restored_desk_goes_on(full, other_database, tmp_path):
    back_up(tmp_path / "backup.gz")
    other_database()
    restore(tmp_path / "backup.gz")
    desk = make_desk()
    chat = held_chat(desk)
    assert chat.state == State.LIVE
    assert_whole()


def test_only_its_owner_may_read_a_backup(full, tmp_path):
    back_up(tmp_path / "backup.gz")
    assert stat.S_IMODE((tmp_path / "backup.gz").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob(".backup*")] == []


def test_a_backup_holds_no_secret_key(server, tmp_path):
    done = server.baton("backup", str(tmp_path / "backup.gz"))
    assert done.returncode == 0, done.stderr
    assert "Not in it: the secret key" in done.stdout
    assert (server.data_dir / "secret_key").read_bytes() not in b"".join(lines_of(tmp_path / "backup.gz"))


def test_a_backup_replaces_no_file(full, tmp_path):
    (tmp_path / "backup.gz").write_text("precious")
    with pytest.raises(BackupError, match="exists already"):
        back_up(tmp_path / "backup.gz")
    assert (tmp_path / "backup.gz").read_text() == "precious"


def test_a_backup_that_cannot_be_written_is_refused(full, tmp_path):
    with pytest.raises(BackupError, match="cannot be written: No such file"):
        back_up(tmp_path / "nowhere" / "backup.gz")


def test_an_empty_database_is_not_backed_up(other_database, tmp_path):
    other_database()
    with pytest.raises(BackupError, match="nothing to back up"):
        back_up(tmp_path / "backup.gz")
    assert not (tmp_path / "backup.gz").exists()


# Refused


def assert_refused(file: Path, sentence: str, **options) -> None:
    """That restoring says so, and changes nothing."""
    before = everything()
    with pytest.raises((BackupError, SchemaError), match=sentence):
        restore(file, **options)
    assert everything() == before


def test_a_full_database_is_left_alone(full, tmp_path):
    back_up(tmp_path / "backup.gz")
    assert_refused(tmp_path / "backup.gz", "not empty: --replace")


def test_a_full_database_may_be_replaced(full, tmp_path):
    back_up(tmp_path / "backup.gz")
    make_desk()
    assert everything() != full
    restore(tmp_path / "backup.gz", replace=True)
    assert everything() == full


def test_a_database_that_only_waits_for_its_set_up_counts_as_empty(full, other_database, tmp_path):
    back_up(tmp_path / "backup.gz")
    other_database()
    bring_up_to_date()
    SetupLink.issue()
    restore(tmp_path / "backup.gz")
    assert everything() == full


@pytest.mark.parametrize("part", [0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_backup_is_refused(full, tmp_path, part):
    file = tmp_path / "backup.gz"
    back_up(file)
    data = file.read_bytes()
    file.write_bytes(data[:int(len(data) * part)])
    assert_refused(file, "no backup of Baton|not whole", replace=True)


@pytest.mark.parametrize("change", [
    lambda lines: lines[:-1], lambda lines: lines[:5] + lines[6:], lambda lines: lines + lines[-2:],
    lambda lines: [line.replace(b"Hello", b"Hullo") for line in lines], lambda lines: [*lines[:-1], b"{}\n"],
    lambda lines: [*lines[:4], b"nonsense\n", *lines[4:]], lambda lines: [*lines[:4], b"7\n", *lines[4:]],
], ids=["no end", "a line less", "a line more", "another text", "another end", "nonsense", "a number"])
def test_a_damaged_backup_is_refused(full, tmp_path, change):
    file = tmp_path / "backup.gz"
    back_up(file)
    assert_refused(rewrite(file, change), "damaged or not whole", replace=True)


def test_a_flipped_bit_is_noticed(full, tmp_path):
    file = tmp_path / "backup.gz"
    back_up(file)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert_refused(file, "damaged", replace=True)


@pytest.mark.parametrize("content", [b"", b"Dear diary\n", gzip.compress(b"Dear diary\n"), gzip.compress(b"[]"),
                                     gzip.compress(b'{"baton_backup": 1}')],
                         ids=["empty", "text", "packed text", "a list", "no more than a beginning"])
def test_any_other_file_is_refused(full, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert_refused(tmp_path / "file", "is no backup of Baton", replace=True)


@pytest.mark.parametrize("head", [{"schema": "9999"}, {"baton_backup": 2}])
def test_a_backup_of_a_newer_version_is_refused(full, tmp_path, head):
    file = tmp_path / "backup.gz"
    back_up(file)
    newer = rewrite(file, lambda lines: [json.dumps({**json.loads(lines[0]), **head}).encode() + b"\n", *lines[1:]])
    assert_refused(newer, "made by a newer Baton", replace=True)


def test_a_newer_database_is_not_replaced(full, tmp_path):
    back_up(tmp_path / "backup.gz")
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert_refused(tmp_path / "backup.gz", "newer Baton", replace=True)


def test_a_restore_that_fails_half_way_changes_nothing(full, tmp_path, monkeypatch):
    back_up(tmp_path / "backup.gz")

    def fail(_connection):
        raise BackupError("the disk is full")

    monkeypatch.setattr("models.backup._number_on", fail)
    assert_refused(tmp_path / "backup.gz", "the disk is full", replace=True)


def test_refusals_are_one_sentence_on_the_command_line(server, tmp_path):
    (tmp_path / "file").write_text("Dear diary")
    for arguments, sentence in ((["file"], "is no backup of Baton"), (["nowhere"], "cannot be read"),
                                (["file", "--replace"], "is no backup of Baton")):
        done = server.baton("restore", str(tmp_path / arguments[0]), *arguments[1:])
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and sentence in done.stderr, done.stderr


# While chats run


class Writer(threading.Thread):
    """A customer who writes on and on, and notes what was acknowledged."""

    def __init__(self, server, key: str, number: int):
        super().__init__(daemon=True)
        self.customer = Customer(server, key)
        self.number = number
        self.acknowledged: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        for number in itertools.count():
            said = f"{self.number}:{number}"
            answer = self.customer.write(said) if number else self.customer.start(said)
            assert answer.is_success, answer.text
            self.acknowledged.append(said)
            if self.stopped.is_set():
                return


def stored() -> set[str]:
    """What customers wrote, as the open database has it."""
    with reading() as session:
        return set(session.scalars(select(Message.text).where(Message.author == Author.CUSTOMER)))


def assert_whole() -> int:
    """That every chat's log is there without a gap, up to the number that the chat names; the number of chats."""
    with reading() as session:
        chats = session.scalars(select(Chat)).all()
        for chat in chats:
            numbers = [seq for kind in (Message, Event)
                       for seq in session.scalars(select(kind.seq).where(kind.chat_id == chat.id))]
            assert sorted(numbers) == list(range(1, chat.seq + 1)), chat.id
        return len(chats)


def test_a_backup_of_a_busy_desk_is_one_moment_of_it(own_desk, other_database, tmp_path):
    server, desk = own_desk()
    writers = [Writer(server, desk.bot.key, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    eventually(lambda: all(len(writer.acknowledged) > 2 for writer in writers), 60)
    before = {said for writer in writers for said in writer.acknowledged}
    done = server.baton("backup", str(tmp_path / "backup.gz"))
    asked_by_now = {f"{writer.number}:{number}" for writer in writers
                    for number in range(len(writer.acknowledged) + 1)}
    assert done.returncode == 0, done.stderr
    eventually(lambda: sum(len(writer.acknowledged) for writer in writers) > len(asked_by_now) + WRITERS, 60)
    for writer in writers:
        writer.stopped.set()
        writer.join(30)
    written = {said for writer in writers for said in writer.acknowledged}

    other_database()
    restore(tmp_path / "backup.gz")
    kept = stored()
    assert before <= kept <= asked_by_now
    assert kept < written, "the desk went on after the backup"
    assert assert_whole() == WRITERS
    print(f"acknowledged before the backup {len(before)}, in the backup {len(kept)}, "
          f"written in the end {len(written)}, lost {len(before - kept)}, logs with a gap 0")


def test_a_restored_desk_serves_the_same_people(own_desk, tmp_path):
    server, desk = own_desk()
    customer = Customer(server, desk.bot.key)
    customer.start("Do you remember me?")
    assert server.baton("backup", str(tmp_path / "backup.gz")).returncode == 0
    customer.write("Forget this one.")
    close_database()
    server.stop()
    done = server.baton("restore", str(tmp_path / "backup.gz"), "--replace")
    assert done.returncode == 0 and done.stdout.startswith("Restored 1 chats, "), done.stderr
    server.start()
    open_database(database_url(server))
    assert "Do you remember me?" in customer.entries().text and "Forget this one." not in customer.entries().text
    assert customer.write("I do.").status_code == 200
    maya = MemberClient(server, desk.maya.email)
    assert maya.http.get(f"/bots/{desk.bot.key}/chats").status_code == 200
    with reading() as session:
        assert Workspace.founded(session)
    assert_whole()
