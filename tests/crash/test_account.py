"""The account itself: it must notice what it is there for."""

import pytest

from tests.clients import Http, Line
from tests.crash.account import Account, Stored
from tests.crash.screens import ChatScreen, Entry, Pending

LOG = [Stored(1, "bot", "Ahoy!"), Stored(2, "customer", "one"), Stored(3, "system", ""), Stored(4, "customer", "two")]


@pytest.fixture
def screen() -> ChatScreen:
    """A customer who wrote two messages, which all went well."""
    screen = ChatScreen(Http(Line(1)), "/chat", {}, "customer")
    screen.written = [Pending("one", "uuid 1"), Pending("two", "uuid 2")]
    screen.acknowledged = {"uuid 1": 2, "uuid 2": 4}
    screen.shown = {f"entry {seq}": Entry(seq, author, text) for seq, author, text in LOG}
    return screen


def taken(screen, log=LOG) -> Account:
    account = Account()
    account.take([screen], log, "chat 1")
    return account


def test_a_chat_in_order_has_no_faults(screen):
    account = taken(screen)
    account.check()
    assert (account.sent, account.acknowledged, account.stored, account.shown) == (2, 2, 2, 3)


def test_an_acknowledged_message_that_is_not_stored_is_lost(screen):
    assert taken(screen, LOG[:3]).lost == 1


def test_a_stored_message_that_a_screen_does_not_show_is_lost(screen):
    del screen.shown["entry 4"]
    assert taken(screen).lost == 1


def test_a_message_that_is_neither_acknowledged_nor_in_the_outbox_is_lost(screen):
    del screen.acknowledged["uuid 2"]
    assert taken(screen, LOG[:3]).lost == 1
    screen.outbox.append(screen.written[1])
    del screen.shown["entry 4"]
    assert taken(screen, LOG[:3]).lost == 0


def test_a_message_stored_under_two_numbers_is_doubled(screen):
    assert taken(screen, [*LOG, Stored(5, "customer", "two")]).doubled == 1


def test_a_message_shown_twice_is_doubled(screen):
    screen.shown["another element"] = Entry(5, "customer", "two")
    assert taken(screen).doubled == 1


def test_messages_stored_against_the_order_of_writing_are_out_of_order(screen):
    screen.written.reverse()
    assert taken(screen).out_of_order == 1


def test_a_gap_in_the_numbers_is_out_of_order(screen):
    gap = [*LOG[:3], Stored(5, "customer", "two")]
    screen.acknowledged["uuid 2"] = 5
    screen.shown["entry 4"] = Entry(5, "customer", "two")
    assert taken(screen, gap).out_of_order >= 1


def test_messages_shown_against_the_order_of_the_log_are_out_of_order(screen):
    screen.shown |= {"entry 2": Entry(4, "customer", "one"), "entry 4": Entry(2, "customer", "two")}
    assert taken(screen).out_of_order == 1


def test_an_account_of_nothing_fails():
    with pytest.raises(AssertionError, match="prove nothing"):
        Account().check()
