"""A chat whose assignee is gone goes back to Unassigned; one who comes back in time keeps it."""

from datetime import timedelta

from models import Chat, Member, State, now, reading, transaction
from models.chat import hand_back_all
from models.inbox import inbox_of
from models.presence import note_online
from tests.models.chats import change, closed_chat, fresh, held_chat, log_of, waiting_chat
from tests.people import new_uuid


def seen_ago(member: Member, age: timedelta) -> None:
    """`member` was there `age` ago, and not since."""
    change(Member, Member.id == member.id, last_seen_at=now() - age)


def left_alone(desk) -> Chat:
    """A chat in which the customer waits for Maya, who left ten minutes ago."""
    chat = held_chat(desk)
    chat.post_as_customer("Are you there?", new_uuid())
    seen_ago(desk.maya, timedelta(minutes=10))
    return fresh(chat)


def five_minutes_ago():
    return now() - timedelta(minutes=5)


def test_a_chat_that_was_left_alone_is_unassigned_again(local_desk, heard):
    chat = left_alone(local_desk)
    back = chat.hand_back("absent", five_minutes_ago())
    assert (back.state, back.assignee_id, back.is_waiting) == (State.LIVE, None, True)
    assert heard[-1] == ["chat_handed_back"] and log_of(chat)[-1] == "chat_handed_back"
    with reading() as session:
        assert [each.id for each in inbox_of(session, local_desk.bot, local_desk.noor).unassigned] == [chat.id]


def test_it_keeps_its_place_before_those_who_came_later(local_desk):
    chat = left_alone(local_desk)
    later = waiting_chat(local_desk)
    chat.hand_back("absent", five_minutes_ago())
    with reading() as session:
        unassigned = inbox_of(session, local_desk.bot, local_desk.noor).unassigned
    assert [each.id for each in unassigned] == [chat.id, later.id]


def test_an_assignee_who_came_back_keeps_the_chat(local_desk):
    chat = left_alone(local_desk)
    note_online([local_desk.maya.id])
    assert chat.hand_back("absent", five_minutes_ago()) is None
    assert fresh(chat).assignee_id == local_desk.maya.id and log_of(chat)[-1] == "customer: Are you there?"


def test_a_customer_who_was_answered_is_not_left_alone(local_desk):
    chat = left_alone(local_desk)
    chat.post_as_member(local_desk.maya, "One moment", new_uuid())
    assert chat.hand_back("absent", five_minutes_ago()) is None


def test_nobody_else_loses_the_chat_that_they_took_meanwhile(local_desk):
    chat = left_alone(local_desk)
    chat.hand_back("absent", five_minutes_ago())
    chat.post_as_member(local_desk.noor, "Noor here", new_uuid())
    assert chat.hand_back("absent", five_minutes_ago()) is None
    assert fresh(chat).assignee_id == local_desk.noor.id


def test_who_comes_back_too_late_takes_it_again_by_writing(local_desk):
    chat = left_alone(local_desk)
    chat.hand_back("absent", five_minutes_ago())
    chat.post_as_member(local_desk.maya, "Sorry, back again", new_uuid())
    assert fresh(chat).assignee_id == local_desk.maya.id
    assert log_of(chat)[-2:] == ["chat_assigned", "member: Sorry, back again"]


def test_a_member_who_leaves_the_team_hands_back_all_that_is_open(local_desk):
    chats = [held_chat(local_desk), held_chat(local_desk), held_chat(local_desk, by=local_desk.noor)]
    closed = closed_chat(local_desk, State.RESOLVED)
    with transaction() as session:
        hand_back_all(session, local_desk.maya, "removed", by=local_desk.anna)
    assert [fresh(chat).assignee_id for chat in chats] == [None, None, local_desk.noor.id]
    assert fresh(closed).assignee_id == local_desk.maya.id
