"""The steps of waiting come by the clock, each once; the clock of these tests is the instant they name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models import Bot, Chat, Customer, Member, Side, State, now, reading
from models.mail import Mail
from models.mail_server import MailServer
from models.presence import note_online
from models.seen import mark_seen
from models.waiting import close_idle, mail_missed, take_steps
from tests.models.chats import (
    change,
    chat_with_bot,
    fresh,
    held_chat,
    log_of,
    offered_chat,
    rows,
    waiting_chat,
)
from tests.people import new_uuid

LONG_UP = timedelta(days=1)
SERVER = MailServer("localhost", 25, "none", "", "", "desk@example.com", "https://chat.example.com")


@pytest.fixture
def mails(local_desk, monkeypatch):
    """A desk that sends mail."""
    monkeypatch.setattr("models.mail_server._of_environment", SERVER)


def after(**time) -> None:
    """What Baton does by the clock when so much time has gone by."""
    take_steps(now() + timedelta(**time), now() - LONG_UP, lambda chat, address: ("Waits", f"{address} {chat.id}"))


def missed_after(**time) -> None:
    mail_missed(now() + timedelta(**time), lambda chat, missed: ("Answer", "\n".join(each.text for each in missed)))


def sent() -> list[tuple[str, str]]:
    with reading() as session:
        return [(mail.recipient, mail.text) for mail in session.query(Mail).order_by(Mail.id)]


def step(chat: Chat) -> str:
    return log_of(chat)[-1]


def test_the_customer_is_told_that_it_takes_longer_once(local_desk, heard):
    chat = waiting_chat(local_desk)
    after(seconds=170)
    assert step(chat) == "chat_handed_off"
    after(seconds=190)
    after(seconds=250)
    assert log_of(chat).count("chat_delayed") == 1 and heard[-1] == ["chat_delayed"]


def test_a_chat_that_cannot_take_its_step_keeps_back_no_other(local_desk, monkeypatch):
    broken, sound = waiting_chat(local_desk), waiting_chat(local_desk)
    admit = Chat.admit_delay
    monkeypatch.setattr(Chat, "admit_delay", lambda chat: admit(chat) if chat.id != broken.id else 1 / 0)
    after(minutes=10)
    assert (step(broken), step(sound)) == ("chat_handed_off", "chat_delayed")


def test_who_has_left_an_address_need_not_be_told(local_desk):
    chat = waiting_chat(local_desk)
    chat.leave_email("lena@example.com")
    after(minutes=10)
    assert step(chat) == "email_left"


def test_no_step_is_taken_where_the_host_wants_none(local_desk, mails):
    change(Bot, Bot.id == local_desk.bot.id, delay_seconds=None, mail_seconds=None, absence_seconds=None)
    chat, alone = waiting_chat(local_desk), left_alone(local_desk)
    after(hours=5)
    assert (step(chat), step(alone), sent()) == ("chat_handed_off", "customer: Hello?", [])


def test_members_who_are_not_there_are_mailed_once(local_desk, mails):
    chat = waiting_chat(local_desk)
    note_online([local_desk.noor.id])
    after(seconds=290)
    assert sent() == []
    after(seconds=310)
    after(seconds=320)
    link = f"https://chat.example.com {chat.id}"
    assert sorted(sent()) == sorted([(local_desk.maya.email, link), (local_desk.anna.email, link)])
    assert log_of(chat).count("members_called") == 1


def test_chats_whose_members_are_all_there_keep_no_others_from_being_called(local_desk, mails, monkeypatch):
    monkeypatch.setattr("models.waiting.AT_ONCE", 1)
    waiting_chat(local_desk)
    note_online([local_desk.maya.id, local_desk.noor.id, local_desk.anna.id])
    later = waiting_chat(replace(local_desk, bot=local_desk.other_bot))
    after(seconds=310)
    assert sent() == [(local_desk.olga.email, f"https://chat.example.com {later.id}")]

def test_nobody_is_mailed_when_all_are_there_or_no_mail_is_sent(local_desk):
    chat = waiting_chat(local_desk)
    after(minutes=10)
    assert "members_called" not in log_of(chat)


def left_alone(desk) -> Chat:
    """A chat in which the customer waits for Maya, who has left."""
    chat = held_chat(desk)
    chat.post_as_customer("Hello?", new_uuid())
    return chat


def test_a_chat_whose_assignee_is_gone_goes_back(local_desk):
    chat = left_alone(local_desk)
    note_online([local_desk.maya.id])
    after(seconds=290)
    assert fresh(chat).assignee_id == local_desk.maya.id
    after(seconds=310)
    assert fresh(chat).is_waiting and step(chat) == "chat_handed_back"


def test_after_a_start_everybody_has_time_to_come_back(local_desk):
    chat = left_alone(local_desk)
    change(Member, Member.id == local_desk.maya.id, last_seen_at=now() - timedelta(hours=3))
    take_steps(now() + timedelta(minutes=4), now(), lambda chat, address: ("", ""))
    assert fresh(chat).assignee_id == local_desk.maya.id


def test_a_chat_that_went_back_takes_its_steps_anew(local_desk, mails):
    chat = left_alone(local_desk)
    after(seconds=310)
    change(Chat, Chat.id == chat.id, handed_back_at=now() + timedelta(minutes=6))
    after(minutes=8)
    assert step(chat) == "chat_handed_back"
    after(minutes=10)
    assert step(chat) == "chat_delayed"


def test_idle_chats_are_closed_by_the_rules_of_their_bot(local_desk):
    change(Bot, Bot.id == local_desk.bot.id, idle_bot_hours=2, idle_live_hours=24)
    with_bot, waits, answered = chat_with_bot(local_desk), waiting_chat(local_desk), held_chat(local_desk)
    close_idle(now() + timedelta(hours=1))
    assert fresh(with_bot).is_open
    close_idle(now() + timedelta(hours=3))
    assert fresh(with_bot).state == State.EXPIRED and fresh(answered).is_open
    close_idle(now() + timedelta(hours=25))
    assert (fresh(answered).state, fresh(waits).state) == (State.EXPIRED, State.LIVE)


def test_a_customer_who_has_gone_is_mailed_what_they_missed_once(local_desk, mails):
    chat = offered_chat(local_desk)
    chat.leave_message("Lena", "lena@example.com", "Please call back", new_uuid())
    fresh(chat).post_as_member(local_desk.maya, "We will.", new_uuid())
    fresh(chat).post_as_member(local_desk.maya, "Tomorrow?", new_uuid())
    missed_after(seconds=30)
    assert sent() == []
    missed_after(seconds=70)
    missed_after(seconds=80)
    assert sent() == [("lena@example.com", "We will.\nTomorrow?")]
    fresh(chat).resolve(local_desk.maya)
    missed_after(seconds=90)
    assert len(sent()) == 1


def test_what_the_customer_has_seen_is_not_mailed(local_desk, mails):
    chat = offered_chat(local_desk)
    chat.leave_message("", "lena@example.com", "Please call back", new_uuid())
    message = fresh(chat).post_as_member(local_desk.maya, "We will.", new_uuid())
    mark_seen(chat, Side.CUSTOMER, message.seq)
    missed_after(minutes=5)
    assert sent() == [] and fresh(chat).mailed_seq == fresh(chat).seq


def test_who_left_no_address_is_not_mailed(local_desk, mails):
    change(Customer, Customer.bot_id == local_desk.bot.id, email="lena@example.com")
    held_chat(local_desk)
    missed_after(minutes=5)
    assert rows(Mail) == 0
