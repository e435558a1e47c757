"""What a customer writes is stored once, in order, or refused and stored nowhere."""

import pytest

from models import Message, reading
from models.inbox import chat_of
from models.refusals import ChatClosed
from models.text import EmptyText, InvalidUuid, NotText, TextTooLong
from tests.models.chats import (
    CLOSED,
    chat_with_bot,
    closed_chat,
    fresh,
    held_chat,
    log_of,
    rows,
    waiting_chat,
)
from tests.people import SOME_UUID, new_uuid


@pytest.mark.parametrize("chat_in", [chat_with_bot, waiting_chat, held_chat])
def test_a_customer_may_write_in_every_open_chat(local_desk, heard, chat_in):
    chat = chat_in(local_desk)
    before = log_of(chat)
    message = chat.post_as_customer("One more thing", new_uuid())
    assert log_of(chat) == [*before, "customer: One more thing"]
    assert (message.seq, message.author, message.member) == (chat.seq + 1, "customer", None)
    assert heard[-1] == ["customer: One more thing"]


def test_writing_changes_neither_the_state_nor_the_assignee(local_desk):
    chat = held_chat(local_desk)
    chat.post_as_customer("One more thing", new_uuid())
    now = fresh(chat)
    assert (now.state, now.assignee_id, now.epoch) == (chat.state, local_desk.maya.id, chat.epoch)


def test_lists_show_the_beginning_of_the_last_message(local_desk):
    chat = chat_with_bot(local_desk)
    chat.post_as_customer("x" * 4000, new_uuid())
    now = fresh(chat)
    assert (now.last_text, now.last_author) == ("x" * 200, "customer")
    assert now.last_message_at > chat.last_message_at


def test_a_message_sent_again_is_stored_and_announced_once(local_desk, heard):
    chat, uuid = chat_with_bot(local_desk), new_uuid()
    first, again = (chat.post_as_customer("One more thing", uuid) for _ in range(2))
    assert (first.id, first.seq) == (again.id, again.seq)
    assert log_of(chat)[2:] == ["customer: One more thing"]
    assert heard.count(["customer: One more thing"]) == 1


def test_in_a_chat_of_theirs_a_member_s_message_takes_one_statement_where_the_database_can(
        stack, local_desk, statements):
    with reading() as session:
        chat = chat_of(session, local_desk.bot, held_chat(local_desk).id)
    statements.clear()
    chat.post_as_member(local_desk.maya, "One more thing", new_uuid())
    took = ["WITH room"] if stack.name == "postgresql" else ["BEGIN IMM", "UPDATE ch", "INSERT IN"]
    assert [statement[:9] for statement in statements] == took
    assert log_of(chat)[-1].endswith(": One more thing")


def test_the_same_words_under_another_id_are_another_message(local_desk):
    chat = chat_with_bot(local_desk)
    for _ in range(2):
        chat.post_as_customer("Hello?", new_uuid())
    assert log_of(chat)[2:] == ["customer: Hello?"] * 2


def test_the_same_id_in_another_chat_is_another_message(local_desk):
    uuid = new_uuid()
    one, other = chat_with_bot(local_desk), chat_with_bot(local_desk)
    assert one.post_as_customer("Mine", uuid).id != other.post_as_customer("Mine too", uuid).id
    assert log_of(other)[2:] == ["customer: Mine too"]


@pytest.mark.parametrize("state", CLOSED)
def test_a_message_sent_again_after_the_chat_closed_is_still_acknowledged(local_desk, state):
    chat, uuid = held_chat(local_desk), new_uuid()
    stored = chat.post_as_customer("Got it?", uuid)
    chat.end()
    assert chat.post_as_customer("Got it?", uuid).id == stored.id


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_chat_takes_no_message(local_desk, heard, state):
    chat = closed_chat(local_desk, state)
    before, told = log_of(chat), len(heard)
    with pytest.raises(ChatClosed) as refusal:
        chat.post_as_customer("One more thing", new_uuid())
    assert (refusal.value.chat.id, refusal.value.chat.state) == (chat.id, state)
    assert (log_of(chat), fresh(chat).last_text, len(heard)) == (before, chat.last_text, told)


def test_a_page_that_is_out_of_date_is_refused_by_what_the_chat_is_now(local_desk):
    stale = held_chat(local_desk)
    stale.resolve(local_desk.maya)
    assert stale.is_open
    with pytest.raises(ChatClosed) as refusal:
        stale.post_as_customer("One more thing", new_uuid())
    assert refusal.value.chat.state == "resolved"


@pytest.mark.parametrize("said, uuid, refusal", [
    ("", SOME_UUID, EmptyText), ("\u00a0 \n", SOME_UUID, EmptyText), ("x" * 4001, SOME_UUID, TextTooLong),
    ("a\0b", SOME_UUID, NotText), ("Hello", "", InvalidUuid), ("Hello", "x" * 36, InvalidUuid),
])
def test_what_cannot_be_stored_changes_nothing(local_desk, said, uuid, refusal):
    chat = chat_with_bot(local_desk)
    with pytest.raises(refusal):
        chat.post_as_customer(said, uuid)
    assert log_of(chat) == ["bot: Ahoy!", "customer: Hello"]


def test_a_repeat_that_the_unique_key_refuses_is_answered_with_what_is_stored(local_desk):
    chat, uuid = waiting_chat(local_desk), new_uuid()
    stored = chat.post_as_member(local_desk.maya, "Hi", uuid)
    assert chat.post_as_member(local_desk.maya, "Hi", uuid).id == stored.id
    assert chat.post_as_customer("Hi", uuid).id == stored.id
    assert rows(Message, Message.chat_id == chat.id, Message.client_uuid == uuid) == 1
    assert log_of(chat)[-2:] == ["chat_assigned", "member: Hi"]
