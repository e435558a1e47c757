"""Messages that are ready together share a commit, and nobody's failure is anybody else's."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from gevent import GreenletExit
from sqlalchemy import event

from models import database
from models.group_commit import GroupCommit
from models.refusals import ChatClosed
from tests.models.chats import closed_chat, fresh, held_chat, log_of, waiting_chat
from tests.people import new_uuid
from tests.running import eventually


class Disk:
    """A commit that takes until it is let; it notes each group."""

    def __init__(self):
        self.groups = []
        self.is_ready = threading.Event()

    def commit(self, works):
        self.groups.append(len(works))
        self.is_ready.wait()
        return [work() for work in works]


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def threads():
    with ThreadPoolExecutor(80) as pool:
        yield pool


def do_all(threads, group_commit, disk, works):
    """The first is being committed while all others come; what each got."""
    first = threads.submit(group_commit.do, works[0])
    eventually(lambda: disk.groups)
    others = [threads.submit(group_commit.do, work) for work in works[1:]]
    eventually(lambda: len(group_commit._jobs) == len(others))
    disk.is_ready.set()
    return [each.exception(timeout=10) or each.result() for each in (first, *others)]


def test_who_comes_during_a_commit_shares_the_next_one(threads, disk):
    outcomes = do_all(threads, GroupCommit(disk.commit), disk, [lambda n=n: n for n in range(6)])
    assert (outcomes, disk.groups) == ([0, 1, 2, 3, 4, 5], [1, 5])


def test_a_group_is_not_so_large_that_everybody_else_would_wait(threads, disk):
    do_all(threads, GroupCommit(disk.commit), disk, [lambda: 1] * 71)
    assert disk.groups == [1, 64, 6]


def test_a_group_that_failed_gives_nobody_an_outcome_and_the_next_one_does(threads, disk):
    group_commit = GroupCommit(disk.commit)
    outcomes = do_all(threads, group_commit, disk, [lambda: 1, lambda: 1 / 0, lambda: 1])
    assert outcomes == [1, None, None]
    assert group_commit.do(lambda: 2) == 2


def test_a_leader_who_is_killed_leaves_nobody_waiting(threads, disk):
    def die():
        raise killed

    killed, group_commit = GreenletExit(), GroupCommit(disk.commit)
    assert do_all(threads, group_commit, disk, [die, lambda: 1]) == [killed, None]
    assert threads.submit(group_commit.do, lambda: 2).result(timeout=10) == 2


def test_a_leader_who_is_killed_before_the_commit_does_nothing(threads, disk, monkeypatch):
    def die(_seconds):
        raise killed

    killed, group_commit = GreenletExit(), GroupCommit(disk.commit)
    disk.is_ready.set()
    with monkeypatch.context() as patched, pytest.raises(GreenletExit):
        patched.setattr(time, "sleep", die)
        group_commit.do(lambda: 1)
    assert threads.submit(group_commit.do, lambda: 2).result(timeout=10) == 2
    assert disk.groups == [1]


# In a database


@pytest.fixture
def write_together(sqlite, local_desk, threads):
    """Does all of it at once, the others while the first waits for its turn: what each gave, or what it raised."""
    def write(*writes):
        opened = database._opened()
        with opened.turn_to_write:
            first = threads.submit(writes[0])
            eventually(lambda: opened.together._is_led and not opened.together._jobs)
            others = [threads.submit(each) for each in writes[1:]]
            eventually(lambda: len(opened.together._jobs) == len(others))
        return [each.exception(timeout=10) or each.result() for each in (first, *others)]

    return write


@pytest.fixture
def commits(local_desk):
    """How often the database committed since."""
    counted = []
    event.listen(database.writer(), "commit", counted.append)
    return counted


def saying(chat, said):
    return lambda: chat.post_as_customer(said, new_uuid())


def test_messages_that_come_together_share_a_commit_and_are_told_each(write_together, local_desk, commits, heard):
    chats = [waiting_chat(local_desk) for _ in range(6)]
    commits.clear(), heard.clear()
    stored = write_together(*(saying(chat, f"Message {chat.id}") for chat in chats))
    assert [log_of(chat)[-1] for chat in chats] == [f"customer: {message.text}" for message in stored]
    assert len(commits) == 2
    assert sorted(heard) == sorted([f"customer: {message.text}"] for message in stored)


def test_both_sides_of_a_chat_may_write_together(write_together, local_desk):
    chat = held_chat(local_desk)
    write_together(saying(chat, "One"), saying(chat, "Two"),
                   lambda: chat.post_as_member(local_desk.maya, "Three", new_uuid()))
    assert sorted(log_of(chat)[-3:]) == ["customer: One", "customer: Two", "member: Three"]


def test_two_members_who_claim_a_chat_together_get_one_winner(write_together, local_desk):
    chat, (maya, noor) = waiting_chat(local_desk), (local_desk.maya, local_desk.noor)
    outcomes = write_together(saying(waiting_chat(local_desk), "Hello"),
                              *(lambda member=member: chat.post_as_member(member, "I am here", new_uuid())
                                for member in (maya, noor)))
    assert sorted(type(outcome).__name__ for outcome in outcomes[1:]) == ["AlreadyAssigned", "Message"]
    assert log_of(chat).count("member: I am here") == 1


def test_who_is_refused_fails_alone(write_together, local_desk, heard):
    over, open_ones = closed_chat(local_desk, "ended"), [waiting_chat(local_desk) for _ in range(3)]
    heard.clear()
    first, refused, *others = write_together(*(saying(chat, "Hello?") for chat in (open_ones[0], over, *open_ones[1:])))
    assert isinstance(refused, ChatClosed)
    assert [log_of(chat).count("customer: Hello?") for chat in (over, *open_ones)] == [0, 1, 1, 1]
    assert heard == [["customer: Hello?"]] * 3
    assert [message.seq for message in (first, *others)] == [fresh(chat).seq for chat in open_ones]
