"""Who is there, as every process can read it; and what customers get when nobody is."""

from datetime import timedelta

import pytest

from models import Bot, Customer, Member, now, reading, team
from models.member import InvalidEmail
from models.presence import is_available, note_online, offline_members, online_members
from models.refusals import ChatClosed, NobodyAvailable, NotOffered
from realtime.broadcasts import Broadcasts
from realtime.housekeeping import _beat
from realtime.hub import Hub
from tests.models.chats import (
    CLOSED,
    change,
    chat_with_bot,
    closed_chat,
    fresh,
    log_of,
    offered_chat,
    waiting_chat,
)
from tests.people import new_uuid


def names(members: list[Member]) -> set[str]:
    return {member.first_name for member in members}


def set_bot(desk, **values) -> None:
    change(Bot, Bot.id == desk.bot.id, **values)


def test_a_member_is_there_for_a_minute_after_their_last_sign_of_life(local_desk):
    note_online([local_desk.maya.id, local_desk.olga.id])
    change(Member, Member.id == local_desk.noor.id, last_seen_at=now() - timedelta(seconds=61))
    with reading() as session:
        assert names(online_members(session, local_desk.bot)) == {"Maya"}
        assert names(offline_members(session, local_desk.bot)) == {"Noor", "Anna"}


def test_renewing_writes_only_what_is_about_to_run_out(local_desk, heard):
    note_online([local_desk.maya.id])
    note_online([local_desk.maya.id])
    assert heard == [["member_came"]]
    change(Member, Member.id == local_desk.maya.id, last_seen_at=now() - timedelta(seconds=40))
    note_online([local_desk.maya.id])
    with reading() as session:
        assert session.get(Member, local_desk.maya.id).last_seen_at > now() - timedelta(seconds=5)
    assert heard == [["member_came"]], "who was there all along does not come"


def test_an_open_page_renews_the_mark_with_each_heartbeat(local_desk):
    _beat(Hub(), Broadcasts(relay=None), [f"member:{local_desk.maya.id}", f"bot:{local_desk.bot.id}"])
    with reading() as session:
        assert names(online_members(session, local_desk.bot)) == {"Maya"}


def test_a_disabled_member_is_not_there(local_desk):
    note_online([local_desk.maya.id])
    team.disable(local_desk.maya)
    with reading() as session:
        assert online_members(session, local_desk.bot) == []


@pytest.mark.parametrize(("values", "somebody", "available"), [
    ({"doors": "hours"}, False, True), ({"doors": "closed"}, True, False), ({"when_away": "form"}, False, False),
    ({"when_away": "form"}, True, True), ({"when_away": "hide", "doors": "closed"}, True, False),
])
def test_available_is_open_and_somebody_there_unless_customers_may_wait(local_desk, values, somebody, available):
    set_bot(local_desk, **values)
    if somebody:
        note_online([local_desk.noor.id])
    with reading() as session:
        assert is_available(session, session.get(Bot, local_desk.bot.id)) is available


def test_a_bot_nobody_set_hours_for_takes_everybody_into_the_queue(local_desk):
    assert offered_chat(local_desk).hand_off().is_waiting


@pytest.mark.parametrize("when_away", ["form", "hide"])
def test_nobody_is_handed_to_nobody(local_desk, when_away):
    chat = offered_chat(local_desk)
    set_bot(local_desk, when_away=when_away)
    with pytest.raises(NobodyAvailable):
        fresh(chat).hand_off()
    assert log_of(chat)[-1] == "human_offered"
    note_online([local_desk.noor.id])
    assert fresh(chat).hand_off().is_waiting


def test_who_waits_already_may_press_again_when_all_have_left(local_desk):
    chat = waiting_chat(local_desk)
    set_bot(local_desk, when_away="form")
    assert fresh(chat).hand_off().is_waiting


def test_a_message_that_is_left_hands_the_chat_over_with_a_mark(local_desk, heard):
    chat = offered_chat(local_desk)
    chat.leave_message("Lena", " Lena@Example.com", "Please call back", new_uuid())
    left = fresh(chat)
    with reading() as session:
        customer = session.get(Customer, left.customer_id)
    assert left.is_waiting and left.left_message_at and left.epoch == chat.epoch + 1
    assert (customer.name, customer.email) == ("Lena", "lena@example.com")
    assert log_of(chat)[-2:] == ["chat_handed_off", "customer: Please call back"]
    assert heard[-1] == ["chat_handed_off", "customer: Please call back"]


def test_a_message_is_left_once(local_desk):
    chat, uuid = offered_chat(local_desk), new_uuid()
    first = chat.leave_message("", "lena@example.com", "Please call back", uuid)
    assert chat.leave_message("", "lena@example.com", "Please call back", uuid).seq == first.seq
    assert log_of(chat).count("customer: Please call back") == 1


def test_a_message_left_while_another_tab_asked_for_a_person_is_kept(local_desk):
    chat = waiting_chat(local_desk)
    chat.leave_message("", "lena@example.com", "Please call back", new_uuid())
    assert log_of(chat).count("chat_handed_off") == 1 and log_of(chat)[-1] == "customer: Please call back"
    assert fresh(chat).by_mail_at


def test_a_message_cannot_be_left_where_no_person_was_offered_or_the_chat_is_over(local_desk):
    with pytest.raises(NotOffered):
        chat_with_bot(local_desk).leave_message("", "lena@example.com", "Hello", new_uuid())
    with pytest.raises(InvalidEmail):
        offered_chat(local_desk).leave_message("", "lena", "Hello", new_uuid())
    for state in CLOSED:
        with pytest.raises(ChatClosed):
            closed_chat(local_desk, state).leave_message("", "lena@example.com", "Hello", new_uuid())


def test_an_address_is_left_while_waiting_and_the_place_is_kept(local_desk, heard):
    first, second = waiting_chat(local_desk), waiting_chat(local_desk)
    first.leave_email("lena@example.com")
    assert heard[-1] == ["email_left"] and fresh(first).handed_off_at < fresh(second).handed_off_at
