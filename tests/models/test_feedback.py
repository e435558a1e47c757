"""Feedback: one to a chat that is over."""

import pytest
from sqlalchemy.exc import IntegrityError

from models import Event, Feedback, State, reading, transaction
from models.feedback import AlreadyRated, InvalidRating
from models.refusals import StillOpen
from models.text import NotText, TextTooLong
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


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("rating", [1, 5])
def test_a_chat_that_is_over_can_be_rated_however_it_closed(local_desk, heard, state, rating):
    chat = closed_chat(local_desk, state)
    rated = chat.leave_feedback(rating, "Thank you")
    with reading() as session:
        feedback = session.query(Feedback).one()
        event = session.query(Event).filter_by(chat_id=chat.id, seq=rated.seq).one()
    assert (feedback.chat_id, feedback.rating, feedback.comment) == (chat.id, rating, "Thank you")
    assert (event.action, event.particulars) == ("feedback_left", {"rating": rating})
    assert (rated.state, log_of(chat)[-1], heard[-1]) == (state, "feedback_left", ["feedback_left"])


def test_feedback_speaks_of_the_assignee(local_desk):
    unheld = waiting_chat(local_desk).end()
    unheld.leave_feedback(1)
    held_chat(local_desk, by=local_desk.noor).end().leave_feedback(5)
    with reading() as session:
        about = {feedback.rating: feedback.member_id for feedback in session.query(Feedback)}
    assert about == {1: None, 5: local_desk.noor.id}


def test_a_chat_is_rated_once(local_desk, heard):
    chat = closed_chat(local_desk, State.RESOLVED)
    chat.leave_feedback(4, "Good")
    before, told = log_of(chat), len(heard)
    with pytest.raises(AlreadyRated):
        chat.leave_feedback(1, "No, bad")
    with reading() as session:
        assert [(kept.rating, kept.comment) for kept in session.query(Feedback)] == [(4, "Good")]
    assert (log_of(chat), len(heard)) == (before, told)


@pytest.mark.parametrize("chat_in", [chat_with_bot, waiting_chat, held_chat])
def test_an_open_chat_cannot_be_rated(local_desk, chat_in):
    chat = chat_in(local_desk)
    with pytest.raises(StillOpen) as refusal:
        chat.leave_feedback(5)
    assert refusal.value.chat.state == chat.state
    assert (rows(Feedback), fresh(chat).seq) == (0, chat.seq)


@pytest.mark.parametrize("rating, comment, refusal", [
    (0, "", InvalidRating), (6, "", InvalidRating), (None, "", InvalidRating), (2.5, "", InvalidRating),
    ("3", "", InvalidRating), (3, "x" * 2001, TextTooLong), (3, "a\x1bb", NotText),
])
def test_feedback_that_cannot_be_stored_changes_nothing(local_desk, rating, comment, refusal):
    chat = closed_chat(local_desk, State.ENDED)
    with pytest.raises(refusal):
        chat.leave_feedback(rating, comment)
    assert (rows(Feedback), fresh(chat).seq) == (0, chat.seq)


def test_a_comment_may_have_2000_characters(local_desk):
    closed_chat(local_desk, State.ENDED).leave_feedback(3, "x" * 2000)
    assert rows(Feedback, Feedback.comment == "x" * 2000) == 1


def test_the_database_itself_takes_only_1_to_5_stars(local_desk):
    chat = closed_chat(local_desk, State.ENDED)
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(Feedback(chat_id=chat.id, rating=6, comment=""))
