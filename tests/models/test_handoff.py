"""Talk to a human: from the bot to the people, once."""

import pytest

from models import State, reading
from models.inbox import inbox_of, waiting_before, waiting_counts
from models.refusals import ChatClosed, NotOffered
from tests.models.chats import (
    CLOSED,
    chat_with_bot,
    closed_chat,
    fresh,
    held_chat,
    log_of,
    offered_chat,
    waiting_chat,
)


def test_a_chat_that_is_handed_off_is_live_and_waits(local_desk, heard):
    chat = offered_chat(local_desk)
    live = chat.hand_off()
    assert (live.state, live.assignee_id, live.is_waiting) == (State.LIVE, None, True)
    assert live.handed_off_at is not None and live.epoch == chat.epoch + 1
    assert log_of(chat)[-2:] == ["human_offered", "chat_handed_off"]
    assert heard[-1] == ["chat_handed_off"]


def test_it_waits_at_the_members_of_its_bot_and_nowhere_else(local_desk):
    chat = waiting_chat(local_desk)
    with reading() as session:
        for member in (local_desk.maya, local_desk.noor):
            assert [found.id for found in inbox_of(session, local_desk.bot, member).unassigned] == [chat.id]
        assert inbox_of(session, local_desk.other_bot, local_desk.olga).unassigned == []
        assert waiting_counts(session, [local_desk.bot, local_desk.other_bot]) == {local_desk.bot.id: 1}


def test_pressing_twice_is_one_handoff(local_desk, heard):
    chat = offered_chat(local_desk)
    first, second = chat.hand_off(), chat.hand_off()
    assert (first.seq, first.handed_off_at, first.epoch) == (second.seq, second.handed_off_at, second.epoch)
    assert log_of(chat).count("chat_handed_off") == heard.count(["chat_handed_off"]) == 1


def test_pressing_again_when_somebody_handles_it_changes_nothing(local_desk):
    chat = held_chat(local_desk)
    assert chat.hand_off().assignee_id == local_desk.maya.id
    assert fresh(chat).seq == chat.seq


def test_before_the_offer_there_is_no_handoff(local_desk):
    chat = chat_with_bot(local_desk)
    with pytest.raises(NotOffered) as refusal:
        chat.hand_off()
    assert refusal.value.chat.state == State.BOT
    assert (fresh(chat).state, log_of(chat)) == (State.BOT, ["bot: Ahoy!", "customer: Hello"])


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_chat_is_not_handed_off(local_desk, state):
    chat = closed_chat(local_desk, state)
    before = log_of(chat)
    with pytest.raises(ChatClosed) as refusal:
        chat.hand_off()
    assert (refusal.value.chat.state, fresh(chat).state, log_of(chat)) == (state, state, before)


def test_the_customer_learns_how_many_wait_before_them(local_desk):
    first, second, third = (waiting_chat(local_desk) for _ in range(3))
    second.post_as_member(local_desk.maya, "Hi", "00000000-0000-4000-8000-000000000001")
    with reading() as session:
        assert [waiting_before(session, chat) for chat in (first, third)] == [0, 1]
