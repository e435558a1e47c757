"""A chat that was left idle closes by itself; one in which somebody just wrote does not."""

from datetime import timedelta

from models import Chat, State, now
from tests.models.chats import change, chat_with_bot, closed_chat, fresh, held_chat, log_of, waiting_chat
from tests.people import new_uuid


def idle_for(chat: Chat, age: timedelta) -> Chat:
    change(Chat, Chat.id == chat.id, last_message_at=now() - age)
    return chat


def test_idle_chats_of_every_open_state_expire(local_desk, heard):
    idle = [idle_for(chat_in(local_desk), timedelta(hours=2)) for chat_in in (chat_with_bot, waiting_chat, held_chat)]
    busy = held_chat(local_desk)
    told = len(heard)
    assert Chat.expire_idle(now() - timedelta(hours=1)) == 3
    assert [(fresh(chat).state, log_of(chat)[-1]) for chat in idle] == [(State.EXPIRED, "chat_expired")] * 3
    assert (fresh(busy).state, heard[told:]) == (State.LIVE, [["chat_expired"]] * 3)
    assert all(fresh(chat).closed_at for chat in idle)


def test_a_chat_that_is_closed_already_stays_as_it_is(local_desk):
    chat = idle_for(closed_chat(local_desk, State.RESOLVED), timedelta(hours=2))
    assert Chat.expire_idle(now()) == 0
    assert not chat.expire(now())
    assert (fresh(chat).state, log_of(chat)[-1]) == (State.RESOLVED, "chat_resolved")


def test_a_message_written_meanwhile_keeps_the_chat_open(local_desk):
    chat = idle_for(held_chat(local_desk), timedelta(hours=2))
    since = now() - timedelta(hours=1)
    chat.post_as_customer("Sorry, the door bell", new_uuid())
    assert not chat.expire(since)
    assert (fresh(chat).state, log_of(chat)[-1]) == (State.LIVE, "customer: Sorry, the door bell")
