"""The bot's answers: one to each message, none after the customer has gone to the people."""

import pytest

from models import Bot, Event, State, reading
from models.refusals import LateAnswer
from models.transcript import unanswered
from tests.models.chats import (
    change,
    chat_of,
    chat_with_bot,
    fresh,
    held_chat,
    log_of,
    offered_chat,
    waiting_chat,
    write_first,
)
from tests.people import new_uuid


@pytest.fixture
def question(local_desk):
    """What a customer asked a moment ago."""
    return write_first(local_desk, "Where is my order?")


@pytest.fixture
def chat(question):
    """The chat of the question."""
    return chat_of(question)


def open_questions(chat) -> list[str]:
    with reading() as session:
        return [message.text for message in unanswered(session, fresh(chat))]


def answers_after(chat, said: list[str], **options) -> None:
    """Ask and answer `said` one by one."""
    for text in said:
        chat.answer(chat.post_as_customer(text, new_uuid()), 0, f"About {text}", **options)


def test_an_answer_is_stored_with_what_it_came_from(chat, question, heard):
    message = chat.answer(question, 0, "On its way.", quick_replies=["Thanks"], entry=7, score=0.9)
    assert log_of(chat) == ["bot: Ahoy!", "customer: Where is my order?", "bot: On its way."]
    assert message.particulars == {"understood": True, "quick_replies": ["Thanks"], "entry": 7, "score": 0.9}
    now = fresh(chat)
    assert (now.answered, now.answered_seq, now.last_text) == (1, question.seq, "On its way.")
    assert heard == [["bot: On its way."]]


def test_a_message_is_answered_once(chat, question, heard):
    chat.answer(question, 0, "On its way.")
    with pytest.raises(LateAnswer) as refusal:
        chat.answer(question, 0, "It left yesterday.")
    assert refusal.value.chat.answered == 1
    assert (log_of(chat)[2:], len(heard)) == (["bot: On its way."], 1)


def test_an_answer_that_was_begun_before_the_handoff_is_dropped(local_desk, heard):
    chat = offered_chat(local_desk)
    late = chat.post_as_customer("And when?", new_uuid())
    chat.hand_off()
    before, told = log_of(chat), len(heard)
    with pytest.raises(LateAnswer) as refusal:
        chat.answer(late, 0, "Tomorrow.")
    assert (refusal.value.chat.state, refusal.value.chat.epoch) == (State.LIVE, 1)
    assert (log_of(chat), fresh(chat).last_author, len(heard)) == (before, "customer", told)


def test_the_bot_is_silent_in_a_live_chat_whatever_it_knows_of_the_epoch(local_desk):
    chat = held_chat(local_desk)
    asked = chat.post_as_customer("And when?", new_uuid())
    for epoch in (0, 1, 2):
        with pytest.raises(LateAnswer):
            chat.answer(asked, epoch, "Tomorrow.")
    assert log_of(chat)[-1] == "customer: And when?"


def test_an_answer_of_another_epoch_is_dropped(chat, question):
    change(type(chat), type(chat).id == chat.id, epoch=3)
    with pytest.raises(LateAnswer):
        chat.answer(question, 2, "Tomorrow.")
    chat.answer(question, 3, "Tomorrow.")
    assert log_of(chat)[2:] == ["bot: Tomorrow."]


def test_an_answer_to_a_closed_chat_is_dropped(chat, question):
    chat.end()
    with pytest.raises(LateAnswer) as refusal:
        chat.answer(question, 0, "On its way.", offer="asked")
    assert (refusal.value.chat.state, log_of(chat)[-1]) == (State.ENDED, "chat_ended")


def test_what_is_unanswered_is_what_the_customer_wrote_since(chat, question):
    later = chat.post_as_customer("And when?", new_uuid())
    assert open_questions(chat) == ["Where is my order?", "And when?"]
    chat.answer(question, 0, "On its way.")
    assert open_questions(chat) == ["And when?"]
    chat.answer(later, 0, "Tomorrow.")
    assert open_questions(chat) == []


def test_a_person_is_offered_with_the_second_answer_and_not_before(chat, question, heard):
    chat.answer(question, 0, "On its way.")
    assert not fresh(chat).offers_human
    answers_after(chat, ["when"])
    assert fresh(chat).offers_human
    assert heard[-1] == log_of(chat)[-2:] == ["bot: About when", "human_offered"]


def test_a_person_is_offered_once(chat, question):
    chat.answer(question, 0, "On its way.", offer="asked")
    answers_after(chat, ["one", "two", "three"], offer="asked")
    assert log_of(chat).count("human_offered") == 1


def test_after_how_many_answers_is_the_bots_choice(local_desk, chat, question):
    change(Bot, Bot.id == local_desk.bot.id, handoff_after=4)
    answers_after(chat, ["one", "two", "three"])
    assert not fresh(chat).offers_human
    answers_after(chat, ["four"])
    assert fresh(chat).offers_human


def test_a_bot_may_offer_nobody_until_it_is_asked(local_desk, chat, question):
    change(Bot, Bot.id == local_desk.bot.id, handoff_after=None)
    answers_after(chat, ["one", "two", "three"])
    assert not fresh(chat).offers_human
    answers_after(chat, ["four"], offer="asked")
    assert fresh(chat).offers_human


@pytest.mark.parametrize("offer, reason", [("asked", "asked"), ("failed", "failed")])
def test_the_log_says_why_a_person_was_offered(chat, question, offer, reason):
    chat.answer(question, 0, "Of course.", offer=offer)
    with reading() as session:
        event = session.query(Event).filter_by(chat_id=chat.id).one()
    assert (event.action, event.particulars) == ("human_offered", {"reason": reason})


def test_misses_count_in_a_row(chat, question):
    chat.answer(question, 0, "Pardon?", understood=False)
    answers_after(chat, ["hm"], understood=False)
    assert fresh(chat).misses == 2
    answers_after(chat, ["hours"])
    assert (fresh(chat).misses, fresh(chat).answered) == (0, 3)


def test_what_was_not_asked_of_the_bot_is_not_unanswered(local_desk):
    assert open_questions(chat_with_bot(local_desk)) == ["Hello"]
    chat = waiting_chat(local_desk)
    chat.post_as_member(local_desk.maya, "Maya here", new_uuid())
    assert open_questions(chat) == []
