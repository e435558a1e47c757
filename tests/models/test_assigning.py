"""The first message of a member assigns the chat, to one of them."""

import pytest

from models import Author, Message, State, reading
from models.inbox import chat_of, inbox_of
from models.refusals import AlreadyAssigned, ChatClosed, NotHandedOff
from models.text import EmptyText, InvalidUuid
from models.transcript import last_entries
from tests.models.chats import (
    CLOSED,
    chat_with_bot,
    closed_chat,
    fresh,
    held_chat,
    log_of,
    offered_chat,
    rows,
    waiting_chat,
)
from tests.people import SOME_UUID, new_uuid


def places(desk, member) -> tuple[list, list, list]:
    with reading() as session:
        inbox = inbox_of(session, desk.bot, member)
    return tuple([chat.id for chat in chats] for chats in (inbox.mine, inbox.assigned, inbox.unassigned))


def test_the_first_message_assigns_the_chat_to_its_author(local_desk, heard):
    chat = waiting_chat(local_desk)
    message = chat.post_as_member(local_desk.maya, "I am here.", new_uuid())
    held = fresh(chat)
    assert (held.assignee_id, held.state, held.is_waiting) == (local_desk.maya.id, State.LIVE, False)
    assert held.assigned_at is not None
    assert (message.member, message.member_id) == (local_desk.maya, local_desk.maya.id)
    assert log_of(chat)[-2:] == heard[-1] == ["chat_assigned", "member: I am here."]


def test_it_moves_to_my_chats_of_the_author_and_to_assigned_chats_of_everybody_else(local_desk):
    chat = waiting_chat(local_desk)
    assert places(local_desk, local_desk.maya) == places(local_desk, local_desk.noor) == ([], [], [chat.id])
    chat.post_as_member(local_desk.maya, "I am here.", new_uuid())
    assert places(local_desk, local_desk.maya) == ([chat.id], [], [])
    assert places(local_desk, local_desk.noor) == ([], [chat.id], [])


def test_looking_does_not_assign(local_desk):
    chat = waiting_chat(local_desk)
    with reading() as session:
        last_entries(session, chat_of(session, local_desk.bot, chat.id))
    assert fresh(chat).is_waiting


def test_the_assignee_goes_on_without_a_second_assignment(local_desk, heard):
    chat = held_chat(local_desk)
    chat.post_as_member(local_desk.maya, "And another thing", new_uuid())
    assert heard[-1] == ["member: And another thing"]
    assert log_of(chat).count("chat_assigned") == 1
    assert (fresh(chat).assigned_at, fresh(chat).last_author) == (chat.assigned_at, Author.MEMBER)


def test_who_comes_second_keeps_nothing_in_the_chat_and_learns_who_handles_it(local_desk, heard):
    chat = held_chat(local_desk)
    before, told = log_of(chat), len(heard)
    with pytest.raises(AlreadyAssigned) as refusal:
        chat.post_as_member(local_desk.noor, "Noor here", new_uuid())
    assert refusal.value.chat.assignee_id == local_desk.maya.id
    assert (log_of(chat), fresh(chat).assignee_id, len(heard)) == (before, local_desk.maya.id, told)
    assert rows(Message, Message.member_id == local_desk.noor.id) == 0


@pytest.mark.parametrize("chat_in", [chat_with_bot, offered_chat])
def test_nobody_writes_into_the_bots_part(local_desk, chat_in):
    chat = chat_in(local_desk)
    before = log_of(chat)
    with pytest.raises(NotHandedOff) as refusal:
        chat.post_as_member(local_desk.maya, "I am here.", new_uuid())
    assert (refusal.value.chat.state, fresh(chat).assignee_id, log_of(chat)) == (State.BOT, None, before)


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("who", ["maya", "noor"])
def test_nobody_writes_into_a_closed_chat_its_assignee_included(local_desk, state, who):
    chat = closed_chat(local_desk, state)
    before = log_of(chat)
    with pytest.raises(ChatClosed) as refusal:
        chat.post_as_member(getattr(local_desk, who), "One more thing", new_uuid())
    assert (refusal.value.chat.state, log_of(chat)) == (state, before)


def test_a_waiting_chat_that_its_customer_ended_is_not_assigned(local_desk):
    chat = waiting_chat(local_desk)
    chat.end()
    with pytest.raises(ChatClosed):
        chat.post_as_member(local_desk.maya, "I am here.", new_uuid())
    assert fresh(chat).assignee_id is None


def test_a_message_sent_again_assigns_once_and_is_stored_once(local_desk, heard):
    chat, uuid = waiting_chat(local_desk), new_uuid()
    first, again = (chat.post_as_member(local_desk.maya, "I am here.", uuid) for _ in range(2))
    assert (first.id, again.member.id) == (again.id, local_desk.maya.id)
    assert log_of(chat)[-2:] == ["chat_assigned", "member: I am here."]
    assert heard.count(["chat_assigned", "member: I am here."]) == 1


@pytest.mark.parametrize("said, uuid, refusal", [(" ", SOME_UUID, EmptyText), ("Hi", "nonsense", InvalidUuid)])
def test_what_cannot_be_stored_does_not_assign(local_desk, said, uuid, refusal):
    chat = waiting_chat(local_desk)
    with pytest.raises(refusal):
        chat.post_as_member(local_desk.maya, said, uuid)
    assert (fresh(chat).is_waiting, fresh(chat).seq) == (True, chat.seq)
