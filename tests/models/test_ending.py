"""End chat: the customer closes it, at any time, with feedback or without."""

import pytest

from models import Feedback, State, reading
from models.feedback import InvalidRating
from models.inbox import inbox_of
from models.refusals import ChatClosed
from models.text import NotText, TextTooLong
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


def feedback_on(chat) -> Feedback | None:
    with reading() as session:
        return session.query(Feedback).filter_by(chat_id=chat.id).one_or_none()


@pytest.mark.parametrize("chat_in", [chat_with_bot, offered_chat, waiting_chat, held_chat])
def test_every_open_chat_can_be_ended_without_a_word(local_desk, heard, chat_in):
    chat = chat_in(local_desk)
    before = log_of(chat)
    ended = chat.end()
    assert (ended.state, ended.is_open, ended.closed_at is None) == (State.ENDED, False, False)
    assert (log_of(chat), heard[-1]) == ([*before, "chat_ended"], ["chat_ended"])
    assert rows(Feedback) == 0


def test_feedback_is_kept_with_the_end(local_desk, heard):
    chat = held_chat(local_desk)
    ended = chat.end(rating=5, comment="  Quick!\r\n")
    feedback = feedback_on(chat)
    assert (feedback.rating, feedback.comment, feedback.member_id) == (5, "Quick!", local_desk.maya.id)
    assert log_of(chat)[-2:] == ["chat_ended", "feedback_left"]
    assert (ended.state, ended.seq, heard[-2:]) == (State.ENDED, fresh(chat).seq, [["chat_ended"], ["feedback_left"]])


def test_an_ended_chat_leaves_every_dashboard(local_desk):
    waiting_chat(local_desk).end()
    held_chat(local_desk).end()
    with reading() as session:
        inbox = inbox_of(session, local_desk.bot, local_desk.maya)
    assert (inbox.mine, inbox.assigned, inbox.unassigned) == ([], [], [])


@pytest.mark.parametrize("state", CLOSED)
def test_a_chat_is_closed_once(local_desk, state):
    chat = closed_chat(local_desk, state)
    before = log_of(chat)
    with pytest.raises(ChatClosed) as refusal:
        chat.end()
    assert (refusal.value.chat.state, fresh(chat).closed_at, log_of(chat)) == (state, chat.closed_at, before)


@pytest.mark.parametrize("state", CLOSED)
def test_feedback_of_who_ended_too_late_is_kept_all_the_same(local_desk, state):
    chat = closed_chat(local_desk, state)
    with pytest.raises(ChatClosed) as refusal:
        chat.end(rating=2, comment="Slow.")
    assert (feedback_on(chat).rating, feedback_on(chat).comment) == (2, "Slow.")
    assert (refusal.value.chat.state, refusal.value.chat.seq) == (state, fresh(chat).seq)
    assert log_of(chat)[-1] == "feedback_left"


def test_feedback_of_a_second_end_does_not_replace_the_first(local_desk):
    chat = held_chat(local_desk)
    chat.end(rating=5)
    with pytest.raises(ChatClosed):
        chat.end(rating=1)
    assert (feedback_on(chat).rating, log_of(chat).count("feedback_left")) == (5, 1)


@pytest.mark.parametrize("rating, comment, refusal", [
    (0, "", InvalidRating), (6, "", InvalidRating), (-1, "", InvalidRating), ("5", "", InvalidRating),
    (None, "A comment needs stars.", InvalidRating), (3, "x" * 2001, TextTooLong), (3, "a\0b", NotText),
])
def test_feedback_that_cannot_be_stored_leaves_the_chat_open(local_desk, rating, comment, refusal):
    chat = held_chat(local_desk)
    with pytest.raises(refusal):
        chat.end(rating, comment)
    assert (fresh(chat).state, fresh(chat).seq, rows(Feedback)) == (State.LIVE, chat.seq, 0)
