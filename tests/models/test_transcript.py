"""The transcript: messages and events in one order, whole or in pages."""

import pytest

from models import reading
from models.transcript import PAGE, entries_after, last_entries, last_messages
from tests.models.chats import chat_with_bot, held_chat, line, log_of
from tests.people import new_uuid

WHOLE = ["bot: Ahoy!", "customer: Hello", "bot: Of course.", "human_offered", "chat_handed_off", "chat_assigned",
         "member: I am here.", "chat_resolved", "feedback_left"]


@pytest.fixture
def chat(local_desk):
    """A chat from the welcome to the feedback."""
    chat = held_chat(local_desk)
    chat.resolve(local_desk.maya)
    return chat.leave_feedback(5)


def told(find, *arguments, **options) -> list[str]:
    with reading() as session:
        return [line(entry) for entry in find(session, *arguments, **options)]


def test_the_transcript_holds_the_bots_part_and_every_event_in_order(chat):
    assert log_of(chat) == told(last_entries, chat) == WHOLE


@pytest.mark.parametrize("seq", [0, 1, 4, 8, 9, 1000, 10**15])
def test_who_missed_something_gets_exactly_what_came_after(chat, seq):
    assert told(entries_after, chat, seq) == WHOLE[seq:]


@pytest.mark.parametrize("limit", [1, 2, 5, 9, 50])
def test_the_last_page_ends_with_the_last_entry(chat, limit):
    assert told(last_entries, chat, limit=limit) == WHOLE[-limit:]


@pytest.mark.parametrize("before, expected", [(9, WHOLE[5:8]), (4, WHOLE[:3]), (2, WHOLE[:1]), (1, []), (0, [])])
def test_an_earlier_page_ends_before_the_first_entry_that_is_shown(chat, before, expected):
    assert told(last_entries, chat, before=before, limit=3) == expected


def test_pages_put_together_are_the_whole(local_desk):
    chat = chat_with_bot(local_desk)
    for number in range(PAGE + 20):
        chat.post_as_customer(f"line {number}", new_uuid())
    with reading() as session:
        last = last_entries(session, chat)
        first = last_entries(session, chat, before=last[0].seq)
    assert (len(last), len(first)) == (PAGE, 22)
    assert [line(entry) for entry in first + last] == log_of(chat)


def test_another_chat_is_another_transcript(local_desk, chat):
    other = chat_with_bot(local_desk)
    assert told(last_entries, other) == ["bot: Ahoy!", "customer: Hello"]
    assert told(last_entries, chat) == WHOLE


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_the_last_messages_leave_events_out(chat, limit):
    messages = ["bot: Ahoy!", "customer: Hello", "bot: Of course.", "member: I am here."]
    assert told(last_messages, chat, limit) == messages[-limit:]
